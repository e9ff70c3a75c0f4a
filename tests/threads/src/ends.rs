//! How a program with threads ends.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use std::{process, thread};

/// A thread that nobody joins ends while others wait, and its stack is used again.
pub fn detached() {
    let (sender, receiver) = mpsc::channel();
    for round in 0..200 {
        let sender = sender.clone();
        drop(thread::spawn(move || sender.send(round)));
        assert_eq!(receiver.recv(), Ok(round));
    }
    println!("{:?}", receiver.try_recv());
}

pub fn exit(code: i32) {
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(2));
        print!("from a thread");
        process::exit(code)
    });
    loop {
        thread::park();
    }
}

/// The others end with `main`.
pub fn main_returns() {
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(3600));
        println!("never");
    });
    // By then it sleeps.
    thread::sleep(Duration::from_millis(2));
    println!("main is done");
}

pub fn panic() {
    let waiting = thread::spawn(|| -> () { panic!("in a thread") });
    _ = waiting.join();
    println!("never");
}

/// Standard output is locked by a thread whose write waits, when another one panics.
pub fn panic_while_another_prints() {
    let prints = Arc::new(AtomicBool::new(false));
    let printing = Arc::clone(&prints);
    thread::spawn(move || {
        let line = "x".repeat(1 << 20);
        printing.store(true, SeqCst);
        loop {
            println!("{line}");
            eprintln!("{line}");
        }
    });
    while !prints.load(SeqCst) {
        thread::yield_now();
    }
    thread::sleep(Duration::from_millis(2));
    panic!("while another one prints");
}

pub fn deadlock() {
    let lock = Mutex::new(());
    let _held = lock.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| drop(lock.lock()));
    });
}

pub fn deadlock_of_two() {
    let locks = [Mutex::new(()), Mutex::new(())];
    thread::scope(|scope| {
        for first in [0, 1] {
            let locks = &locks;
            scope.spawn(move || {
                let _one = locks[first].lock().unwrap();
                thread::yield_now();
                let _other = locks[1 - first].lock().unwrap();
            });
        }
    });
}
