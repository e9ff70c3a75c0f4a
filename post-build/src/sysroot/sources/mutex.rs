//! A mutex that knows who holds it: what a thread holds that has panicked is lost, and a wait that would never end is an
//! error.
//!
//! Its word is 0 while nobody holds it; else it names the thread that does, in the way of the crate `suspendable`
//! (src/hooks/locks.rs), with the bit below. One thread runs at a time, until it waits.
//!
//! A thread is named by where its record is, which begins with how many locks it holds: a record that others may still be
//! named by is no other thread's.

use crate::ptr;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicU32};

unsafe extern "C" {
    safe fn __suspendable_std_me() -> u32;
    safe fn __suspendable_std_lost() -> !;
    fn __suspendable_std_lock(word: *const Atomic<u32>) -> u32;
    fn __suspendable_std_take_over(word: *const Atomic<u32>);
    fn __suspendable_std_is_lost(word: *const Atomic<u32>) -> u32;
    fn __suspendable_std_unlocked(word: *const Atomic<u32>);
}

/// Others wait for it.
const WANTED: u32 = 1;

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

/// What a lock guards is reached for.
#[inline]
pub fn refuse_if(is_lost: bool) {
    if is_lost {
        __suspendable_std_lost();
    }
}

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
            self.word.store(hold(), Relaxed);
        }
        is_free
    }

    /// Waits until the thread that runs has it, or it is lost, and returns whether it has.
    #[inline]
    pub fn lock_unless_lost(&self) -> bool {
        // SAFETY: borrowed until it returns.
        self.try_lock() || unsafe { __suspendable_std_lock(&self.word) } != 0
    }

    /// Takes it though it is lost: for the standard streams, whose own state says whether somebody changes it.
    #[inline]
    pub fn lock(&self) {
        if !self.lock_unless_lost() {
            // SAFETY: as above.
            unsafe { __suspendable_std_take_over(&self.word) }
        }
    }

    #[inline]
    pub fn is_lost(&self) -> bool {
        // SAFETY: as above.
        self.word.load(Relaxed) != 0 && unsafe { __suspendable_std_is_lost(&self.word) } != 0
    }

    #[inline]
    pub unsafe fn unlock(&self) {
        let word = self.word.load(Relaxed);
        self.word.store(0, Relaxed);
        // SAFETY: it is locked.
        unsafe { release(word & !WANTED) };
        if word & WANTED != 0 {
            // SAFETY: borrowed until it returns.
            unsafe { __suspendable_std_unlocked(&self.word) }
        }
    }
}
