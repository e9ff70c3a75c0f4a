//! A mutex that knows who holds it: a wait for a thread that has panicked, or that would never end, is an error.
//!
//! Its word is 0 while nobody holds it; else it names the thread that does, in the way of the crate `suspendable`
//! (src/hooks.rs), and whether others wait. One thread runs at a time, until it waits.

use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicU32};

unsafe extern "C" {
    safe fn __suspendable_std_me() -> u32;
    fn __suspendable_std_lock(word: *const Atomic<u32>);
    fn __suspendable_std_unlocked(word: *const Atomic<u32>);
}

const WANTED: u32 = 1;

pub struct Mutex {
    word: Atomic<u32>,
}

impl Mutex {
    #[inline]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    #[inline]
    pub fn try_lock(&self) -> bool {
        let is_free = self.word.load(Relaxed) == 0;
        if is_free {
            self.word.store(__suspendable_std_me(), Relaxed);
        }
        is_free
    }

    #[inline]
    pub fn lock(&self) {
        if !self.try_lock() {
            // SAFETY: borrowed until it returns.
            unsafe { __suspendable_std_lock(&self.word) }
        }
    }

    #[inline]
    pub unsafe fn unlock(&self) {
        let word = self.word.load(Relaxed);
        self.word.store(0, Relaxed);
        if word & WANTED != 0 {
            // SAFETY: borrowed until it returns.
            unsafe { __suspendable_std_unlocked(&self.word) }
        }
    }
}
