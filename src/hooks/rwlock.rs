//! std's `RwLock`, whose word names the thread that holds it, if one does (`post-build/src/sysroot/sources/rwlock.rs`).
//!
//! ```text
//! │ thread │ bits │ readers │      free: 0; one thread: its record; several readers: SEVERAL, and a list
//! ```
//!
//! A lock is given to those that wait for it in order of arrival; one that reads already reads again before them, for
//! they wait for it. What a thread holds that has faulted is taken away by whoever looks after the lock. Why nobody uses
//! it any more is told in `sync/hold.rs`. A thread is named by its record, which says how many locks it holds, and is not
//! used again before that is none. All that one thread reads counts as one: if a guard is used where it may outlive the
//! thread, none is taken away.

use super::locks::{__suspendable_std_me, is_at_home};
use crate::sync::hold::{Holder, look_at, stale};
use crate::thread::RawThread;
use crate::wait::{self, For, Lock, Wait};
use std::cell::Cell;

/// Of the word: others wait for it.
const WANTED: u32 = 1;
/// Who holds it, writes.
const WRITE: u32 = 2;
/// A thread has faulted that wrote, and the poison does not say so yet.
const TAKEN: u32 = 4;
/// A guard is, or was, not on the stack of its thread. Of a reader in the list too.
const KEPT: u32 = 8;
/// The rest is the record of a thread, which is aligned to sixteen bytes; or this.
const BITS: u32 = 15;
const SEVERAL: u32 = 16;

/// What is asked for: the `kind` of a wait.
const READER: u32 = 0;
const WRITER: u32 = 1;

/// As std has it.
#[repr(C)]
struct RwLock {
    word: Cell<u32>,
    /// Those that read, once for each guard, if there are several. Null if there never were.
    readers: Cell<*mut Vec<u32>>,
}

/// Takes a lock that somebody has, or that others wait for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock(lock: *const RwLock, kind: u32) {
    // SAFETY: the lock is borrowed by who takes it.
    unsafe { (*lock).lock(kind) }
}

/// The same if that needs no waiting; 0 if it does.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_try(lock: *const RwLock, kind: u32) -> u32 {
    // SAFETY: as above.
    unsafe { (*lock).try_lock(kind, __suspendable_std_me()).into() }
}

/// Frees it of those that have faulted.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_look_after(lock: *const RwLock) {
    // SAFETY: as above.
    unsafe { (*lock).look_after() }
}

/// A guard is dropped which that thread has made.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_unlock(lock: *const RwLock, kind: u32, maker: u32) {
    // SAFETY: as above.
    unsafe { (*lock).unlock(kind, maker) }
}

/// Who writes, reads from now on; nobody writes in between.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_downgrade(lock: *const RwLock, maker: u32) {
    // SAFETY: as above.
    unsafe { (*lock).downgrade(maker) }
}

/// A guard is used that a thread has made.
///
/// # Panics
///
/// If the lock has been taken from that thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_reach(
    lock: *const RwLock,
    guard: *const u8,
    maker: u32,
) {
    // SAFETY: std borrows both.
    unsafe {
        if !is_at_home(&*guard, maker) {
            (*lock).keep(maker);
        }
    }
}

/// Nobody has the lock any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_drop(lock: *const RwLock) {
    // SAFETY: it is dropped once, and `with_readers` made the list.
    drop(unsafe { Box::from_raw((*lock).readers.get()) });
}

fn thread(record: u32) -> RawThread {
    // SAFETY: `__suspendable_std_me` wrote it, and the memory of a record is never given back.
    unsafe { RawThread::at((record & !BITS) as usize) }
}

/// Whether it ever unlocks, for one that holds it: a record, and whether that is kept.
fn look_at_one(one: u32) -> Holder {
    look_at(thread(one), one & KEPT != 0)
}

impl RwLock {
    fn at(&self) -> usize {
        wait::at(self)
    }

    fn has(&self, bit: u32) -> bool {
        self.word.get() & bit != 0
    }

    fn set(&self, bit: u32, on: bool) {
        let word = self.word.get();
        self.word.set(if on { word | bit } else { word & !bit });
    }

    /// Sets who holds it, with what is said of that.
    fn hold(&self, holder: u32) {
        self.word.set(self.word.get() & (WANTED | TAKEN) | holder);
    }

    /// The one that holds it, with what is said of that; or 0; or `SEVERAL`.
    fn holder(&self) -> u32 {
        self.word.get() & !(WANTED | TAKEN)
    }

    /// Changes who reads: each one's record, and whether that is kept. Nobody writes.
    ///
    /// `change` uses this lock in no other way.
    fn with_readers<T>(&self, change: impl FnOnce(&mut Vec<u32>) -> T) -> T {
        if self.readers.get().is_null() {
            self.readers.set(Box::into_raw(Box::default()));
        }
        // SAFETY: the lock's own, and nobody else uses it meanwhile.
        let list = unsafe { &mut *self.readers.get() };
        match self.holder() {
            SEVERAL => {}
            0 => list.clear(),
            one => {
                list.clear();
                list.push(one);
            }
        }
        let result = change(list);
        self.hold(match list[..] {
            [] => 0,
            [one] => one,
            _ => SEVERAL,
        });
        result
    }

