//! A place where threads wait for each other.

use crate::wait::{self, Wait};
use std::cell::Cell;
use std::fmt;
use std::panic::RefUnwindSafe;

/// Where a number of threads wait until all have come, as [`std::sync::Barrier`].
///
/// ```no_run
/// use suspendable::{sync::Barrier, thread};
///
/// let barrier = Barrier::new(3);
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| barrier.wait());
///     }
/// });
/// ```
pub struct Barrier {
    threads: usize,
    come: Cell<usize>,
    /// Changes when all have come.
    generation: Cell<usize>,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Sync for Barrier {}
impl RefUnwindSafe for Barrier {}

/// Which of them was the last, as [`std::sync::BarrierWaitResult`].
pub struct BarrierWaitResult(bool);

impl Barrier {
    /// For `n` threads; 0 is as 1.
    #[must_use]
    pub const fn new(n: usize) -> Barrier {
        Barrier { threads: n, come: Cell::new(0), generation: Cell::new(0) }
    }

    /// Waits until all have come. The last is the leader.
    ///
    /// # Panics
    ///
    /// If others are to come, and no call can block here.
    pub fn wait(&self) -> BarrierWaitResult {
        let come = self.come.get() + 1;
        if come >= self.threads {
            self.come.set(0);
            self.generation.set(self.generation.get().wrapping_add(1));
            wait::notify_all(wait::at(self));
            return BarrierWaitResult(true);
        }
        wait::require_fiber();
        self.come.set(come);
        let generation = self.generation.get();
        while generation == self.generation.get() {
            wait::wait(wait::at(self), Wait::default());
        }
        BarrierWaitResult(false)
    }
}

impl BarrierWaitResult {
    /// Whether this one was the last.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
