//! What is known of a thread: who it is, whether it runs, what it still holds.

use super::scoped::Lender;
use crate::fiber::{self, Life};
use crate::raw;
use crate::wait::{self, OneThread, Waiter};
use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::num::NonZero;
use std::panic::PanicHookInfo;
use std::ptr;
use std::rc::Rc;

/// A handle to a thread, as [`std::thread::Thread`]: a fiber, or what runs outside of all of them.
#[derive(Clone)]
pub struct Thread(Rc<Inner>);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for Thread {}
// SAFETY: as above.
unsafe impl Sync for Thread {}

/// What a panic that ended a thread was given.
pub(super) type Payload = Box<dyn Any + Send>;

struct Inner {
    id: ThreadId,
    name: Option<Box<str>>,
    /// What `unpark` leaves for `park`.
    token: Cell<bool>,
    state: Cell<State>,
    /// How many locks it holds that others wait for, once for each guard.
    wanted: Cell<usize>,
    /// How many threads that may borrow from its frames have not ended.
    borrowers: Cell<usize>,
    /// Whom it may borrow from itself.
    lender: Option<Lender>,
    payload: Cell<Option<Payload>>,
    waiter: Waiter,
}

/// How far a thread has come.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum State {
    Running,
    Returned,
    /// A panic, a trap or an exception has ended it, and no destructor has run.
    Faulted,
}

/// A number that no other thread has, as [`std::thread::ThreadId`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThreadId(NonZero<u64>);

impl ThreadId {
    fn new() -> ThreadId {
        static LAST: OneThread<Cell<u64>> = OneThread(Cell::new(0));
        let id = LAST.0.get() + 1;
        LAST.0.set(id);
        ThreadId(NonZero::new(id).expect("they begin with 1"))
    }
}

/// Everything outside of fibers: one thread, that never ends and can wait for nothing.
static MAIN: OneThread<OnceCell<Thread>> = OneThread(OnceCell::new());

/// The thread that runs: this fiber, or `main` outside of all of them.
///
/// Every call of a `#[suspendable]` export is a thread of its own, without a name.
#[inline]
pub fn current() -> Thread {
    let slot = fiber::current_thread();
    if slot.is_null() {
        return outside();
    }
    // SAFETY: the place is the running fiber's, and nobody else reads or writes it meanwhile.
    let life = unsafe { (*slot).get_or_insert_with(|| Thread::new(None, None).0) };
    Thread::from_life(life)
}

/// The thread that runs where no fiber can suspend: one that panics, or `main`.
fn outside() -> Thread {
    ending()
        .unwrap_or_else(|| MAIN.0.get_or_init(|| Thread::new(Some("main".into()), None)).clone())
}

/// The thread that panics, from the moment at which its message is made, until the runtime has heard
/// of the fault.
fn ending() -> Option<Thread> {
    // SAFETY: the record of a fiber that panics, or has panicked, stays for ever.
    let life = unsafe { fiber::faulted_thread().as_ref() }?.as_ref()?;
    Some(Thread::from_life(life)).filter(|thread| thread.0.state.get() == State::Running)
}

impl Thread {
    pub(super) fn new(name: Option<Box<str>>, lender: Option<Lender>) -> Thread {
        Thread(Rc::new(Inner {
            id: ThreadId::new(),
            name,
            token: Cell::new(false),
            state: Cell::new(State::Running),
            wanted: Cell::new(0),
            borrowers: Cell::new(0),
            lender,
            payload: Cell::new(None),
            waiter: Waiter::default(),
        }))
    }

    /// The thread that a fiber keeps.
    #[inline]
    fn from_life(life: &Rc<dyn Life>) -> Thread {
        // SAFETY: nothing but `Inner` is the life of a fiber.
        Thread(unsafe { Rc::from_raw(Rc::into_raw(life.clone()).cast()) })
    }

    /// What its fiber keeps.
    pub(super) fn into_life(self) -> Rc<dyn Life> {
        self.0
    }

    /// The number of the thread.
    pub fn id(&self) -> ThreadId {
        self.0.id
    }

    /// The name that [`Builder::name`](super::Builder::name) gave to it.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Lets the thread go on that has [parked](super::park), or that will park next.
    ///
    /// It can be called from anywhere, a callback too.
    pub fn unpark(&self) {
        self.0.token.set(true);
        wait::notify_one(self.parking());
    }

    /// Takes the token of [`unpark`](Self::unpark), if it is there.
    pub(super) fn take_token(&self) -> bool {
        self.0.token.take()
    }

    /// Where it waits when it has parked.
    pub(super) fn parking(&self) -> usize {
        wait::at(&self.0.token)
    }

    /// The thread, for those who know that somebody else keeps it.
    #[inline]
    pub(crate) fn as_raw(&self) -> RawThread {
        RawThread(Rc::as_ptr(&self.0))
    }

    pub(crate) fn waiter(&self) -> &Waiter {
        &self.0.waiter
    }

