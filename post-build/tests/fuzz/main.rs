//! Whatever file the tool is given, it ends with a package that engines take, or with one line that says why not.
//!
//! The linked modules of this repository, damaged, and modules that were generated, go through the tool itself, in a
//! process with limits of time and memory: through `post-build`, with profiles that may be damaged as well, or `run`.
//!
//! ```text
//! main      the cases of a run, and what became of them
//! sections  a module as a list of sections
//! inputs    what is damaged: linked modules
//! cases     what is done to them, and what is generated
//! tool      one run of the tool: how it ended
//! engines   what engines say of the packages (engines.mjs)
//! ```
//!
//! `make fuzz` runs more than `cargo test` does: FUZZ="CASES SEED FIRST". A case is told by the seed of its run and its
//! number; what it gave to the tool stays in target/fuzz if it fails, or if it was the only one.

#![cfg(unix)]

mod cases;
mod engines;
mod inputs;
mod sections;
mod tool;

use cases::Kind;
use engines::Made;
use indicatif::{ProgressBar, ProgressStyle};
use inputs::Inputs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, thread};
use tool::{Ended, Tool};

/// What `cargo test` runs: a thousandth of what `make fuzz` can.
const CASES: u64 = 100;
const SEED: u64 = 1;

/// So many packages are shown to an engine at once.
const BATCH: usize = 40;

/// Every so many cases, Binaryen optimises; it takes longer than all else.
const OPTIMISED: u64 = 200;

/// So many cases are told of in a line.
const LINE: u64 = 1000;

#[test]
fn every_file_ends_in_a_package_or_in_one_line() {
    let asked = env::var("FUZZ").unwrap_or_default();
    let mut asked = asked.split_whitespace().map(|word| word.parse().expect("FUZZ=\"CASES SEED\""));
    let count = asked.next().unwrap_or(CASES);
    let seed = asked.next().unwrap_or(SEED);
    let first = asked.next().unwrap_or(0);
    let run = Run::new(count, seed, first);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| run.work());
        }
    });
    let outcomes = run.outcomes.into_inner().unwrap();
    run.progress.finish_and_clear();
    eprintln!("{}", outcomes.table(run.seed));
    fs::write(run.folder.join("errors.txt"), outcomes.lines()).unwrap();
    assert!(outcomes.failures.is_empty(), "\n{}", outcomes.failures.join("\n"));
}

/// One run: its cases are taken in turn.
struct Run {
    seed: u64,
    next: AtomicU64,
    end: u64,
    is_only: bool,
    inputs: Inputs,
    tool: Tool,
    /// Where the cases that fail are kept.
    folder: PathBuf,
    progress: ProgressBar,
    outcomes: Mutex<Outcomes>,
}

