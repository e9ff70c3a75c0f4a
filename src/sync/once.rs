//! What is done once.

use crate::thread::{self, RawThread};
use crate::wait::{self, For, Lock, Wait};
use std::cell::Cell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Something that is done once, as [`std::sync::Once`].
///
/// ```no_run
/// use suspendable::sync::Once;
///
/// static START: Once = Once::new();
/// START.call_once(|| println!("once, however many come"));
/// ```
pub struct Once {
    state: Cell<State>,
    /// Who does it.
    doer: Cell<RawThread>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    ToDo,
    /// The thread that did it has panicked.
    Poisoned,
    Doing,
    Done,
}

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for Once {}
// SAFETY: as above.
unsafe impl Sync for Once {}
impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

/// What was there before, as [`std::sync::OnceState`].
pub struct OnceState {
    poisoned: bool,
}

impl Once {
    /// To be done.
    #[inline]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "std's has no default")]
    pub const fn new() -> Once {
        Once { state: Cell::new(State::ToDo), doer: Cell::new(RawThread::NONE) }
    }

    /// Calls `f` if nobody has, and waits if somebody does.
    ///
    /// # Panics
    ///
    /// If the one that did it has panicked; if somebody does, and no call can block here; if this
    /// thread does.
    #[inline]
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        if !self.is_completed() {
            self.call(false, |_| f());
        }
    }

    /// The same, and calls `f` too if the one that did it has panicked.
    ///
    /// # Panics
    ///
    /// If somebody does it, and no call can block here; if this thread does.
    #[inline]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        if !self.is_completed() {
            self.call(true, f);
        }
    }

    /// Whether it is done.
    #[inline]
    pub fn is_completed(&self) -> bool {
        self.state.get() == State::Done
    }

    /// Waits until it is done.
    ///
    /// # Panics
    ///
    /// If the one that did it has panicked; if it is not done, and no call can block here.
    pub fn wait(&self) {
        self.wait_for(false);
    }

    /// Waits until it is done, even if the one that did it has panicked.
    ///
    /// # Panics
    ///
    /// If it is not done, and no call can block here.
    pub fn wait_force(&self) {
        self.wait_for(true);
    }

    fn wait_for(&self, force: bool) {
        loop {
            match self.state() {
                State::Done => return,
                State::Poisoned if !force => poisoned(),
                _ => self.wait_for_change(),
            }
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn call<F>(&self, force: bool, f: F)
    where
        F: FnOnce(&OnceState),
    {
        loop {
            match self.state() {
                State::Done => return,
                State::Poisoned if !force => poisoned(),
                State::Doing => self.wait_for_change(),
                before @ (State::ToDo | State::Poisoned) => {
                    let thread = thread::current_raw();
                    self.doer.set(thread);
                    thread.is_wanted();
                    self.state.set(State::Doing);
                    f(&OnceState { poisoned: before == State::Poisoned });
                    self.state.set(State::Done);
                    self.doer.set(RawThread::NONE);
                    thread.is_not_wanted();
                    wait::notify_all(wait::at(self));
                    return;
                }
            }
        }
    }

    fn wait_for_change(&self) {
        wait::wait(wait::at(self), Wait { whom: For::Lock(self), ..Wait::default() });
    }

    /// Its state, if the one that does it still runs.
    fn state(&self) -> State {
        self.look_after();
        self.state.get()
    }
}

impl Lock for Once {
    fn words(&self) -> [&'static str; 2] {
        ["a Once that is begun by ", "What it does must not need it"]
    }

    fn holder(&self, index: usize) -> Option<RawThread> {
        let doer = self.doer.get();
        (index == 0 && doer != RawThread::NONE).then_some(doer)
    }

    fn look_after(&self) {
        if self.state.get() != State::Doing {
            return;
        }
        if self.doer.get().has_faulted() {
            self.state.set(State::Poisoned);
            self.doer.set(RawThread::NONE);
            wait::notify_all(wait::at(self));
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn poisoned() -> ! {
    panic!("Once instance has previously been poisoned")
}

impl OnceState {
    /// Whether a thread has panicked that did it before.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.is_poisoned()).finish()
    }
}
