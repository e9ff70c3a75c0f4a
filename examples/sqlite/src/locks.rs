//! What the connections to one database agree by: SQLite's locks of a file.
//!
//! Any number may read (`SHARED`). One of them may prepare to write (`RESERVED`), and to do so keeps new
//! readers out (`PENDING`) until the others have gone (`EXCLUSIVE`). To take a lock never waits: SQLite is told
//! that it is busy, and calls `wait`, unless waiting would be for ever.

use rusqlite::ffi;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use suspendable::sync::{Condvar, Mutex};
use suspendable::time::Duration;

/// Who may do what with a file.
#[derive(Default)]
struct Shared {
    readers: Cell<u32>,
    is_reserved: Cell<bool>,
    is_pending: Cell<bool>,
}

thread_local! {
    /// By the files' paths, while somebody has them open.
    static FILES: RefCell<HashMap<PathBuf, Weak<Shared>>> = RefCell::default();
}

/// Something has been unlocked.
static UNLOCKED: Condvar = Condvar::new();

/// What one connection has locked of a file.
pub struct Locks {
    shared: Rc<Shared>,
    level: c_int,
    reserves: bool,
}

impl Locks {
    /// Of the file at a path in which nothing is a link.
    pub fn of(path: &Path) -> Locks {
        let shared = FILES.with_borrow_mut(|files| {
            files.retain(|_, file| file.strong_count() > 0);
            let known = files.get(path).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let shared = Rc::default();
                files.insert(path.to_owned(), Rc::downgrade(&shared));
                shared
            })
        });
        Locks { shared, level: ffi::SQLITE_LOCK_NONE, reserves: false }
    }

    /// As `xLock`.
    pub fn lock(&mut self, level: c_int) -> c_int {
        let Shared { readers, is_reserved, is_pending } = &*self.shared;
        if self.level == ffi::SQLITE_LOCK_NONE && level >= ffi::SQLITE_LOCK_SHARED {
            if is_pending.get() {
                return ffi::SQLITE_BUSY;
            }
            readers.set(readers.get() + 1);
            self.level = ffi::SQLITE_LOCK_SHARED;
        }
        if level >= ffi::SQLITE_LOCK_RESERVED && !self.reserves {
            if is_reserved.replace(true) {
                return ffi::SQLITE_BUSY;
            }
            self.reserves = true;
            self.level = ffi::SQLITE_LOCK_RESERVED;
        }
        if level > ffi::SQLITE_LOCK_RESERVED {
            is_pending.set(true);
            self.level = ffi::SQLITE_LOCK_PENDING;
            if readers.get() > 1 {
                return ffi::SQLITE_BUSY;
            }
            self.level = ffi::SQLITE_LOCK_EXCLUSIVE;
        }
        ffi::SQLITE_OK
    }

    /// As `xUnlock`: to `SHARED`, or to nothing.
    pub fn unlock(&mut self, level: c_int) {
        if self.level <= level {
            return;
        }
        let Shared { readers, is_reserved, is_pending } = &*self.shared;
        if self.level >= ffi::SQLITE_LOCK_PENDING {
            is_pending.set(false);
        }
        if std::mem::take(&mut self.reserves) {
            is_reserved.set(false);
        }
        if level == ffi::SQLITE_LOCK_NONE {
            readers.set(readers.get() - 1);
        }
        self.level = level;
        UNLOCKED.notify_all();
    }

    /// As `xCheckReservedLock`.
    pub fn is_reserved(&self) -> bool {
        self.shared.is_reserved.get()
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        self.unlock(ffi::SQLITE_LOCK_NONE);
    }
}

/// Waits until something has been unlocked, and has SQLite try again. A while is enough: it may have been
/// unlocked before this began to wait.
pub fn wait(_tries: c_int) -> bool {
    sleep(Duration::from_millis(20));
    true
}

/// Waits so long, or until something has been unlocked.
pub fn sleep(duration: Duration) {
    static WAITING: Mutex<()> = Mutex::new(());
    drop(UNLOCKED.wait_timeout(WAITING.lock().unwrap(), duration));
}
