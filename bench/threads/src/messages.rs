//! The same messages for a program with threads and, in bench/std, for a library that is built with `--std`.

use std::sync::mpsc;
use std::thread;

/// Two threads that answer each other: `times` messages, and as many answers.
pub fn messages(times: usize) -> usize {
    let (there, asked) = mpsc::channel();
    let (back, answered) = mpsc::channel();
    let other = thread::spawn(move || {
        asked.iter().for_each(|number: usize| back.send(number + 1).expect("it reads"))
    });
    let mut number = 0;
    for _ in 0..times {
        there.send(number).expect("it reads");
        number = answered.recv().expect("it answers");
    }
    drop(there);
    other.join().expect("it returns");
    number
}