impl Run {
    fn new(count: u64, seed: u64, first: u64) -> Run {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let folder = root.join("target/fuzz");
        fs::create_dir_all(&folder).unwrap();
        let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg} {elapsed}");
        let progress = ProgressBar::new(count).with_style(style.expect("a template"));
        eprintln!("fuzz: {count} cases, seed {seed}");
        Run {
            seed,
            next: AtomicU64::new(first),
            end: first + count,
            is_only: count == 1,
            inputs: Inputs::linked(root),
            tool: Tool::new(root),
            folder,
            progress,
            outcomes: Mutex::default(),
        }
    }

    /// Runs cases until there are none left.
    fn work(&self) {
        let mut made = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.end {
                break;
            }
            made.extend(self.case(number));
            self.progress.inc(1);
            // Where there is no terminal, a line now and then.
            let done = self.progress.position();
            if self.progress.is_hidden() && done.is_multiple_of(LINE) {
                eprintln!("  {done} in {:.0} s", self.progress.elapsed().as_secs_f64());
            }
            if made.len() == BATCH {
                self.judge(&mut made);
            }
        }
        self.judge(&mut made);
    }

    /// Runs a case; the package that it ended in, if it did.
    fn case(&self, number: u64) -> Option<Made> {
        // Neighbouring seeds give unlike numbers, and no case of one run is that of another.
        let mut random = fastrand::Rng::with_seed(self.seed ^ number.rotate_right(20));
        let case = cases::case(&self.inputs, &mut random)?;
        let ended = self.tool.run(&case, number.is_multiple_of(OPTIMISED));
        let kind = case.kind;
        let name = format!("{}-{number}", self.seed);
        if self.is_only {
            self.keep(&name, &case);
        }
        match ended {
            Ended::Package(folder) => return Some(Made { name, case, folder }),
            // What does not change what a module does can still damage its names.
            Ended::Error(line) if case.expected.is_some() && !line.contains("is damaged") => {
                self.failed(&name, &case, &format!("it still is a program, but: {line}"));
            }
            Ended::Error(line) => self.outcomes.lock().unwrap().error(kind, &line, name),
            Ended::Failed(why) => self.failed(&name, &case, &why),
        }
        None
    }

    /// Has engines look at packages, and runs those of which it is known what they do.
    fn judge(&self, made: &mut Vec<Made>) {
        let said = engines::judge(made);
        for (made, said) in made.drain(..).zip(said) {
            match said {
                Some(why) => self.failed(&made.name, &made.case, &why),
                None => self.outcomes.lock().unwrap().package(made.case.kind),
            }
        }
    }

    /// Leaves the input of a case where the command that is returned finds it.
    fn keep(&self, name: &str, case: &cases::Case) -> String {
        let [file, profile] = ["wasm", "json"].map(|end| self.folder.join(format!("{name}.{end}")));
        fs::write(&file, &case.wasm).unwrap();
        if let Some(text) = &case.profile {
            fs::write(&profile, text).unwrap();
        }
        self.tool.command_line(&file, &profile, case)
    }

    fn failed(&self, name: &str, case: &cases::Case, why: &str) {
        let command = self.keep(name, case);
        let failure = format!("{name} ({}): {why}\n  {command}", case.kind.name());
        self.progress.suspend(|| eprintln!("{failure}"));
        self.outcomes.lock().unwrap().failure(case.kind, failure);
    }
}

/// What became of the cases.
#[derive(Default)]
struct Outcomes {
    /// Packages, errors and failures.
    counts: BTreeMap<Kind, [u64; 3]>,
    /// Errors, without what differs between cases: how many, and the first of them.
    errors: BTreeMap<String, (u64, String)>,
    failures: Vec<String>,
}

impl Outcomes {
    fn package(&mut self, kind: Kind) {
        self.counts.entry(kind).or_default()[0] += 1;
    }

    fn error(&mut self, kind: Kind, line: &str, case: String) {
        self.counts.entry(kind).or_default()[1] += 1;
        // Offsets and numbers.
        let words = line.split(' ').map(|word| match word.contains(|c: char| c.is_ascii_digit()) {
            true => "…",
            false => word,
        });
        let line = words.collect::<Vec<_>>().join(" ");
        self.errors.entry(line).or_insert((0, case)).0 += 1;
    }

    fn failure(&mut self, kind: Kind, failure: String) {
        self.counts.entry(kind).or_default()[2] += 1;
        self.failures.push(failure);
    }

    fn table(&self, seed: u64) -> String {
        let title = format!("fuzz, seed {seed}");
        let mut table = format!("{title:<34}{:>9}{:>9}{:>9}\n", "package", "error", "failed");
        for (kind, [packages, errors, failures]) in &self.counts {
            table += &format!("{:<34}{packages:>9}{errors:>9}{failures:>9}\n", kind.name());
        }
        table
    }

    /// The errors, the most frequent first.
    fn lines(&self) -> String {
        let mut errors: Vec<_> = self.errors.iter().collect();
        errors.sort_by_key(|(line, (count, _))| (std::cmp::Reverse(*count), *line));
        let line =
            |(line, (count, case)): &(_, &(u64, String))| format!("{count:>7}  {line}  ({case})\n");
        errors.iter().map(line).collect()
    }
}
