//! Whether a wait would never end because it closes a circle: what the thread waits for waits for it.
//!
//! A thread that waits for a lock waits for all that hold it, one that joins for the other thread, one at
//! the end of a scope for every thread of the scope. None of these can be had from anybody else: guards stay with their
//! threads. Only who begins to wait can close a circle, for whoever is given a lock is woken by that. So there is
//! none, and following one thread after the other ends. A wait with a time-out ends by itself.

use super::Lock;
use crate::convert;
use crate::thread::{RawThread, Thread};

/// Whom one waits for.
#[derive(Clone, Copy, Default)]
pub(crate) enum For<'a> {
    /// Anybody.
    #[default]
    Somebody,
    /// The holders of a lock.
    Lock(&'a dyn Lock),
    /// One thread.
    Thread(RawThread),
    /// All threads of a scope, which this is the address of.
    Scope(usize),
}

/// Why `thread` would wait for ever for `whom`: what there is to say if it waits for itself then.
pub(super) fn closes(thread: &Thread, whom: For) -> Option<Box<str>> {
    if matches!(whom, For::Somebody) {
        return None;
    }
    let mut circle = Circle { thread, seen: Vec::new(), said: Vec::new(), steps: 0, locks: 0 };
    circle.follow(whom).then(|| circle.describe(whom))
}

struct Circle<'a> {
    thread: &'a Thread,
    /// Who does not lead back, or has not yet.
    seen: Vec<RawThread>,
    /// Who waits for what, the last words first.
    said: Vec<&'a str>,
    steps: u32,
    /// How many of the steps are locks.
    locks: u32,
}

impl<'a> Circle<'a> {
    /// Whether that leads back to the thread.
    #[inline(never)]
    fn follow(&mut self, whom: For<'a>) -> bool {
        let of_scope = match whom {
            For::Scope(scope) if self.thread.is_of_scope(scope) => vec![self.thread.as_raw()],
            For::Scope(scope) => super::waiting_of_scope(scope),
            _ => Vec::new(),
        };
        let mut index = 0;
        loop {
            let next = match whom {
                For::Somebody => None,
                For::Thread(next) => (index == 0).then_some(next),
                For::Lock(lock) => lock.holder(index),
                For::Scope(_) => of_scope.get(index).copied(),
            };
            let Some(next) = next else { return false };
            index += 1;
            if self.leads_back(next) {
                self.say(whom, next);
                return true;
            }
        }
    }

    fn leads_back(&mut self, next: RawThread) -> bool {
        if next == self.thread.as_raw() {
            return true;
        }
        if self.seen.contains(&next) {
            return false;
        }
        self.seen.push(next);
        waits_for(next).is_some_and(|whom| self.follow(whom))
    }

    #[cold]
    #[inline(never)]
    fn say(&mut self, whom: For<'a>, next: RawThread) {
        // SAFETY: it waits, or is the one that asks, until this has been said.
        let name = unsafe { next.name() }.filter(|_| next != self.thread.as_raw());
        let words = match whom {
            For::Lock(lock) => {
                self.locks += 1;
                lock.words()[0]
            }
            For::Scope(_) => "the end of a scope, and so for that of ",
            For::Thread(_) | For::Somebody => "the end of ",
        };
        let who = match name {
            Some(name) => ["`", name, "the thread `"],
            None if self.steps == 0 => ["this thread", "", ""],
            None => ["another thread", "", ""],
        };
        let which = if self.steps == 0 { "" } else { ", which waits for " };
        self.steps += 1;
        for part in [which].into_iter().chain(who).chain([words]) {
            self.said.push(part);
        }
    }

    /// Who waits for what, and what to do.
    #[cold]
    #[inline(never)]
    fn describe(&mut self, whom: For<'a>) -> Box<str> {
        self.said.push("this thread would wait for ever: it waits for ");
        self.said.reverse();
        self.said.push(". ");
        self.said.push(match whom {
            For::Lock(lock) if self.steps == 1 => lock.words()[1],
            _ if self.locks == self.steps => "Take locks in the same order everywhere",
            _ if self.locks == 0 => "Threads cannot wait for each other's end",
            _ => "Unlock before you wait for a thread that locks",
        });
        convert::concat(&self.said)
    }
}

/// Whom a thread waits for now.
fn waits_for(thread: RawThread) -> Option<For<'static>> {
    let waiter = thread.waiter()?;
    let waits = waiter.at.get() != 0 && !waiter.woken.get() && !waiter.timed.get();
    waits.then(|| waiter.whom.get())
}
