//! One writer, or any number of readers.
//!
//! The lock knows each thread that holds it, so that those which end by a fault can be taken from it.
//! Who waits is served in order of arrival: a reader waits behind a writer that has come before,
//! unless its thread reads already, which the writer would wait for.

use super::hold::{self, Hold, Holder, look_at};
use super::poison::{self, LockResult, TryLockError, TryLockResult};
use crate::thread::{self, RawThread};
use crate::wait::{self, For, Lock, Wait};
use std::cell::{Cell, RefCell, UnsafeCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr;

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
    /// Whether a guard may outlive its thread's stack (see `hold.rs`).
    escaped: Cell<bool>,
    poisoned: Cell<bool>,
}

/// What those that wait want: the `kind` of their wait.
const READ: u32 = 0;
const WRITE: u32 = 1;

/// One reads while this is there, as [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    hold: Hold,
}

/// One writes while this is there, as [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    hold: Hold,
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
            escaped: Cell::new(false),
            poisoned: Cell::new(false),
        };
        RwLock { raw, data: UnsafeCell::new(t) }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// The same, if the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        poison::result(self.data.into_inner(), poisoned)
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until this thread can read.
    ///
    /// # Errors
    ///
    /// The guard, if the lock is poisoned.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here; if this thread writes, or one that it would wait for
    /// waits for it; if one that writes has ended in a way in which the lock stays locked.
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let hold = self.raw.lock(READ);
        poison::result(RwLockReadGuard { lock: self, hold }, self.raw.poisoned.get())
    }

    /// Reads, if that needs no waiting.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody writes or waits; the guard, if the lock is poisoned.
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let hold = self.raw.try_lock(READ).ok_or(TryLockError::WouldBlock)?;
        Ok(poison::result(RwLockReadGuard { lock: self, hold }, self.raw.poisoned.get())?)
    }

    /// Waits until this thread can write.
    ///
    /// # Errors
    ///
    /// The guard, if the lock is poisoned.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here; if this thread holds the lock, or one that does waits for
    /// it; if one has ended in a way in which it stays locked.
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let hold = self.raw.lock(WRITE);
        poison::result(RwLockWriteGuard { lock: self, hold }, self.raw.poisoned.get())
    }

    /// Writes, if nobody holds the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody holds it; the guard, if the lock is poisoned.
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let hold = self.raw.try_lock(WRITE).ok_or(TryLockError::WouldBlock)?;
        Ok(poison::result(RwLockWriteGuard { lock: self, hold }, self.raw.poisoned.get())?)
    }

    /// Whether a thread has panicked while it wrote.
    pub fn is_poisoned(&self) -> bool {
        self.raw.look_after();
        self.raw.poisoned.get()
    }

    /// Makes it as if nobody had.
    pub fn clear_poison(&self) {
        self.raw.look_after();
        self.raw.poisoned.set(false);
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// The same, if the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        poison::result(self.data.get_mut(), poisoned)
    }
}

impl RawRwLock {
    fn lock(&self, kind: u32) -> Hold {
        if let Some(hold) = self.try_lock(kind) {
            return hold;
        }
        let thread = thread::current_raw();
        let mut again = false;
        loop {
            if let Some(why) = self.never_unlocks() {
                panic!("{why}");
            }
            wait::require_fiber();
            if self.escaped.get() && self.is_held_by(thread) {
                hold::is_held_already();
            }
            if !self.contended.replace(true) {
                self.want_holders();
            }
            wait::wait(
                wait::at(self),
                Wait { kind, whom: For::Lock(self), again, ..Wait::default() },
            );
            if self.is_held_by(thread) {
                return Hold::new(thread);
            }
            if let Some(hold) = self.try_lock(kind) {
                return hold;
            }
            again = true;
        }
    }

