//! std's `Mutex`, whose word names the thread that holds it (`post-build/src/sysroot/sources/mutex.rs`).

use crate::fiber;
use crate::sync::hold::stale;
use crate::thread::{RawThread, State, current_raw};
use crate::wait::{self, For, Lock, Wait};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Of the word: others wait for it.
const WANTED: u32 = 1;
/// It was another thread's, which has faulted.
const TAKEN: u32 = 2;
/// Its guard is, or was, not on the stack of its thread: it may be used after that has faulted.
const KEPT: u32 = 4;
/// The rest is the record of the thread that holds it, which is aligned to eight bytes.
const BITS: u32 = WANTED | TAKEN | KEPT;

/// The thread that runs, for the word of a lock that it takes.
#[unsafe(no_mangle)]
pub(super) extern "C" fn __suspendable_std_me() -> u32 {
    current_raw().address() as u32
}

/// Takes a lock that somebody has: waits for it, or has it from a thread that has faulted.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_lock(word: *const AtomicU32) {
    // SAFETY: the lock is borrowed by who takes it.
    let lock = Locked(unsafe { &*word });
    let at = word.addr();
    let mut again = false;
    while lock.holder().is_some() {
        if lock.is_of_dead() {
            if lock.has(KEPT) {
                panic!(
                    "the thread that holds this lock has panicked, and its guard is not on its stack, where it may \
                     still be used: the lock stays locked"
                );
            }
            return lock.take(TAKEN);
        }
        lock.0.fetch_or(WANTED, Relaxed);
        let whom = For::Lock(&lock);
        wait::wait(at, Wait { again, whom, ..Wait::default() });
        again = true;
    }
    lock.take(0);
}

/// Takes a lock from a thread that has faulted; 0 if it is another's.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_take(word: *const AtomicU32) -> u32 {
    // SAFETY: as above.
    let lock = Locked(unsafe { &*word });
    if !lock.is_of_dead() || lock.has(KEPT) {
        return 0;
    }
    lock.take(TAKEN);
    1
}

/// A lock of std's that is free again, and wanted.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_unlocked(word: *const AtomicU32) {
    wait::notify_one(word.addr());
}

/// A guard is used that a thread has made: if not by that one, and on its stack, the lock is its own for good.
///
/// # Panics
///
/// If the lock has been taken from that thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_reach(word: *const AtomicU32, guard: *const u8, maker: u32) {
    // SAFETY: std borrows both.
    let (word, guard) = unsafe { (&*word, &*guard) };
    if is_at_home(guard, maker) {
        return;
    }
    if word.load(Relaxed) & !BITS != maker {
        stale();
    }
    word.fetch_or(KEPT, Relaxed);
}

/// Whether a guard is on the stack of the thread that made it, and that one uses it.
#[inline]
pub(super) fn is_at_home(guard: &u8, maker: u32) -> bool {
    maker == __suspendable_std_me() && fiber::is_on_stack_of(fiber::running(), guard)
}

struct Locked<'a>(&'a AtomicU32);

impl Locked<'_> {
    fn has(&self, bit: u32) -> bool {
        self.0.load(Relaxed) & bit != 0
    }

    /// Whether the thread that holds it has faulted.
    fn is_of_dead(&self) -> bool {
        self.holder().is_some_and(|holder| holder.state() == State::Faulted)
    }

    /// It is the lock of the thread that runs.
    fn take(&self, bits: u32) {
        let at = (&raw const *self.0).addr();
        let wanted = if wait::first(at).is_some() { WANTED } else { 0 };
        self.0.store(__suspendable_std_me() | wanted | bits, Relaxed);
    }
}

impl Lock for Locked<'_> {
    fn holder(&self) -> Option<RawThread> {
        let record = self.0.load(Relaxed) & !BITS;
        // SAFETY: `__suspendable_std_me` wrote it, and the memory of a record is never given back.
        (record != 0).then(|| unsafe { RawThread::at(record as usize) })
    }

    fn look_after(&self) {
        if self.is_of_dead() {
            wait::notify_all((&raw const *self.0).addr());
        }
    }
}
