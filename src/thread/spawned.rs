//! Threads of their own, and how one waits for their end.

use super::Result;
use super::current::{State, Thread, current};
use super::scoped::Lender;
use crate::wait::{self, For, Wait};
use crate::{cancel, fiber};
use std::cell::Cell;
use std::rc::Rc;
use std::{fmt, io};

/// Begins a thread, as [`std::thread::spawn`].
///
/// It begins when the caller blocks or ends. Dropping the handle leaves it running.
///
/// ```no_run
/// let child = suspendable::thread::spawn(|| 6 * 7);
/// assert_eq!(child.join().unwrap(), 42);
/// ```
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// What a thread is to be, as [`std::thread::Builder`].
#[derive(Debug, Default)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<Box<str>>,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the thread.
    ///
    /// # Panics
    ///
    /// If there is a null byte in the name, as std does, but here and not when it is spawned.
    pub fn name(mut self, name: String) -> Builder {
        assert!(!name.contains('\0'), "thread name may not contain interior null bytes");
        self.name = Some(name.into());
        self
    }

    /// Of no effect: stacks grow as they need to.
    pub fn stack_size(self, size: usize) -> Builder {
        let _ = size;
        self
    }

    /// Begins the thread.
    ///
    /// # Errors
    ///
    /// None.
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + 'static,
        T: 'static,
    {
        // SAFETY: it borrows nothing.
        Ok(JoinHandle(unsafe { self.begin(None, f) }))
    }

    /// Begins a thread that may borrow.
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Safety
    ///
    /// As of [`std::thread::Builder::spawn_unchecked`]: the caller waits for its end before what it
    /// borrows is gone.
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
    {
        // SAFETY: as the caller says.
        Ok(JoinHandle(unsafe { self.begin(Some(Lender::of(current())), f) }))
    }

    /// # Safety
    ///
    /// What `f` borrows stays until the thread has ended.
    pub(super) unsafe fn begin<F, T>(self, lender: Option<Lender>, f: F) -> Joining<T>
    where
        F: FnOnce() -> T,
    {
        // Who borrows goes with the lender.
        let scope = lender.as_ref().and_then(|_| cancel::current());
        let thread = Thread::new(self.name, lender);
        let result = Rc::new(Cell::new(None));
        let body = {
            let (thread, result) = (thread.clone(), result.clone());
            move || {
                result.set(Some(f()));
                // If nobody has the handle, the value is dropped here, while what it borrows is there.
                drop(result);
                thread.returns();
            }
        };
        // SAFETY: the frames and the heap of a fiber that faulted stay for ever, and so does what a
        // body borrows that faults, for the lender has not ended before it. Else, as the caller says.
        unsafe {
            fiber::spawn(
                thread.clone().into_life(),
                scope,
                #[cfg(suspendable_std)]
                None,
                body,
            );
        }
        Joining { thread, result }
    }
}

/// A thread, and what it returns.
pub(super) struct Joining<T> {
    pub thread: Thread,
    result: Rc<Cell<Option<T>>>,
}

impl<T> Joining<T> {
    pub fn join(self) -> Result<T> {
        while !self.is_finished() {
            let whom = For::Thread(self.thread.as_raw());
            wait::wait(self.thread.ending(), Wait { whom, ..Wait::default() });
        }
        match self.result.take() {
            Some(value) => Ok(value),
            None => Err(self.thread.take_payload()),
        }
    }

    pub fn is_finished(&self) -> bool {
        self.thread.state() != State::Running
    }
}

/// Waits for a thread's end, as [`std::thread::JoinHandle`].
pub struct JoinHandle<T>(Joining<T>);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.0.thread
    }

    /// Waits until the thread has ended, and returns what it returned.
    ///
    /// # Errors
    ///
    /// If the thread panicked: the panic's message, a `&'static str` or a `String`.
    ///
    /// # Panics
    ///
    /// If the thread has not ended, and no call can block; if it waits for this one, or is this one.
    pub fn join(self) -> Result<T> {
        self.0.join()
    }

    /// Whether the thread has ended: `join` will not block.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
