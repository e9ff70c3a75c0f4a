//! std's own locks, thread-locals and channels for the comparison: built with `--std`, and without.

#[cfg(suspendable_std)]
#[path = "../../threads/src/messages.rs"]
mod messages;

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::{Mutex, RwLock};
use suspendable::suspendable;

/// Locks a mutex that nobody else wants, `times` times.
#[suspendable]
pub fn lock(times: u32) -> u32 {
    let mutex = Mutex::new(0);
    for _ in 0..times {
        *black_box(&mutex).lock().expect("nobody has panicked") += 1;
    }
    mutex.into_inner().expect("nobody has panicked")
}

/// The same with a lock that is read.
#[suspendable]
pub fn read(times: u32) -> u32 {
    let lock = RwLock::new(1);
    (0..times).map(|_| *black_box(&lock).read().expect("nobody has panicked")).sum()
}

/// And with one that is written.
#[suspendable]
pub fn write(times: u32) -> u32 {
    let lock = RwLock::new(0);
    for _ in 0..times {
        *black_box(&lock).write().expect("nobody has panicked") += 1;
    }
    lock.into_inner().expect("nobody has panicked")
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
    static COUNTED: RefCell<Vec<u32>> = RefCell::new(vec![0]);
}

/// Counts in a thread-local that needs no code to begin nor to end, `times` times.
#[suspendable]
pub fn local(times: u32) -> u32 {
    COUNT.set(0);
    for _ in 0..times {
        COUNT.set(black_box(COUNT.get()) + 1);
    }
    COUNT.get()
}

/// The same in one that is made at its first use, and dropped.
#[suspendable(js_name = lazyLocal)]
pub fn lazy_local(times: u32) -> u32 {
    COUNTED.with_borrow_mut(|counted| counted[0] = 0);
    for _ in 0..times {
        COUNTED.with_borrow_mut(|counted| counted[0] = black_box(counted[0]) + 1);
    }
    COUNTED.with_borrow(|counted| counted[0])
}

/// Two threads that answer each other: `times` messages, and as many answers.
#[cfg(suspendable_std)]
#[suspendable]
pub fn messages(times: usize) -> usize {
    messages::messages(times)
}
