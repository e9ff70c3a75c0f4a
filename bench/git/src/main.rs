//! Usage: `bench-git FOLDER LIMIT TIMES`: the log of a repository's last commits, which it reads so many times.

use git_example::repository::log;

fn main() -> gix::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, limit, times] = arguments.as_slice() else {
        panic!("usage: bench-git FOLDER LIMIT TIMES");
    };
    let number = |text: &str| text.parse().expect("a number");
    let repository = gix::ThreadSafeRepository::open(folder)?;
    let mut lines = Vec::new();
    for _ in 0..number(times) {
        lines = log(&repository.to_thread_local(), "HEAD", number(limit))?;
    }
    println!("{}", lines.join("\n"));
    Ok(())
}
