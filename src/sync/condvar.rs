//! Waiting for a condition.

use super::mutex::MutexGuard;
use super::poison::{LockResult, PoisonError};
use crate::time::{Duration, Instant};
use crate::wait::{self, Wait};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Where one waits for a condition that a mutex guards, as [`std::sync::Condvar`].
///
/// ```no_run
/// use suspendable::sync::{Arc, Condvar, Mutex};
/// use suspendable::thread;
///
/// let pair = Arc::new((Mutex::new(false), Condvar::new()));
/// let theirs = pair.clone();
/// thread::spawn(move || {
///     *theirs.0.lock().unwrap() = true;
///     theirs.1.notify_one();
/// });
/// let mut started = pair.0.lock().unwrap();
/// while !*started {
///     started = pair.1.wait(started).unwrap();
/// }
/// ```
#[derive(Default)]
pub struct Condvar {
    /// So that it has an address of its own.
    _place: u8,
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

/// Whether a wait ended because its time was over, as [`std::sync::WaitTimeoutResult`].
#[derive(Debug, PartialEq, Eq, Copy, Clone)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether its time was over.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// One that nobody waits at.
    #[must_use]
    pub const fn new() -> Condvar {
        Condvar { _place: 0 }
    }

    /// Unlocks the mutex, waits until notified, and locks it again.
    ///
    /// # Errors
    ///
    /// The guard, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If no call can block here.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.wait_until(guard, None).0
    }

    /// Waits as long as `condition` is true.
    ///
    /// # Errors
    ///
    /// The guard, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If it has to wait and no call can block here.
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits until notified, for `dur` at the most.
    ///
    /// # Errors
    ///
    /// The guard, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If no call can block here.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (locked, notified) = self.wait_until(guard, Instant::now().checked_add(dur));
        let result = WaitTimeoutResult(!notified);
        match locked {
            Ok(guard) => Ok((guard, result)),
            Err(error) => Err(PoisonError::new((error.into_inner(), result))),
        }
    }

    /// Waits as long as `condition` is true, for `dur` at the most.
    ///
    /// # Errors
    ///
    /// The guard, if the mutex is poisoned.
    ///
    /// # Panics
    ///
    /// If it has to wait and no call can block here.
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = Instant::now();
        loop {
            if !condition(&mut guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let Some(timeout) = dur.checked_sub(start.elapsed()) else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            guard = self.wait_timeout(guard, timeout)?.0;
        }
    }

    /// Wakes the one that has waited longest.
    pub fn notify_one(&self) {
        wait::notify_one(wait::at(self));
    }

    /// Wakes all that wait, in their order.
    pub fn notify_all(&self) {
        wait::notify_all(wait::at(self));
    }

    fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        until: Option<Instant>,
    ) -> (LockResult<MutexGuard<'a, T>>, bool) {
        wait::require_fiber();
        let mutex = guard.mutex();
        // Nobody runs between this and the wait.
        drop(guard);
        let notified = wait::wait(wait::at(self), Wait { until, ..Wait::default() });
        (mutex.lock(), notified)
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
