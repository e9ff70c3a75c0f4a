//! std's `Mutex`, whose word names the thread that holds it, by its record (`post-build/src/sysroot/sources/mutex.rs`).

use crate::sync::lost;
use crate::thread::{RawThread, current_raw};
use crate::wait::{self, For, Lock, Wait};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Of the word: others wait for it. The rest is the record of the thread that holds it, which is not used again meanwhile.
const WANTED: u32 = 1;

/// The thread that runs, for the word of a lock that it takes.
#[unsafe(no_mangle)]
pub(super) extern "C" fn __suspendable_std_me() -> u32 {
    current_raw().address() as u32
}

/// Takes a lock that somebody has when that is free; 0 if it is lost.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_lock(word: *const AtomicU32) -> u32 {
    // SAFETY: the lock is borrowed by who takes it.
    let lock = Locked(unsafe { &*word });
    let at = word.addr();
    let mut again = false;
    while let Some(holder) = lock.holder(0) {
        if holder.has_faulted() {
            return 0;
        }
        lock.0.fetch_or(WANTED, Relaxed);
        holder.is_wanted();
        let whom = For::Lock(&lock);
        wait::wait(at, Wait { again, whom, ..Wait::default() });
        again = true;
    }
    lock.take();
    1
}

/// Takes a lock that is lost.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_take_over(word: *const AtomicU32) {
    // SAFETY: as above.
    Locked(unsafe { &*word }).take();
}

/// Whether a lock is lost that somebody has: 1 if it is.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_is_lost(word: *const AtomicU32) -> u32 {
    // SAFETY: as above.
    Locked(unsafe { &*word }).is_lost().into()
}

/// A guard is used of a lock that is lost.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_lost() {
    lost::lost()
}

/// A lock of std's that is free again, and wanted.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_unlocked(word: *const AtomicU32) {
    wait::notify_one(word.addr());
}

struct Locked<'a>(&'a AtomicU32);

impl Locked<'_> {
    fn is_lost(&self) -> bool {
        self.holder(0).is_some_and(RawThread::has_faulted)
    }

    /// It is the lock of the thread that runs.
    fn take(&self) {
        let me = current_raw();
        me.holds();
        let is_wanted = wait::first((&raw const *self.0).addr()).is_some();
        if is_wanted {
            me.is_wanted();
        }
        self.0.store(me.address() as u32 | if is_wanted { WANTED } else { 0 }, Relaxed);
    }
}

impl Lock for Locked<'_> {
    fn words(&self) -> [&'static str; 2] {
        ["a Mutex that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        let record = self.0.load(Relaxed) & !WANTED;
        // SAFETY: `__suspendable_std_me` wrote it, and the memory of a record is never given back.
        (index == 0 && record != 0).then(|| unsafe { RawThread::at(record as usize) })
    }

    fn look_after(&self) {
        // It may have been free for one that was woken, and has faulted before it ran.
        if self.holder(0).is_none_or(RawThread::has_faulted) {
            wait::notify_all((&raw const *self.0).addr());
        }
    }
}
