//! What a thread of std's has begun, with `--std`: what there is to do for others if it faults in the middle of that.

use crate::wait::{self, For};
use std::any::Any;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What std does when a thread has ended by a fault: with what it keeps of it, and with the payload, in a box.
///
/// No other function has this signature.
pub(crate) type Faulted = unsafe extern "C" fn(*const (), *mut (), f32, i64, f32);

/// What a thread has begun, in its frame: a scope, or to run a `Once`.
#[repr(C)]
pub(crate) struct Begun {
    /// How many threads of the scope run; or the state of the `Once`.
    word: *const AtomicU32,
    /// What makes that state poisoned; 0 for a scope.
    poisoned: u32,
    /// What it is inside of.
    outer: *const Begun,
    /// Whether the thread waits for the end of that scope, and for nothing else.
    ends: AtomicU32,
}

/// What a thread of std's has besides.
#[derive(Default)]
pub(crate) struct Extra {
    faulted: Cell<Option<(Faulted, usize)>>,
    /// The address of the innermost that it has begun.
    begun: Cell<usize>,
    /// What the scope is known by that it is of.
    scope: Cell<usize>,
}

impl Begun {
    fn word(&self) -> &AtomicU32 {
        // SAFETY: what it is of is borrowed by the frame that it is in.
        unsafe { &*self.word }
    }
}

impl Extra {
    /// Whether threads run that may borrow from its frames.
    pub(crate) fn lends(&self) -> bool {
        self.begun().any(|begun| begun.poisoned == 0 && begun.word().load(Relaxed) > 0)
    }

    /// Whether the end of that scope waits for it.
    pub(crate) fn is_of_scope(&self, scope: usize) -> bool {
        self.scope.get() == scope
    }

    /// Whom it waits for, if it is no lock and no thread.
    pub(crate) fn whom(&self) -> For<'static> {
        match self.begun().next() {
            Some(scope) if scope.ends.load(Relaxed) != 0 => For::Scope(scope.word.addr()),
            _ => For::Somebody,
        }
    }

    fn begun(&self) -> impl Iterator<Item = &Begun> {
        let innermost: *const Begun = ptr::with_exposed_provenance(self.begun.get());
        // SAFETY: in the frame of who began it, which has not left it: it runs, or has faulted.
        std::iter::successors(unsafe { innermost.as_ref() }, |begun| unsafe {
            begun.outer.as_ref()
        })
    }

    /// The thread has faulted, and nobody borrows from it.
    pub(crate) fn ended(&self, payload: impl FnOnce() -> Box<dyn Any + Send>) {
        for begun in self.begun().filter(|begun| begun.poisoned != 0) {
            begun.word().store(begun.poisoned, Relaxed);
            wait::notify_all(begun.word.addr());
        }
        self.begun.set(0);
        if let Some((faulted, packet)) = self.faulted.take() {
            let payload = Box::into_raw(Box::new(payload()));
            // SAFETY: as std said it. The thread has not taken that back.
            unsafe {
                faulted(ptr::with_exposed_provenance(packet), payload.cast(), 0.0, 0, 0.0);
            }
        }
    }

    /// What is there to do if it does not return, and which scope it is of.
    pub(crate) fn begins(&self, faulted: Faulted, packet: *const (), scope: usize) {
        self.scope.set(scope);
        self.faulted.set(Some((faulted, packet.expose_provenance())));
    }

    /// It has returned.
    pub(crate) fn returns(&self) {
        self.faulted.set(None);
    }

    /// It begins something, or is back in what was around that. Returns the one before.
    pub(crate) fn enters(&self, begun: *const Begun) -> *const Begun {
        ptr::with_exposed_provenance(self.begun.replace(begun.expose_provenance()))
    }

    pub(crate) fn clear(&self) {
        self.faulted.set(None);
        self.begun.set(0);
        self.scope.set(0);
    }
}
