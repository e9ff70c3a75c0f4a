//! Threads that borrow from the one that began them.
//!
//! That is sound because a fiber's frames stay where they are while it is suspended, and because the
//! frames of a fiber that faulted stay for ever. So there are two ways out of [`scope`]: it returns,
//! after all children have returned; or its fiber faults, and what the children borrow stays. It does
//! fault if a child has, joined or not: what that one borrowed may be half changed, for no destructor has
//! put it in order (`sync/lost.rs`).

use super::Result;
use super::current::{State, Thread, current};
use super::spawned::{Builder, Joining};
use crate::wait::{self, For, Wait};
use crate::{Error, can_block};
use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::{fmt, io};

/// Where scoped threads are spawned, as [`std::thread::Scope`].
pub struct Scope<'scope, 'env: 'scope> {
    data: Rc<Data>,
    /// Whether the one that opened the scope can wait for its children.
    can_wait: bool,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for Scope<'_, '_> {}
// SAFETY: as above.
unsafe impl Sync for Scope<'_, '_> {}

struct Data {
    main_thread: Thread,
    running: Cell<usize>,
    /// Whether one has faulted.
    panicked: Cell<bool>,
}

/// The thread that another one borrows from, and the scope if there is one.
pub(super) struct Lender(Rc<Data>);

impl Lender {
    pub(super) fn of(thread: Thread) -> Lender {
        Lender::begin(&Rc::new(Data {
            main_thread: thread,
            running: Cell::new(0),
            panicked: Cell::new(false),
        }))
    }

    fn begin(data: &Rc<Data>) -> Lender {
        data.running.set(data.running.get() + 1);
        data.main_thread.lends();
        Lender(data.clone())
    }

    pub(super) fn borrower_ended(&self, state: State) {
        let Data { main_thread, running, panicked } = &*self.0;
        if state == State::Faulted {
            panicked.set(true);
        }
        running.set(running.get() - 1);
        if running.get() == 0 {
            wait::notify_all(self.scope());
        }
        main_thread.has_back();
    }

    /// Where the end of the scope is waited for.
    pub(super) fn scope(&self) -> usize {
        wait::at(&self.0.running)
    }
}

/// Opens a scope for threads that borrow, as [`std::thread::scope`], and waits for all of them.
///
/// ```no_run
/// let mut numbers = vec![3, 1, 2];
/// suspendable::thread::scope(|scope| {
///     scope.spawn(|| numbers.sort());
/// });
/// assert_eq!(numbers, [1, 2, 3]);
/// ```
///
/// # Panics
///
/// If a thread of the scope panicked, also if its `join` has told: what it borrowed may be half changed, and the scope
/// cannot go on. A thread of [`spawn`](super::spawn), which borrows nothing, harms nobody. If one waits for what this
/// thread has locked.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let data = Data { main_thread: current(), running: Cell::new(0), panicked: Cell::new(false) };
    let scope =
        Scope { data: Rc::new(data), can_wait: can_block(), scope: PhantomData, env: PhantomData };
    let result = f(&scope);
    let end = wait::at(&scope.data.running);
    while scope.data.running.get() > 0 {
        wait::wait(end, Wait { whom: For::Scope(end), ..Wait::default() });
    }
    assert!(
        !scope.data.panicked.get(),
        "a scoped thread panicked, and what it borrowed may be half changed: the scope cannot go on"
    );
    result
}

impl<'scope> Scope<'scope, '_> {
    /// Begins a thread that may borrow what outlives the scope.
    ///
    /// # Panics
    ///
    /// If the scope was opened where no call can block: it could not wait for the thread.
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + 'scope,
        T: 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }
}

impl Builder {
    /// Begins a thread in a scope.
    ///
    /// # Errors
    ///
    /// If the scope was opened where no call can block: it could not wait for the thread.
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + 'scope,
        T: 'scope,
    {
        if !scope.can_wait {
            return Err(io::Error::other(Error::CannotBlock.to_string()));
        }
        let lender = Lender::begin(&scope.data);
        // SAFETY: `scope` does not return before the thread has ended.
        let joining = unsafe { self.begin(Some(lender), f) };
        Ok(ScopedJoinHandle { joining, scope: PhantomData })
    }
}

/// Waits for a scoped thread's end, as [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    joining: Joining<T>,
    scope: PhantomData<&'scope ()>,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl<T> Send for ScopedJoinHandle<'_, T> {}
// SAFETY: as above.
unsafe impl<T> Sync for ScopedJoinHandle<'_, T> {}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.joining.thread
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
        self.joining.join()
    }

    /// Whether the thread has ended: `join` will not block.
    pub fn is_finished(&self) -> bool {
        self.joining.is_finished()
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("num_running_threads", &self.data.running.get())
            .field("a_thread_panicked", &self.data.panicked.get())
            .field("main_thread", &self.data.main_thread)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
