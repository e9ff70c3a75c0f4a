//! One writer, or any number of readers.
//!
//! The lock knows each thread that holds it. After one of them has faulted, nobody writes any more (`lost.rs`).
//! Who waits is served in order of arrival: a reader waits behind a writer that has come before,
//! unless its thread reads already, which the writer would wait for.

use super::lost::refuse_if;
use super::poison::{LockResult, PoisonError, TryLockError, TryLockResult};
use crate::thread::{self, RawThread};
use crate::wait::{self, For, Lock, Wait};
use std::cell::{Cell, RefCell, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A lock for many readers or one writer, as [`std::sync::RwLock`].
///
/// ```no_run
/// use suspendable::sync::RwLock;
///
/// let lock = RwLock::new(5);
/// {
///     let (a, b) = (lock.read().unwrap(), lock.read().unwrap());
///     assert_eq!(*a + *b, 10);
/// }
/// *lock.write().unwrap() += 1;
/// ```
pub struct RwLock<T: ?Sized> {
    raw: RawRwLock,
    data: UnsafeCell<T>,
}

// SAFETY: there is one thread of the machine's, and among fibers one writer, or readers, at a time.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

struct RawRwLock {
    /// Who writes.
    writer: Cell<RawThread>,
    /// Who reads, once for each guard.
    readers: RefCell<Vec<RawThread>>,
    /// Whether somebody may wait: then it is held, and its holders are *wanted*.
    contended: Cell<bool>,
}

/// What those that wait want: the `kind` of their wait.
const READ: u32 = 0;
const WRITE: u32 = 1;

/// One reads while this is there, as [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    /// Who reads; nobody if the guard reaches nothing, for the lock was lost.
    reader: RawThread,
    /// So that it stays with its thread.
    _not_send: PhantomData<*const ()>,
}

/// One writes while this is there, as [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    /// Whether it reaches nothing, for the lock was lost.
    lost: bool,
    /// So that it stays with its thread.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives shared references alone.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T> RwLock<T> {
    /// Free, and not poisoned.
    #[inline]
    pub const fn new(t: T) -> RwLock<T> {
        let raw = RawRwLock {
            writer: Cell::new(RawThread::NONE),
            readers: RefCell::new(Vec::new()),
            contended: Cell::new(false),
        };
        RwLock { raw, data: UnsafeCell::new(t) }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Panics
    ///
    /// If the lock is poisoned, or one has panicked that read.
    pub fn into_inner(self) -> LockResult<T> {
        refuse_if(self.raw.is_lost_for(WRITE));
        Ok(self.data.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until this thread can read.
    ///
    /// # Errors
    ///
    /// A guard that panics when it is used, if the lock is poisoned.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here; if this thread writes, or one that it would wait for
    /// waits for it.
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        match self.raw.lock(READ) {
            true => Ok(self.read_guard(thread::current_raw())),
            false => Err(PoisonError::new(self.read_guard(RawThread::NONE))),
        }
    }

    /// Reads, if that needs no waiting.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody writes or waits; a guard that panics when it is used, if the lock is
    /// poisoned.
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match self.raw.try_lock(READ) {
            true => Ok(self.read_guard(thread::current_raw())),
            false if self.raw.is_lost_for(READ) => {
                Err(PoisonError::new(self.read_guard(RawThread::NONE)).into())
            }
            false => Err(TryLockError::WouldBlock),
        }
    }

    /// Waits until this thread can write.
    ///
    /// # Errors
    ///
    /// A guard that panics when it is used, if the lock is poisoned, or one has panicked that read.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here; if this thread holds the lock, or one that does waits for
    /// it.
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        match self.raw.lock(WRITE) {
            true => Ok(self.write_guard(false)),
            false => Err(PoisonError::new(self.write_guard(true))),
        }
    }

    /// Writes, if nobody holds the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody holds it; a guard that panics when it is used, if the lock is poisoned,
    /// or one has panicked that read.
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match self.raw.try_lock(WRITE) {
            true => Ok(self.write_guard(false)),
            false if self.raw.is_lost_for(WRITE) => {
                Err(PoisonError::new(self.write_guard(true)).into())
            }
            false => Err(TryLockError::WouldBlock),
        }
    }

    fn read_guard(&self, reader: RawThread) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard { lock: self, reader, _not_send: PhantomData }
    }

    fn write_guard(&self, lost: bool) -> RwLockWriteGuard<'_, T> {
        RwLockWriteGuard { lock: self, lost, _not_send: PhantomData }
    }

    /// Whether a thread has panicked while it wrote.
    pub fn is_poisoned(&self) -> bool {
        self.raw.is_lost_for(READ)
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
    /// If the lock is poisoned, or one has panicked that read.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        refuse_if(self.raw.is_lost_for(WRITE));
        Ok(self.data.get_mut())
    }
}

