//! Mutual exclusion.
//!
//! A mutex is free, or knows the thread that holds it. Unlocking hands it to the first that waits, so
//! that it is had in order of arrival; it is never free while somebody waits.

use super::hold::{self, Hold, Holder, look_at};
use super::poison::{self, LockResult, TryLockError, TryLockResult};
use crate::thread::{self, RawThread};
use crate::wait::{self, For, Lock, Wait};
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A lock for one at a time, as [`std::sync::Mutex`].
///
/// ```no_run
/// use suspendable::{sync::Mutex, thread};
///
/// let count = Mutex::new(0);
/// thread::scope(|scope| {
///     for _ in 0..10 {
///         scope.spawn(|| *count.lock().unwrap() += 1);
///     }
/// });
/// assert_eq!(count.into_inner().unwrap(), 10);
/// ```
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    data: UnsafeCell<T>,
}

// SAFETY: there is one thread of the machine's, and among fibers one guard at a time.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

struct RawMutex {
    /// Who holds it.
    holder: Cell<RawThread>,
    /// Whether somebody may wait: then it is held, and its holder is *wanted*.
    contended: Cell<bool>,
    /// Whether the guard may outlive its thread's stack (see `hold.rs`).
    escaped: Cell<bool>,
    /// Whether one of the two above is true: then there is more to do to unlock.
    is_special: Cell<bool>,
    poisoned: Cell<bool>,
}

/// The mutex is locked while this is there, as [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    lock: &'a Mutex<T>,
    hold: Hold,
}

// SAFETY: a shared guard gives shared references alone.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// Free, and not poisoned.
    #[inline]
    pub const fn new(t: T) -> Mutex<T> {
        let raw = RawMutex {
            holder: Cell::new(RawThread::NONE),
            contended: Cell::new(false),
            escaped: Cell::new(false),
            is_special: Cell::new(false),
            poisoned: Cell::new(false),
        };
        Mutex { raw, data: UnsafeCell::new(t) }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// The same, if the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        poison::result(self.data.into_inner(), poisoned)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free for this thread, and locks it.
    ///
    /// # Errors
    ///
    /// The guard, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If it is held, and no call can block here; if this thread holds it already, or what it waits for
    /// would wait for this thread; if its holder has ended in a way in which it stays locked.
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let thread = thread::current_raw();
        if !self.raw.take(thread) {
            self.raw.wait(thread);
        }
        let hold = Hold::new(thread);
        poison::result(MutexGuard { lock: self, hold }, self.raw.poisoned.get())
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if it is held; the guard, if it is poisoned.
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let thread = thread::current_raw();
        if !self.raw.take(thread) {
            self.raw.look_after();
            if !self.raw.take(thread) {
                return Err(TryLockError::WouldBlock);
            }
        }
        let guard = MutexGuard { lock: self, hold: Hold::new(thread) };
        Ok(poison::result(guard, self.raw.poisoned.get())?)
    }

    /// Whether a thread has panicked while it held the mutex.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.raw.look_after();
        self.raw.poisoned.get()
    }

    /// Makes it as if nobody had.
    #[inline]
    pub fn clear_poison(&self) {
        self.raw.look_after();
        self.raw.poisoned.set(false);
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// The same, if the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        poison::result(self.data.get_mut(), poisoned)
    }
}

impl RawMutex {
    /// Locks it if it is free.
    #[inline]
    fn take(&self, thread: RawThread) -> bool {
        let free = self.holder.get() == RawThread::NONE;
        if free {
            self.holder.set(thread);
        }
        free
    }

    #[cold]
    #[inline(never)]
    fn wait(&self, thread: RawThread) {
        let mut again = false;
        loop {
            if let Holder::NeverUnlocks(why) = self.holder_state() {
                panic!("{why}");
            }
            self.look_after();
            if self.take(thread) {
                return;
            }
            self.is_special.set(true);
            if !self.contended.replace(true) {
                self.holder.get().is_wanted();
            }
            let whom = For::Lock(self);
            wait::wait(wait::at(self), Wait { whom, again, ..Wait::default() });
            if self.holder.get() == thread {
                return;
            }
            again = true;
        }
    }

    #[inline]
    fn unlock(&self) {
        let holder = self.holder.get();
        self.holder.set(holder.nobody());
        if self.is_special.get() {
            self.hand_over(holder);
        }
    }

    /// Gives it to the first that waits, if somebody does; `holder` held it until now.
    #[cold]
    #[inline(never)]
    fn hand_over(&self, holder: RawThread) {
        self.is_special.set(false);
        self.escaped.set(false);
        if !self.contended.replace(false) {
            return;
        }
        holder.is_not_wanted();
        let Some(next) = wait::notify_one(wait::at(self)) else { return };
        self.holder.set(next.as_raw());
        if wait::first(wait::at(self)).is_some() {
            self.contended.set(true);
            self.is_special.set(true);
            next.as_raw().is_wanted();
        }
    }

    fn holder_state(&self) -> Holder {
        let holder = self.holder.get();
        if holder == RawThread::NONE {
            return Holder::Runs;
        }
        look_at(holder, self.escaped.get())
    }

    /// Who holds the guard uses it from elsewhere.
    #[cold]
    #[inline(never)]
    fn escape(&self, hold: &Hold) {
        if self.holder.get() != hold.thread() {
            hold::stale();
        }
        self.escaped.set(true);
        self.is_special.set(true);
    }
}

impl Lock for RawMutex {
    fn words(&self) -> [&'static str; 2] {
        ["a Mutex that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        let holder = self.holder.get();
        // If the guard has escaped, others may drop it.
        (index == 0 && holder != RawThread::NONE && !self.escaped.get()).then_some(holder)
    }

    fn look_after(&self) {
        match self.holder_state() {
            Holder::Runs => {}
            Holder::HasFaulted => {
                self.poisoned.set(true);
                self.unlock();
            }
            // They find that out themselves.
            Holder::NeverUnlocks(_) => wait::notify_all(wait::at(self)),
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// What it is the guard of.
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        self.lock
    }

    #[inline]
    fn reach(&self) {
        if !self.hold.is_at_home() {
            self.lock.raw.escape(&self.hold);
        }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.reach();
        // SAFETY: the mutex is locked, and this is its guard.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.reach();
        // SAFETY: as above.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // Else it is stale.
        if self.lock.raw.holder.get() == self.hold.thread() {
            self.lock.raw.unlock();
        }
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(t: T) -> Self {
        Mutex::new(t)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => d.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => d.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &"<locked>"),
        };
        d.field("poisoned", &self.raw.poisoned.get());
        d.finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
