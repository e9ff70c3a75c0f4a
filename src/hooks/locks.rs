//! std's `Mutex`, whose word names the thread that holds it, by its record (`post-build/src/sysroot/sources/mutex.rs`).

use crate::fiber;
use crate::sync::hold::{Holder, look_at, stale};
use crate::thread::{RawThread, current_raw};
use crate::wait::{self, For, Lock, Wait};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Of the word: others wait for it.
const WANTED: u32 = 1;
/// It was another thread's, which has faulted.
const TAKEN: u32 = 2;
/// Its guard is, or was, not on the stack of its thread: it may be used after that has faulted.
const KEPT: u32 = 4;
/// The rest is the record of the thread that holds it. It is aligned to sixteen bytes, and not used again meanwhile.
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
    while let Some(holder) = lock.holder(0) {
        match lock.state() {
            Holder::Runs => {}
            Holder::HasFaulted => return lock.take(TAKEN),
            Holder::NeverUnlocks(why) => panic!("{why}"),
        }
        lock.0.fetch_or(WANTED, Relaxed);
        holder.is_wanted();
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
    let is_of_dead = lock.state() == Holder::HasFaulted;
    if is_of_dead {
        lock.take(TAKEN);
    }
    is_of_dead.into()
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
    fn state(&self) -> Holder {
        let is_kept = self.0.load(Relaxed) & KEPT != 0;
        self.holder(0).map_or(Holder::Runs, |holder| look_at(holder, is_kept))
    }

    /// It is the lock of the thread that runs.
    fn take(&self, bits: u32) {
        let at = (&raw const *self.0).addr();
        let me = current_raw();
        me.holds();
        let is_wanted = wait::first(at).is_some();
        if is_wanted {
            me.is_wanted();
        }
        let bits = bits | if is_wanted { WANTED } else { 0 };
        self.0.store(me.address() as u32 | bits, Relaxed);
    }
}

impl Lock for Locked<'_> {
    fn words(&self) -> [&'static str; 2] {
        ["a Mutex that is locked by ", "Drop its guard first"]
    }

    /// Its guard is dropped on the thread that it was made on, wherever it is.
    fn holder(&self, index: usize) -> Option<RawThread> {
        let record = self.0.load(Relaxed) & !BITS;
        // SAFETY: `__suspendable_std_me` wrote it, and the memory of a record is never given back.
        (index == 0 && record != 0).then(|| unsafe { RawThread::at(record as usize) })
    }

    fn look_after(&self) {
        // It may have been free for one that was woken, and has faulted before it ran.
        if self.holder(0).is_none() || self.state() != Holder::Runs {
            wait::notify_all((&raw const *self.0).addr());
        }
    }
}