    fn try_lock(&self, kind: u32) -> Option<Hold> {
        self.look_after();
        let thread = thread::current_raw();
        let is_next = !self.contended.get()
            || wait::first(wait::at(self)).is_none()
            || (kind == READ && self.is_held_by(thread));
        if !is_next || !self.is_free_for(kind) {
            return None;
        }
        self.give(kind, thread);
        if self.contended.get() {
            thread.is_wanted();
        }
        Some(Hold::new(thread))
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
        // Else its guard is stale.
        if let Some(index) = readers.iter().rposition(|reader| *reader == thread) {
            readers.swap_remove(index);
            drop(readers);
            self.has_left(thread);
            self.hand_over();
        }
    }

    fn writer_ends(&self, thread: RawThread) {
        if self.writer.get() == thread {
            self.writer.set(RawThread::NONE);
            self.has_left(thread);
            self.hand_over();
        }
    }

    /// A thread has ceased to hold it, by one guard.
    fn has_left(&self, thread: RawThread) {
        if self.contended.get() {
            thread.is_not_wanted();
        }
    }

    /// Gives it to those that wait, as many as can have it.
    fn hand_over(&self) {
        if self.is_free_for(WRITE) {
            self.escaped.set(false);
        }
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

    /// Whether it is held by one that has ended.
    fn is_held_in_vain(&self) -> bool {
        let ended = |holder| self.state_of(holder) != Holder::Runs;
        let writer = self.writer.get();
        writer != RawThread::NONE && ended(writer)
            || self.readers.borrow().iter().any(|one| ended(*one))
    }

    fn state_of(&self, holder: RawThread) -> Holder {
        look_at(holder, self.escaped.get())
    }

    /// Why it stays locked, if it does.
    fn never_unlocks(&self) -> Option<&'static str> {
        self.holders().find_map(|holder| match self.state_of(holder) {
            Holder::NeverUnlocks(why) => Some(why),
            _ => None,
        })
    }

    /// Who has the guard uses it from elsewhere.
    #[cold]
    #[inline(never)]
    fn escape(&self, hold: &Hold) {
        if !self.is_held_by(hold.thread()) {
            hold::stale();
        }
        self.escaped.set(true);
    }
}

impl Lock for RawRwLock {
    fn words(&self) -> [&'static str; 2] {
        ["a RwLock that is locked by ", "Drop its guard first"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        self.holders().nth(index).filter(|_| !self.escaped.get())
    }

    fn look_after(&self) {
        if !self.is_held_in_vain() {
            return;
        }
        let faulted = |holder: &RawThread| self.state_of(*holder) == Holder::HasFaulted;
        for holder in self.holders().filter(faulted) {
            self.poisoned.set(self.poisoned.get() || holder == self.writer.get());
            self.writer_ends(holder);
            self.reader_ends(holder);
        }
        if self.contended.get() && self.never_unlocks().is_some() {
            // They find that out themselves.
            wait::notify_all(wait::at(self));
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Reads from now on; nobody writes in between.
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let s = ManuallyDrop::new(s);
        let lock = s.lock;
        // SAFETY: `s` is not dropped, and not used after this.
        let hold = unsafe { ptr::read(&s.hold) };
        if lock.raw.writer.get() != hold.thread() {
            hold::stale();
        }
        lock.raw.writer.set(RawThread::NONE);
        lock.raw.give(READ, hold.thread());
        lock.raw.hand_over();
        RwLockReadGuard { lock, hold }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if !self.hold.is_at_home() {
            self.lock.raw.escape(&self.hold);
        }
        // SAFETY: the lock is held for reading, and this is a guard of that.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if !self.hold.is_at_home() {
            self.lock.raw.escape(&self.hold);
        }
        // SAFETY: the lock is held for writing, and this is its guard.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        if !self.hold.is_at_home() {
            self.lock.raw.escape(&self.hold);
        }
        // SAFETY: as above.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.raw.reader_ends(self.hold.thread());
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.raw.writer_ends(self.hold.thread());
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
            Err(TryLockError::Poisoned(error)) => d.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &format_args!("<locked>")),
        };
        d.field("poisoned", &self.raw.poisoned.get());
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