impl RawRwLock {
    /// Waits until this thread has it, or it is lost, and returns whether it has.
    fn lock(&self, kind: u32) -> bool {
        if self.try_lock(kind) {
            return true;
        }
        let thread = thread::current_raw();
        let mut again = false;
        loop {
            if self.is_lost_for(kind) {
                return false;
            }
            wait::require_fiber();
            if !self.contended.replace(true) {
                self.want_holders();
            }
            wait::wait(
                wait::at(self),
                Wait { kind, whom: For::Lock(self), again, ..Wait::default() },
            );
            if self.is_held_by(thread) || self.try_lock(kind) {
                return true;
            }
            again = true;
        }
    }

    fn try_lock(&self, kind: u32) -> bool {
        let thread = thread::current_raw();
        let is_next = !self.contended.get()
            || wait::first(wait::at(self)).is_none()
            || (kind == READ && self.is_held_by(thread));
        let takes = is_next && self.is_free_for(kind);
        if takes {
            self.give(kind, thread);
            if self.contended.get() {
                thread.is_wanted();
            }
        }
        takes
    }

    fn is_free_for(&self, kind: u32) -> bool {
        self.writer.get() == RawThread::NONE && (kind == READ || self.readers.borrow().is_empty())
    }

    fn give(&self, kind: u32, thread: RawThread) {
        match kind {
            READ => self.readers.borrow_mut().push(thread),
            _ => self.writer.set(thread),
        }
    }

    fn is_held_by(&self, thread: RawThread) -> bool {
        self.writer.get() == thread || self.readers.borrow().contains(&thread)
    }

    fn reader_ends(&self, thread: RawThread) {
        let mut readers = self.readers.borrow_mut();
        let index = readers.iter().rposition(|reader| *reader == thread);
        readers.swap_remove(index.expect("it reads"));
        drop(readers);
        self.has_left(thread);
        self.hand_over();
    }

    fn writer_ends(&self) {
        let thread = self.writer.replace(RawThread::NONE);
        self.has_left(thread);
        self.hand_over();
    }

    /// A thread has ceased to hold it, by one guard.
    fn has_left(&self, thread: RawThread) {
        if self.contended.get() {
            thread.is_not_wanted();
        }
    }

    /// Gives it to those that wait, as many as can have it.
    fn hand_over(&self) {
        if !self.contended.get() {
            return;
        }
        while let Some(kind) = wait::first(wait::at(self)) {
            if !self.is_free_for(kind) {
                return;
            }
            let next = wait::notify_one(wait::at(self)).expect("the first");
            self.give(kind, next.as_raw());
            next.as_raw().is_wanted();
        }
        self.holders().for_each(|holder| self.has_left(holder));
        self.contended.set(false);
    }

    fn want_holders(&self) {
        self.holders().for_each(RawThread::is_wanted);
    }

    /// All that hold it, once for each guard.
    fn holders(&self) -> impl Iterator<Item = RawThread> {
        let writer = Some(self.writer.get()).filter(|writer| *writer != RawThread::NONE);
        writer.into_iter().chain(self.readers.borrow().clone())
    }

    /// Whether nobody will ever have it for that.
    fn is_lost_for(&self, kind: u32) -> bool {
        self.writer.get().has_faulted()
            || kind == WRITE && self.readers.borrow().iter().any(|reader| reader.has_faulted())
    }
}

impl Lock for RawRwLock {
    fn words(&self) -> [&'static str; 2] {
        ["a RwLock that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        self.holders().nth(index)
    }

    fn look_after(&self) {
        if self.is_lost_for(WRITE) {
            wait::notify_all(wait::at(self));
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Reads from now on; nobody writes in between.
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        refuse_if(s.lost);
        let lock = ManuallyDrop::new(s).lock;
        let thread = lock.raw.writer.replace(RawThread::NONE);
        lock.raw.give(READ, thread);
        lock.raw.hand_over();
        lock.read_guard(thread)
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        refuse_if(self.reader == RawThread::NONE);
        // SAFETY: the lock is held for reading, and this is a guard of that.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        refuse_if(self.lost);
        // SAFETY: the lock is held for writing, and this is its guard.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        refuse_if(self.lost);
        // SAFETY: as above.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if self.reader != RawThread::NONE {
            self.lock.raw.reader_ends(self.reader);
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if !self.lost {
            self.lock.raw.writer_ends();
        }
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(t: T) -> Self {
        RwLock::new(t)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => d.field("data", &&*guard),
            Err(TryLockError::Poisoned(_)) => d.field("data", &format_args!("<lost>")),
            Err(TryLockError::WouldBlock) => d.field("data", &format_args!("<locked>")),
        };
        d.field("poisoned", &self.is_poisoned());
        d.finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
