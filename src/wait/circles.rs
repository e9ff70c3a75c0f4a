//! Whether a wait would never end because it closes a circle: what the thread waits for waits for it.
//!
//! A thread that waits for a lock waits for its holder, one that joins for the other thread, one at
//! the end of a scope for every thread of the scope. Whoever closes a circle of these finds it, so that
//! there is none, and following one thread after the other ends. (The one exception is a scope whose
//! end comes last; nothing is followed beyond a scope.) A wait with a time-out ends by itself.

use super::Lock;
use crate::thread::{RawThread, Thread};

/// Whom one waits for.
#[derive(Clone, Copy, Default)]
pub(crate) enum For<'a> {
    /// Anybody.
    #[default]
    Somebody,
    /// The holder of a lock.
    Lock(&'a dyn Lock),
    /// One thread.
    Thread(RawThread),
    /// All threads of a scope, which this is the address of.
    Scope(usize),
}

/// Whether `thread` waits for itself if it waits for `whom`.
pub(super) fn closes(thread: &Thread, mut whom: For) -> bool {
    loop {
        let next = match whom {
            For::Somebody => None,
            For::Scope(scope) => return thread.is_of_scope(scope),
            For::Thread(next) => Some(next),
            For::Lock(lock) => lock.holder(),
        };
        let Some(next) = next else { return false };
        if next == thread.as_raw() {
            return true;
        }
        let Some(waiter) = next.waiter() else { return false };
        if waiter.at.get() == 0 || waiter.woken.get() || waiter.timed.get() {
            return false;
        }
        whom = waiter.whom.get();
    }
}