    /// Its body has returned: those that wait for that go on.
    pub(super) fn returns(&self) {
        self.0.returned();
    }

    /// Whether both are one thread.
    #[inline]
    fn is(&self, other: &Thread) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Whether it is the one that runs.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        let slot = fiber::current_thread();
        if slot.is_null() {
            return outside().is(self);
        }
        // SAFETY: as in `current`.
        let current = unsafe { (*slot).as_ref() };
        current.is_some_and(|life| ptr::addr_eq(Rc::as_ptr(life), Rc::as_ptr(&self.0)))
    }

    /// How far it has come, as others may see it: as long as others may borrow from its frames, a
    /// thread that faulted has not ended.
    pub(crate) fn state(&self) -> State {
        self.0.seen()
    }

    /// Where one waits until it has ended.
    pub(super) fn ending(&self) -> usize {
        wait::at(&self.0.state)
    }

    /// One more thread may borrow from its frames.
    pub(super) fn lends(&self) {
        self.0.borrowers.set(self.0.borrowers.get() + 1);
    }

    /// One of them has ended.
    pub(super) fn has_back(&self) {
        self.0.borrowers.set(self.0.borrowers.get() - 1);
        if self.0.borrowers.get() == 0 && self.0.state.get() == State::Faulted {
            self.0.ended();
        }
    }

    /// Whether the end of that scope waits for it.
    pub(crate) fn is_of_scope(&self, scope: usize) -> bool {
        self.0.lender.as_ref().is_some_and(|lender| lender.scope() == scope)
    }

    pub(super) fn lender(&self) -> Option<&Lender> {
        self.0.lender.as_ref()
    }

    /// What the panic that ended it was given.
    pub(super) fn take_payload(&self) -> Payload {
        let other = "a trap or a JavaScript exception has ended the thread";
        self.0.payload.take().unwrap_or_else(|| Box::new(other))
    }
}

impl Life for Inner {
    fn returned(&self) {
        if self.state.get() == State::Running {
            self.state.set(State::Returned);
            self.ended();
        }
    }

    /// Nothing that it has on its stack is ever used again, but by those who borrow from it.
    fn faulted(&self) {
        self.state.set(State::Faulted);
        wait::forget(&self.waiter);
        if self.borrowers.get() == 0 {
            self.ended();
        }
    }

    /// Keeps what the panic was given, as far as it can be kept.
    fn panics(&self, info: &PanicHookInfo) {
        // One that has faulted before is not the one that panics.
        if self.state.get() != State::Running {
            return;
        }
        let payload: Payload = match info.payload().downcast_ref::<&'static str>() {
            Some(text) => Box::new(*text),
            None => Box::new(info.payload_as_str().unwrap_or("Box<dyn Any>").to_owned()),
        };
        self.payload.set(Some(payload));
    }
}

impl Inner {
    fn ended(&self) {
        if self.wanted.get() > 0 {
            wait::look_after_locks();
        }
        wait::notify_all(wait::at(&self.state));
        if let Some(lender) = &self.lender {
            lender.borrower_ended(self.state.get());
        }
    }

    fn seen(&self) -> State {
        match self.state.get() {
            State::Faulted if self.borrowers.get() > 0 => State::Running,
            state => state,
        }
    }
}

/// A thread that somebody else keeps.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct RawThread(*const Inner);

impl RawThread {
    /// Nobody.
    pub(crate) const NONE: RawThread = RawThread(std::ptr::null());

    /// [`Thread::state`].
    ///
    /// # Safety
    ///
    /// A [`Thread`] of it is kept.
    pub(crate) unsafe fn state(self) -> State {
        // SAFETY: as the caller says.
        unsafe { (*self.0).seen() }
    }

    /// What it has for waiting.
    ///
    /// # Safety
    ///
    /// A [`Thread`] of it is kept for `'a`.
    pub(crate) unsafe fn waiter<'a>(self) -> &'a Waiter {
        // SAFETY: as the caller says.
        unsafe { &(*self.0).waiter }
    }

    /// It holds one more lock that others wait for, who want to know when it ends.
    ///
    /// # Safety
    ///
    /// A [`Thread`] of it is kept.
    pub(crate) unsafe fn is_wanted(self) {
        // SAFETY: as the caller says.
        let wanted = unsafe { &(*self.0).wanted };
        wanted.set(wanted.get() + 1);
    }

    /// One less.
    ///
    /// # Safety
    ///
    /// As above.
    pub(crate) unsafe fn is_not_wanted(self) {
        // SAFETY: as the caller says.
        let wanted = unsafe { &(*self.0).wanted };
        wanted.set(wanted.get() - 1);
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// Whether the thread that asks panics: while its message is made and the panic hook runs. Nothing of
/// a thread runs after that.
pub fn panicking() -> bool {
    raw::current().is_null() && (ending().is_some() || fiber::panics())
}