    /// All that hold it: records, with what is said of them. Nothing of that is changed meanwhile.
    fn all(&self) -> impl Iterator<Item = u32> {
        let (one, several) = match self.holder() {
            0 => (None, [].as_slice()),
            // SAFETY: the lock's own, and there is a list if there were several.
            SEVERAL => (None, unsafe { (*self.readers.get()).as_slice() }),
            one => (Some(one), [].as_slice()),
        };
        one.into_iter().chain(several.iter().copied())
    }

    fn is_free_for(&self, kind: u32) -> bool {
        self.holder() == 0 || kind == READER && !self.has(WRITE)
    }

    fn is_held_by(&self, kind: u32, record: u32) -> bool {
        self.has(WRITE) == (kind == WRITER) && self.all().any(|holder| holder & !BITS == record)
    }

    /// It is free for that.
    fn give(&self, kind: u32, record: u32) {
        thread(record).holds();
        if kind == WRITER {
            self.hold(record | WRITE);
        } else if self.holder() == 0 {
            self.hold(record);
        } else {
            self.with_readers(|list| {
                let kept = list.contains(&(record | KEPT));
                list.push(if kept { record | KEPT } else { record });
            });
        }
        if self.has(WANTED) {
            thread(record).is_wanted();
        }
    }

    fn try_lock(&self, kind: u32, record: u32) -> bool {
        self.look_after();
        let is_next = !self.has(WANTED)
            || wait::first(self.at()).is_none()
            || kind == READER && self.is_held_by(READER, record);
        let takes = is_next && self.is_free_for(kind);
        if takes {
            self.give(kind, record);
        }
        takes
    }

    fn lock(&self, kind: u32) {
        let record = __suspendable_std_me();
        let mut again = false;
        while !self.try_lock(kind, record) {
            if let Some(why) = self.never_frees_for(kind) {
                panic!("{why}");
            }
            self.set(WANTED, true);
            self.all().for_each(|holder| thread(holder).is_wanted());
            wait::wait(self.at(), Wait { kind, again, whom: For::Lock(self), ..Wait::default() });
            if self.is_held_by(kind, record) {
                return;
            }
            again = true;
        }
    }

    fn unlock(&self, kind: u32, maker: u32) {
        if self.has(WRITE) != (kind == WRITER) {
            // The guard is stale.
            return;
        }
        let held = if self.holder() & !BITS == maker {
            self.hold(0);
            true
        } else {
            self.holder() == SEVERAL
                && self.with_readers(|list| {
                    let place = list.iter().rposition(|reader| reader & !BITS == maker);
                    place.map(|place| list.swap_remove(place)).is_some()
                })
        };
        if held {
            thread(maker).releases();
            self.hand_over();
        }
    }

    /// Gives it to those that wait, as many as can have it.
    fn hand_over(&self) {
        while self.has(WANTED) {
            let Some(kind) = wait::first(self.at()) else { return self.set(WANTED, false) };
            if !self.is_free_for(kind) {
                return;
            }
            let next = wait::notify_one(self.at()).expect("the first");
            self.give(kind, next.as_raw().address() as u32);
        }
    }

    fn downgrade(&self, maker: u32) {
        if !self.has(WRITE) || self.holder() & !BITS != maker {
            stale();
        }
        self.hold(0);
        thread(maker).releases();
        self.give(READER, __suspendable_std_me());
        self.hand_over();
    }

    /// A guard may outlive the thread that made it, or may be used by others.
    fn keep(&self, maker: u32) {
        let mut held = false;
        if self.holder() & !BITS == maker {
            held = true;
            self.set(KEPT, true);
        } else if self.holder() == SEVERAL {
            self.with_readers(|list| {
                for reader in list.iter_mut().filter(|reader| **reader & !BITS == maker) {
                    *reader |= KEPT;
                    held = true;
                }
            });
        }
        if !held {
            stale();
        }
    }

    /// Why it will never be free for that, if it is so.
    fn never_frees_for(&self, kind: u32) -> Option<&'static str> {
        let in_the_way = self.all().filter(|_| !self.is_free_for(kind));
        in_the_way.map(look_at_one).find_map(|holder| match holder {
            Holder::NeverUnlocks(why) => Some(why),
            _ => None,
        })
    }
}

impl Lock for RwLock {
    fn words(&self) -> [&'static str; 2] {
        ["a RwLock that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        self.all().nth(index).map(thread)
    }

    fn look_after(&self) {
        let has_faulted = |holder| look_at_one(holder) == Holder::HasFaulted;
        if self.all().all(|holder| look_at_one(holder) == Holder::Runs) {
            return;
        }
        if !self.has(WRITE) {
            self.with_readers(|list| list.retain(|reader| !has_faulted(*reader)));
        } else if has_faulted(self.holder()) {
            self.hold(0);
            self.set(TAKEN, true);
        }
        self.hand_over();
        if self.has(WANTED) && self.never_frees_for(WRITER).is_some() {
            // They find that out themselves.
            wait::notify_all(self.at());
        }
    }
}
