//! What a guard knows of the thread that locked, and how a lock gets free when that has ended without
//! dropping the guard.
//!
//! A guard names its thread, and so does the lock that it locks; neither keeps it, which would cost more
//! than all the rest. The thread may be gone, but no other one ever has its name ([`RawThread`]): then it
//! has returned, for one that faults is kept for ever.
//!
//! After a fault no destructor runs, and the locks that the thread held would stay locked. To take
//! them away is sound if nothing can use the guard any more. A guard lies on the stack of its thread,
//! usually, and that is never run again. But a guard is a value: it may have been moved to the heap,
//! or to another thread, and there it, and references that came from it, may live on. So whoever
//! reaches through a guard that is not on the stack of its own thread, or on another thread than
//! that, marks the lock as *escaped*: it then stays locked until that guard is dropped. Children that
//! borrow from the thread's stack are known: before they have ended, it has not (see
//! [`Thread::state`]).
//!
//! A guard that was moved, and not reached through, is stale once the lock has been taken away. It
//! finds that the lock's holder is another, or nobody.

use crate::fiber::{self, Fiber};
use crate::thread::{RawThread, State, current_raw};

/// The thread that made a guard; a part of the guard, which is not `Send` on account of the pointer.
pub(super) struct Hold {
    thread: RawThread,
    /// Its fiber, or null. Another thread may have a fiber at this address, but not before this one has
    /// returned.
    fiber: *const Fiber,
}

impl Hold {
    /// Of the thread that runs.
    #[inline]
    pub fn new(thread: RawThread) -> Hold {
        Hold { thread, fiber: fiber::current() }
    }

    #[inline]
    pub fn thread(&self) -> RawThread {
        self.thread
    }

    /// Whether the guard is where its thread's frames are, and that thread uses it.
    ///
    /// What is said of a guard whose thread has returned does not matter: from such a one, no lock is taken
    /// away.
    #[inline]
    pub fn is_at_home(&self) -> bool {
        if self.fiber.is_null() || self.fiber != fiber::current() {
            return self.is_at_home_outside();
        }
        fiber::is_on_stack_of(self.fiber, self)
    }

    /// The same for a thread that cannot suspend now: one that panics, or `main`.
    #[cold]
    #[inline(never)]
    fn is_at_home_outside(&self) -> bool {
        self.thread == current_raw() && fiber::is_on_stack_of(fiber::running(), self)
    }
}

/// Whom a lock cannot be had from.
#[derive(PartialEq)]
pub(crate) enum Holder {
    /// It will unlock.
    Runs,
    /// It has faulted, and nothing uses its guard any more.
    HasFaulted,
    /// It has ended, and its guard was forgotten, or may still be used.
    NeverUnlocks(&'static str),
}

/// What to make of a thread that holds a lock.
pub(crate) fn look_at(thread: RawThread, escaped: bool) -> Holder {
    match thread.state() {
        State::Running => Holder::Runs,
        // Somebody else has used the guard, and may have it.
        State::Returned if escaped => Holder::Runs,
        State::Faulted if escaped => Holder::NeverUnlocks(
            "the thread that holds this lock has panicked, and its guard is not on its stack, where \
             it may still be used: the lock stays locked",
        ),
        State::Faulted => Holder::HasFaulted,
        State::Returned => Holder::NeverUnlocks(
            "the thread that holds this lock has ended and has not dropped its guard: the lock stays \
             locked",
        ),
    }
}

/// A guard that the lock has been taken away from.
#[cold]
#[inline(never)]
pub(crate) fn stale() -> ! {
    panic!("the thread that made this guard has panicked, and its lock has been given to others")
}

/// A wait for oneself, with a guard that others may drop, but cannot be counted on to.
#[cold]
#[inline(never)]
pub(super) fn is_held_already() -> ! {
    panic!("this thread would wait for ever: it holds the lock already. Drop its guard first")
}
