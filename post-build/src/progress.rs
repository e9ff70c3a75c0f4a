//! A line a step, with its time; on a terminal, a spinner meanwhile.

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::RefCell;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

/// Reports the steps of one run.
pub struct Progress {
    verbose: bool,
    quiet: bool,
    began: Instant,
    steps: RefCell<Vec<(String, f64)>>,
}

impl Progress {
    /// `verbose` shows the commands that steps run.
    pub fn new(verbose: bool) -> Self {
        Progress { verbose, quiet: false, began: Instant::now(), steps: RefCell::default() }
    }

    /// One that shows what a long step does, and leaves no line behind: unless it is `verbose`.
    pub fn quiet(verbose: bool) -> Self {
        Progress { quiet: !verbose, ..Progress::new(verbose) }
    }

    /// Runs one step; an error says which it was.
    pub fn step<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let spinner = ProgressBar::new_spinner().with_message(name.to_owned());
        spinner.set_style(ProgressStyle::with_template("  {spinner} {msg}").expect("a template"));
        spinner.enable_steady_tick(Duration::from_millis(100));
        let began = Instant::now();
        let result = work();
        spinner.finish_and_clear();
        let seconds = began.elapsed().as_secs_f64();
        if result.is_ok() {
            if !self.quiet {
                say(&format!("{name:<32}{seconds:>7.2} s"));
            }
            self.steps.borrow_mut().push((name.to_owned(), seconds));
        }
        result.with_context(|| format!("step `{name}` failed"))
    }

    /// The seconds of each step so far.
    pub fn seconds(&self) -> Vec<(String, f64)> {
        self.steps.borrow().clone()
    }

    /// A line without a time.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// The last line.
    pub fn finish(&self, text: &str) {
        if !self.quiet {
            say(&format!("{text:<32}{:>7.2} s", self.began.elapsed().as_secs_f64()));
        }
    }

    /// Shows a command before it runs.
    pub fn show(&self, command: &Command) {
        if self.verbose {
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
            say(&format!("$ {}", words.join(" ")));
        }
    }
}

/// Nobody may be left who reads it (`| head`), which is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "  {line}");
}
