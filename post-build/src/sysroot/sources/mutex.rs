//! A mutex that knows who holds it: the lock of a thread that has panicked is given to who wants it, poisoned, and a
//! wait that would never end is an error.
//!
//! Its word is 0 while nobody holds it; else it names the thread that does, in the way of the crate `suspendable`
//! (src/hooks/locks.rs), with the bits below. One thread runs at a time, until it waits.
//!
//! A thread is named by where its record is, which begins with how many locks it holds: a record that others may still be
//! named by is no other thread's.
//!
//! A guard says which thread made it. To take its lock away is sound if nothing can use it any more, which is so on the
//! stack of a thread that has panicked. Whoever reaches through a guard that is elsewhere, marks the lock; and a guard
//! that was moved before, and has lost its lock, reaches nothing.

use crate::ptr;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicU32};

unsafe extern "C" {
    safe fn __suspendable_std_me() -> u32;
    fn __suspendable_std_lock(word: *const Atomic<u32>);
    fn __suspendable_std_take(word: *const Atomic<u32>) -> u32;
    fn __suspendable_std_unlocked(word: *const Atomic<u32>);
    fn __suspendable_std_reach(word: *const Atomic<u32>, guard: *const (), maker: u32);
}

/// Others wait for it.
const WANTED: u32 = 1;
/// It was another thread's, which has panicked.
const TAKEN: u32 = 2;
/// It is not taken away.
const KEPT: u32 = 4;
const BITS: u32 = WANTED | TAKEN | KEPT;

/// The thread that runs holds one more. Returns it.
#[inline]
pub fn hold() -> u32 {
    let me = __suspendable_std_me();
    let held: *mut u32 = ptr::with_exposed_provenance_mut(me as usize);
    // SAFETY: so begins the record, which lasts for ever; there is one thread of the machine's.
    unsafe { *held += 1 };
    me
}

/// That thread holds one less.
///
/// # Safety
///
/// [`hold`] returned it, and this is the end of that.
#[inline]
pub unsafe fn release(thread: u32) {
    let held: *mut u32 = ptr::with_exposed_provenance_mut(thread as usize);
    // SAFETY: as above.
    unsafe { *held -= 1 };
}

pub struct Mutex {
    word: Atomic<u32>,
}

impl Mutex {
    #[inline]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// The thread that runs.
    #[inline]
    pub fn me() -> u32 {
        __suspendable_std_me()
    }

    #[inline]
    pub fn try_lock(&self) -> bool {
        let is_free = self.word.load(Relaxed) == 0;
        if is_free {
            self.word.store(hold(), Relaxed);
        }
        is_free
    }

    /// Returns whether it was the lock of a thread that has panicked.
    #[inline]
    pub fn lock(&self) -> bool {
        if self.try_lock() {
            return false;
        }
        // SAFETY: borrowed until it returns.
        unsafe { __suspendable_std_lock(&self.word) }
        self.was_taken()
    }

    #[inline]
    pub fn was_taken(&self) -> bool {
        self.word.load(Relaxed) & TAKEN != 0
    }

    /// Locks it, if the thread that holds it has panicked.
    #[inline]
    pub fn take_from_dead(&self) -> bool {
        // SAFETY: borrowed until it returns.
        self.word.load(Relaxed) != 0 && unsafe { __suspendable_std_take(&self.word) } != 0
    }

    /// For a guard that does not say whose it is.
    #[inline]
    pub fn lock_for_good(&self) {
        self.lock();
        self.word.fetch_or(KEPT, Relaxed);
    }

    #[inline]
    pub fn try_lock_for_good(&self) -> bool {
        let locked = self.try_lock();
        if locked {
            self.word.fetch_or(KEPT, Relaxed);
        }
        locked
    }

    #[inline]
    pub fn is_for_good(&self) -> bool {
        self.word.load(Relaxed) & KEPT != 0
    }

    /// A guard is used that a thread has made.
    #[inline]
    pub fn reach<T>(&self, guard: &T, maker: u32) {
        // SAFETY: both are borrowed until it returns.
        unsafe { __suspendable_std_reach(&self.word, (&raw const *guard).cast(), maker) }
    }

    /// Unlocks it, if that thread still holds it.
    #[inline]
    pub unsafe fn unlock_of(&self, maker: u32) {
        if self.word.load(Relaxed) & !BITS == maker {
            // SAFETY: as the caller says.
            unsafe { self.unlock() }
        }
    }

    #[inline]
    pub unsafe fn unlock(&self) {
        let word = self.word.load(Relaxed);
        self.word.store(0, Relaxed);
        // SAFETY: it is locked.
        unsafe { release(word & !BITS) };
        if word & WANTED != 0 {
            // SAFETY: borrowed until it returns.
            unsafe { __suspendable_std_unlocked(&self.word) }
        }
    }
}
