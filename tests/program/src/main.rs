//! A program that knows nothing of JavaScript: each of its commands does one thing of std's. The suite runs it on
//! every engine, and natively.

mod deep;
mod files;

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, panic, process, thread};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{:?}: {error}", error.kind());
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[&str]) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match *arguments {
        ["args", ref rest @ ..] => rest.iter().try_for_each(|one| writeln!(out, "{one}"))?,
        ["env", name] => writeln!(out, "{:?}", env::var(name))?,
        ["cat"] => _ = io::copy(&mut io::stdin().lock(), &mut out)?,
        ["lines"] => {
            for (number, line) in io::stdin().lock().lines().enumerate() {
                writeln!(out, "{number}: {}", line?)?;
                out.flush()?;
            }
        }
        ["both"] => {
            for number in 0..3 {
                writeln!(out, "out {number}")?;
                eprintln!("err {number}");
            }
        }
        ["sum"] => {
            // In small pieces, of which each could wait.
            let mut sum = 0u64;
            for byte in io::stdin().lock().bytes() {
                sum = sum.wrapping_mul(31).wrapping_add(byte?.into());
            }
            writeln!(out, "{sum}")?;
        }
        ["write", bytes] => {
            let piece = [b'x'; 1000];
            for _ in 0..number(bytes) / 1000 {
                out.write_all(&piece)?;
            }
        }
        ["sleep", milliseconds] => {
            let wanted = Duration::from_millis(number(milliseconds) as u64);
            let began = Instant::now();
            thread::sleep(wanted);
            writeln!(out, "{}", began.elapsed() >= wanted)?;
        }
        ["yield", times] => (0..number(times)).for_each(|_| thread::yield_now()),
        ["exit", code] => {
            write!(out, "without an end of line")?;
            out.flush()?;
            process::exit(number(code) as i32);
        }
        ["panic"] => {
            writeln!(out, "before")?;
            arguments.get(1).expect("this was to be expected");
        }
        ["hook", path] => {
            let path = path.to_owned();
            panic::set_hook(Box::new(move |panic| {
                let written = std::fs::write(&path, panic.to_string());
                eprintln!("written: {:?}", written.map_err(|error| error.kind()));
            }));
            panic!("with a hook");
        }
        ["abort"] => {
            eprintln!("aborts");
            process::abort();
        }
        ["overflow"] => writeln!(out, "{}", deep::endless(0))?,
        ["deep", depth] => {
            writeln!(out, "{}", deep::read(number(depth), &mut io::stdin().lock())?)?
        }
        ["random", seed] => writeln!(out, "{:x}", deep::random(number(seed) as u64)?)?,
        ["files", folder] => files::all(folder, &mut out)?,
        ["read", path] => out.write_all(&std::fs::read(path)?)?,
        ["pieces", bytes] => pieces(io::stdin().lock(), number(bytes), &mut out)?,
        ["pieces", bytes, path] => pieces(File::open(path)?, number(bytes), &mut out)?,
        ["append", path, text] => {
            let mut options = std::fs::OpenOptions::new();
            options.append(true).create(true).open(path)?.write_all(text.as_bytes())?;
        }
        ["list", path] => {
            let mut names: Vec<_> = std::fs::read_dir(path)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<_>>()?;
            names.sort();
            writeln!(out, "{}", names.join(" "))?;
        }
        _ => {
            eprintln!("unknown command: {arguments:?}");
            return Ok(ExitCode::from(64));
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Reads to the end, and says how many pieces there were, and a sum of them.
fn pieces(mut input: impl Read, bytes: usize, out: &mut impl Write) -> io::Result<()> {
    let mut piece = vec![0; bytes];
    let (mut count, mut sum) = (0, 0);
    loop {
        let read = input.read(&mut piece)?;
        if read == 0 {
            return writeln!(out, "{count} {sum}");
        }
        count += 1;
        sum += usize::from(piece[0]) + read;
    }
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("no number: {text}"))
}
