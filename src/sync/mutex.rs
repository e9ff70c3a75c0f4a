//! Mutual exclusion.
//!
//! A mutex is free, or knows the thread that holds it. Unlocking hands it to the first that waits, so
//! that it is had in order of arrival; it is never free while somebody waits. One whose thread has faulted
//! is lost (`lost.rs`).

use super::lost::refuse_if;
use super::poison::{LockResult, PoisonError, TryLockError, TryLockResult};
use crate::thread::{self, RawThread};
use crate::wait::{self, For, Lock, Wait};
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
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
}

/// The mutex is locked while this is there, as [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    lock: &'a Mutex<T>,
    /// Whether it reaches nothing, for the lock was lost.
    lost: bool,
    /// So that it stays with its thread.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives shared references alone.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// Free, and not poisoned.
    #[inline]
    pub const fn new(t: T) -> Mutex<T> {
        let raw = RawMutex { holder: Cell::new(RawThread::NONE), contended: Cell::new(false) };
        Mutex { raw, data: UnsafeCell::new(t) }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Panics
    ///
    /// If the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        refuse_if(self.raw.is_lost());
        Ok(self.data.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free for this thread, and locks it.
    ///
    /// # Errors
    ///
    /// A guard that panics when it is used, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If it is held, and no call can block here; if this thread holds it already, or what it waits for
    /// would wait for this thread.
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let thread = thread::current_raw();
        if self.raw.take(thread) || self.raw.wait(thread) {
            return Ok(self.guard(false));
        }
        Err(PoisonError::new(self.guard(true)))
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if it is held; a guard that panics when it is used, if the mutex is poisoned.
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        if self.raw.take(thread::current_raw()) {
            return Ok(self.guard(false));
        }
        if self.is_poisoned() {
            return Err(PoisonError::new(self.guard(true)).into());
        }
        Err(TryLockError::WouldBlock)
    }

    /// Locks it though it is lost: for what is in order at any time, and lent to nobody.
    pub(crate) fn take_over(&self) -> MutexGuard<'_, T> {
        let thread = thread::current_raw();
        if self.raw.contended.get() {
            thread.is_wanted();
        }
        self.raw.holder.set(thread);
        self.guard(false)
    }

    #[inline]
    fn guard(&self, lost: bool) -> MutexGuard<'_, T> {
        MutexGuard { lock: self, lost, _not_send: PhantomData }
    }

    /// Whether a thread has panicked while it held the mutex.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.raw.is_lost()
    }

    /// Of no effect: what a thread that panicked was changing is lost, for no destructor has put it in order.
    #[inline]
    pub fn clear_poison(&self) {}

    /// What is in it.
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Panics
    ///
    /// If the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        refuse_if(self.raw.is_lost());
        Ok(self.data.get_mut())
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

    /// Waits until this thread has it, or it is lost, and returns whether it has.
    #[cold]
    #[inline(never)]
    fn wait(&self, thread: RawThread) -> bool {
        let mut again = false;
        loop {
            if self.take(thread) {
                return true;
            }
            if self.is_lost() {
                return false;
            }
            if !self.contended.replace(true) {
                self.holder.get().is_wanted();
            }
            let whom = For::Lock(self);
            wait::wait(wait::at(self), Wait { whom, again, ..Wait::default() });
            if self.holder.get() == thread {
                return true;
            }
            again = true;
        }
    }

    #[inline]
    fn unlock(&self) {
        let holder = self.holder.get();
        self.holder.set(holder.nobody());
        if self.contended.get() {
            self.hand_over(holder);
        }
    }

    /// Gives it to the first that waits, if somebody does; `holder` held it until now.
    #[cold]
    #[inline(never)]
    fn hand_over(&self, holder: RawThread) {
        self.contended.set(false);
        holder.is_not_wanted();
        let Some(next) = wait::notify_one(wait::at(self)) else { return };
        self.holder.set(next.as_raw());
        if wait::first(wait::at(self)).is_some() {
            self.contended.set(true);
            next.as_raw().is_wanted();
        }
    }

    fn is_lost(&self) -> bool {
        self.holder.get().has_faulted()
    }
}

impl Lock for RawMutex {
    fn words(&self) -> [&'static str; 2] {
        ["a Mutex that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        let holder = self.holder.get();
        (index == 0 && holder != RawThread::NONE).then_some(holder)
    }

    fn look_after(&self) {
        if self.is_lost() {
            wait::notify_all(wait::at(self));
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// What it is the guard of.
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        refuse_if(self.lost);
        self.lock
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        refuse_if(self.lost);
        // SAFETY: the mutex is locked, and this is its guard.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        refuse_if(self.lost);
        // SAFETY: as above.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.lost {
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
            Err(TryLockError::Poisoned(_)) => d.field("data", &"<lost>"),
            Err(TryLockError::WouldBlock) => d.field("data", &"<locked>"),
        };
        d.field("poisoned", &self.is_poisoned());
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
