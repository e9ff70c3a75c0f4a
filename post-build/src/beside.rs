//! Two things at once, of which neither needs the other.

use std::panic::resume_unwind;
use std::thread;

/// What both come to; the first runs on a thread of its own.
pub fn beside<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| resume_unwind(panic)), second)
    })
}
