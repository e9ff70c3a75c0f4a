//! The errors of locks that somebody panicked with.
//!
//! std's own, of which no value can be made in WebAssembly: there, a panic ends the program that std
//! knows of.

use std::error::Error;
use std::fmt;

/// The lock was held by a thread that panicked, as [`std::sync::PoisonError`].
pub struct PoisonError<T> {
    data: T,
}

/// Why a lock could not be had at once, as [`std::sync::TryLockError`].
pub enum TryLockError<T> {
    /// A thread that held it has panicked.
    Poisoned(PoisonError<T>),
    /// It is held.
    WouldBlock,
}

/// A guard, or one of a poisoned lock, which panics when it is used.
pub type LockResult<T> = Result<T, PoisonError<T>>;

/// A guard, or why there is none at once.
pub type TryLockResult<Guard> = Result<Guard, TryLockError<Guard>>;

impl<T> PoisonError<T> {
    /// With a guard, as a rule.
    pub fn new(data: T) -> PoisonError<T> {
        PoisonError { data }
    }

    /// The guard. It panics when it is used: what the lock guards may be half changed.
    pub fn into_inner(self) -> T {
        self.data
    }

    /// The guard. It panics when it is used: what the lock guards may be half changed.
    pub fn get_ref(&self) -> &T {
        &self.data
    }

    /// The guard. It panics when it is used: what the lock guards may be half changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

const POISONED: &str = "poisoned lock: another task failed inside";

impl<T> fmt::Debug for PoisonError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoisonError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for PoisonError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        POISONED.fmt(f)
    }
}

impl<T> Error for PoisonError<T> {}

impl<T> From<PoisonError<T>> for TryLockError<T> {
    fn from(error: PoisonError<T>) -> TryLockError<T> {
        TryLockError::Poisoned(error)
    }
}

impl<T> fmt::Debug for TryLockError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryLockError::Poisoned(..) => "Poisoned(..)".fmt(f),
            TryLockError::WouldBlock => "WouldBlock".fmt(f),
        }
    }
}

impl<T> fmt::Display for TryLockError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryLockError::Poisoned(..) => POISONED,
            TryLockError::WouldBlock => "try_lock failed because the operation would block",
        }
        .fmt(f)
    }
}

impl<T> Error for TryLockError<T> {}
