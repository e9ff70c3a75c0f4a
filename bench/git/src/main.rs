//! Usage: `bench-git FOLDER LIMIT TIMES`: the milliseconds that each log of a repository's last commits takes.

use git_example::repository::log;
use std::time::Instant;

fn main() -> gix::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, limit, times] = arguments.as_slice() else {
        panic!("usage: bench-git FOLDER LIMIT TIMES");
    };
    let number = |text: &str| text.parse().expect("a number");
    let repository = gix::ThreadSafeRepository::open(folder)?;
    for _ in 0..number(times) {
        let began = Instant::now();
        let lines = log(&repository.to_thread_local(), "HEAD", number(limit))?;
        assert_eq!(lines.len(), number(limit));
        println!("{}", began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}
