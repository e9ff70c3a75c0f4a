//! std's `RwLock`, whose word names the thread that holds it, if one does (`post-build/src/sysroot/sources/rwlock.rs`).
//!
//! ```text
//! │ thread │ bits │ readers │      free: 0; one thread: its record; several readers: SEVERAL, and a list
//! ```
//!
//! A lock is given to those that wait for it in order of arrival; one that reads already reads again before them, for
//! they wait for it. After a thread has faulted that holds it, nobody writes any more (`sync/lost.rs`). A thread is named
//! by its record, which says how many locks it holds, and is not used again before that is none.

use super::locks::__suspendable_std_me;
use crate::thread::RawThread;
use crate::wait::{self, For, Lock, Wait};
use std::cell::Cell;

/// Of the word: others wait for it.
const WANTED: u32 = 1;
/// Who holds it, writes.
const WRITE: u32 = 2;
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

/// Takes a lock that somebody has, or that others wait for; 0 if it is lost.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock(lock: *const RwLock, kind: u32) -> u32 {
    // SAFETY: the lock is borrowed by who takes it.
    unsafe { (*lock).lock(kind).into() }
}

/// The same if that needs no waiting; 0 if it does.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_try(lock: *const RwLock, kind: u32) -> u32 {
    // SAFETY: as above.
    unsafe { (*lock).try_lock(kind, __suspendable_std_me()).into() }
}

/// Whether nobody will ever have it for that: 1 if it is so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_is_lost(lock: *const RwLock, kind: u32) -> u32 {
    // SAFETY: as above.
    unsafe { (*lock).is_lost_for(kind).into() }
}

/// A guard is dropped, of what that thread has read, or of what one writes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_unlock(lock: *const RwLock, kind: u32, reader: u32) {
    // SAFETY: as above.
    unsafe { (*lock).unlock(kind, reader) }
}

/// What one writes, the thread that runs reads from now on; nobody writes in between.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_rwlock_downgrade(lock: *const RwLock) {
    // SAFETY: as above.
    unsafe { (*lock).downgrade() }
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

impl RwLock {
    fn at(&self) -> usize {
        wait::at(self)
    }

    fn has(&self, bit: u32) -> bool {
        self.word.get() & bit != 0
    }

    fn set_wanted(&self, on: bool) {
        self.word.set(self.holder() | if on { WANTED } else { 0 });
    }

    /// Sets who holds it, and whether that one writes.
    fn hold(&self, holder: u32) {
        self.word.set(self.word.get() & WANTED | holder);
    }

    /// The one that holds it, and whether it writes; or 0; or `SEVERAL`.
    fn holder(&self) -> u32 {
        self.word.get() & !WANTED
    }

    /// Changes who reads, each once for each guard. Nobody writes.
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

    /// All that hold it. Nothing of that is changed meanwhile.
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
            self.with_readers(|list| list.push(record));
        }
        if self.has(WANTED) {
            thread(record).is_wanted();
        }
    }

    fn try_lock(&self, kind: u32, record: u32) -> bool {
        let is_next = !self.has(WANTED)
            || wait::first(self.at()).is_none()
            || kind == READER && self.is_held_by(READER, record);
        let takes = is_next && self.is_free_for(kind);
        if takes {
            self.give(kind, record);
        }
        takes
    }

    /// Whether the thread that runs has it then.
    fn lock(&self, kind: u32) -> bool {
        let record = __suspendable_std_me();
        let mut again = false;
        while !self.try_lock(kind, record) {
            if self.is_lost_for(kind) {
                return false;
            }
            self.set_wanted(true);
            self.all().for_each(|holder| thread(holder).is_wanted());
            wait::wait(self.at(), Wait { kind, again, whom: For::Lock(self), ..Wait::default() });
            if self.is_held_by(kind, record) {
                break;
            }
            again = true;
        }
        true
    }

    fn unlock(&self, kind: u32, reader: u32) {
        let holder = self.holder();
        if holder == SEVERAL {
            self.with_readers(|list| {
                let place = list.iter().rposition(|one| *one == reader);
                list.swap_remove(place.expect("it reads"));
            });
        } else {
            self.hold(0);
        }
        thread(if kind == WRITER { holder } else { reader }).releases();
        self.hand_over();
    }

    /// Gives it to those that wait, as many as can have it.
    fn hand_over(&self) {
        while self.has(WANTED) {
            let Some(kind) = wait::first(self.at()) else { return self.set_wanted(false) };
            if !self.is_free_for(kind) {
                return;
            }
            let next = wait::notify_one(self.at()).expect("the first");
            self.give(kind, next.as_raw().address() as u32);
        }
    }

    fn downgrade(&self) {
        thread(self.holder()).releases();
        self.hold(0);
        self.give(READER, __suspendable_std_me());
        self.hand_over();
    }

    fn is_lost_for(&self, kind: u32) -> bool {
        (kind == WRITER || self.has(WRITE)) && self.all().any(|holder| thread(holder).has_faulted())
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
        if self.is_lost_for(WRITER) {
            wait::notify_all(self.at());
        }
    }
}
