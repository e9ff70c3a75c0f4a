//! Threads, channels and locks that wait.

use std::hint::black_box;
use suspendable::sync::{Mutex, mpsc};
use suspendable::{suspendable, thread};
use wasm_bindgen::prelude::*;

/// Spawns a thread that does nothing, and joins it, `times` times.
#[suspendable(js_name = spawnAndJoin)]
pub fn spawn_and_join(times: u32) -> u32 {
    for _ in 0..times {
        thread::spawn(|| {}).join().expect("it does nothing");
    }
    times
}

/// Two threads send a number back and forth, each waiting for the other: `times` messages.
#[suspendable]
pub fn messages(times: u32) -> u32 {
    let (to_other, from_us) = mpsc::channel::<u32>();
    let (to_us, from_other) = mpsc::channel::<u32>();
    let other = thread::spawn(move || {
        while let Ok(number) = from_us.recv() {
            to_us.send(number + 1).expect("it is waited for");
        }
    });
    let mut number = 0;
    while number < times {
        to_other.send(number + 1).expect("it is waited for");
        number = from_other.recv().expect("it answers");
    }
    drop(to_other);
    other.join().expect("it has ended");
    number
}

/// Locks a mutex that nobody else wants, `times` times.
#[suspendable]
pub fn lock(times: u32) -> u32 {
    let mutex = Mutex::new(0);
    for _ in 0..times {
        *black_box(&mutex).lock().expect("nobody has panicked") += 1;
    }
    mutex.into_inner().expect("nobody has panicked")
}

/// The same with std's.
#[wasm_bindgen(js_name = lockOfStd)]
pub fn lock_of_std(times: u32) -> u32 {
    let mutex = std::sync::Mutex::new(0);
    for _ in 0..times {
        *black_box(&mutex).lock().expect("nobody has panicked") += 1;
    }
    mutex.into_inner().expect("nobody has panicked")
}
