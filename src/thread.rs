//! `std::thread`, with fibers for threads.
//!
//! Where the target is not WebAssembly, this is [`std::thread`]. In WebAssembly it has the same
//! names, signatures and semantics, and a port changes its `use` lines:
//!
//! ```no_run
//! use suspendable::thread;
//!
//! let numbers = vec![1, 2, 3];
//! thread::scope(|scope| {
//!     let sum = scope.spawn(|| numbers.iter().sum::<i32>());
//!     assert_eq!(sum.join().unwrap(), 6);
//! });
//! ```
//!
//! **What blocks:** [`JoinHandle::join`], [`ScopedJoinHandle::join`] and the end of [`scope`] while a
//! child runs; [`sleep`], [`park`], [`park_timeout`] and [`yield_now`]. They suspend the fiber that
//! calls them, and nothing else. Where no call can block ([`can_block`](crate::can_block)) they panic
//! and say so; [`spawn`] works everywhere.
//!
//! # What changes for a port
//!
//! - All threads take turns on one of the machine's. A thread runs until it blocks: by a function of
//!   this module, by a lock or a channel of [`sync`](crate::sync), or because it waits for
//!   JavaScript. A loop that waits for an atomic to change has to call [`yield_now`] or [`sleep`].
//! - [`spawn`] returns before the child has begun. Children begin in the order in which they were
//!   spawned, when the one that spawned them blocks or ends. Who is woken (by `unpark`, a lock, a
//!   message) goes on after those that were woken before, and before any timer or event of
//!   JavaScript's.
//! - Threads that only wake each other keep the event loop from turning, as promises do that only
//!   wait for each other. [`yield_now`] and [`sleep`] let it turn. Promises that have settled have their
//!   turn in between: through Asyncify, up to a hundred of those that were woken go on in one microtask.
//! - They go on in the asynchronous context of that microtask: after a thread has waited for another one,
//!   what Node.js's `AsyncLocalStorage` holds for it may be another's. It is the caller's own again behind
//!   the `await` of the call.
//! - Every call of a `#[suspendable]` export is a thread too. What runs outside of them, such as
//!   callbacks and ordinary exports, is the thread `main`.
//! - `thread_local!` is std's, and one for all threads.
//! - Nothing has to be [`Send`]: a thread may take JavaScript's values along.
//! - A panic ends its own thread, and its message is what `join` returns, a `&'static str` or a
//!   `String`; [`panic_any`](std::panic::panic_any)'s other values are not kept. As after every
//!   abort, no destructor runs: a channel's `Sender` that the thread had stays open. Locks that it
//!   held are poisoned (see [`sync`](crate::sync)), and a [`scope`] that it is of does not return. A
//!   program with a panic hook of its own sets it before its first call, or `join` knows no message.
//! - A thread that panics while scoped children of its own run has not ended before they have.
//! - Through JSPI, a bounded number of fibers is in flight at once, in a page 256, and a child begins
//!   when there is a place for it: do not let that many wait for others that have not begun. The
//!   default backend has no such bound.
//! - [`available_parallelism`] is 1, and [`Builder::stack_size`] has no effect.

#[cfg(suspendable_std)]
pub(crate) mod begun;
#[cfg(target_arch = "wasm32")]
mod current;
#[cfg(target_arch = "wasm32")]
mod scoped;
#[cfg(target_arch = "wasm32")]
mod spawned;

#[cfg(suspendable_std)]
pub(crate) use current::State;
#[cfg(target_arch = "wasm32")]
pub(crate) use current::{RawThread, current_raw};
#[cfg(not(target_arch = "wasm32"))]
pub use std::thread::*;
#[cfg(target_arch = "wasm32")]
pub use {
    blocking::{available_parallelism, park, park_timeout, sleep, yield_now},
    current::{Thread, ThreadId, current, panicking},
    scoped::{Scope, ScopedJoinHandle, scope},
    spawned::{Builder, JoinHandle, spawn},
    std::thread::{AccessError, LocalKey, Result},
};

#[cfg(target_arch = "wasm32")]
mod blocking {
    use super::current;
    use crate::cancel;
    use crate::time::{Duration, Instant};
    use crate::wait::{self, Wait};
    use std::io;
    use std::num::NonZero;

    /// Blocks this thread for at least `duration`, as [`std::thread::sleep`]; less if it is
    /// [cancelled](crate::cancel).
    ///
    /// # Panics
    ///
    /// Where no call can block.
    pub fn sleep(duration: Duration) {
        let scope = cancel::current();
        let scope = scope.as_deref();
        if scope.is_some_and(|scope| scope.ready().is_err()) {
            // A loop that does nothing else must not keep all others from running.
            return wait::turn();
        }
        let thread = current();
        // A time that the clock does not know never comes.
        let until = Instant::now().checked_add(duration);
        while wait::wait(wait::at(thread.waiter()), Wait { until, scope, ..Wait::default() }) {}
    }

    /// Lets all others run that can, and JavaScript's event loop turn once, as
    /// [`std::thread::yield_now`].
    ///
    /// # Panics
    ///
    /// Where no call can block.
    pub fn yield_now() {
        wait::turn();
    }

    /// Blocks until the token of [`Thread::unpark`](super::Thread::unpark) is there, and takes it,
    /// as [`std::thread::park`].
    ///
    /// # Panics
    ///
    /// If the token is not there, and no call can block.
    pub fn park() {
        let thread = current();
        while !thread.take_token() {
            wait::wait(thread.parking(), Wait::default());
        }
    }

    /// As [`park`], for `duration` at the most: [`std::thread::park_timeout`].
    ///
    /// # Panics
    ///
    /// As [`park`].
    pub fn park_timeout(duration: Duration) {
        let until = Instant::now().checked_add(duration);
        let thread = current();
        while !thread.take_token() {
            if !wait::wait(thread.parking(), Wait { until, ..Wait::default() }) {
                thread.take_token();
                return;
            }
        }
    }

    /// How many threads run at a time: one.
    ///
    /// # Errors
    ///
    /// None.
    pub fn available_parallelism() -> io::Result<NonZero<usize>> {
        Ok(NonZero::<usize>::MIN)
    }
}
