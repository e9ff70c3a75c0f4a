//! A program with threads, that knows nothing of JavaScript: each command does one thing a number of times, and tells
//! that it has.

mod messages;

use messages::messages;
use rayon::prelude::*;
use std::hint::black_box;
use std::sync::{Arc, Barrier, Mutex};
use std::{env, thread};

/// How many numbers are sorted.
const NUMBERS: usize = 1_000_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [command, times] = arguments[..] else { panic!("a command, and how often: {arguments:?}") };
    let times = times.parse().expect("a number");
    let done = match command {
        "messages" => messages(times),
        "spawn" => {
            (0..times).map(|_| thread::spawn(|| black_box(1)).join().expect("it returns")).sum()
        }
        "lock" => lock(times),
        "sort" => sort(times, |numbers| numbers.sort()),
        "par-sort" => sort(times, |numbers| numbers.par_sort()),
        "wait" => wait(times),
        _ => panic!("no such command: {command}"),
    };
    println!("{done}");
}

fn lock(times: usize) -> usize {
    let lock = Mutex::new(0);
    for _ in 0..times {
        *black_box(&lock).lock().expect("nobody has panicked") += 1;
    }
    lock.into_inner().expect("nobody has panicked")
}

fn sort(times: usize, sort: impl Fn(&mut [u64])) -> usize {
    rayon::ThreadPoolBuilder::new().num_threads(4).build_global().expect("the first pool");
    (0..times)
        .filter(|time| {
            let mut state = *time as u64 + 1;
            let mut numbers: Vec<u64> = (0..NUMBERS)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    state >> 16
                })
                .collect();
            sort(&mut numbers);
            numbers.is_sorted()
        })
        .count()
}

/// So many threads at once, until all are there.
fn wait(threads: usize) -> usize {
    let barrier = Arc::new(Barrier::new(threads + 1));
    let waiting: Vec<_> = (0..threads)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait())
        })
        .collect();
    // The host looks at its memory before it answers.
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    barrier.wait();
    waiting.into_iter().for_each(|thread| _ = thread.join().expect("it returns"));
    threads
}
