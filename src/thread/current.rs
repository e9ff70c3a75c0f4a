//! What is known of a thread: who it is, whether it runs, what it still holds.
//!
//! That is in a record, which is used again for another thread when nobody keeps this one, and whose
//! memory is never given back. So a lock can name the thread that holds it without keeping it
//! ([`RawThread`]): a record that tells of another number than the lock is another thread's, and no two
//! threads have the same number. To lock and unlock then counts nothing.

#[cfg(suspendable_std)]
use super::begun::Extra;
use super::scoped::Lender;
use crate::fiber::{self, Life};
use crate::one_thread::OneThread;
use crate::raw;
use crate::wait::{self, Waiter};
use std::any::Any;
use std::cell::{Cell, OnceCell, UnsafeCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::num::NonZero;
use std::panic::PanicHookInfo;

/// A handle to a thread, as [`std::thread::Thread`]: a fiber, or what runs outside of all of them.
pub struct Thread(&'static Inner);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl Send for Thread {}
// SAFETY: as above.
unsafe impl Sync for Thread {}

/// What a panic that ended a thread was given.
pub(super) type Payload = Box<dyn Any + Send>;

/// Locks of std's have four bits beside its address, and count in the first field.
#[cfg_attr(suspendable_std, repr(C, align(16)))]
struct Inner {
    /// How many locks of std's it holds, which name it by its address: it is no other thread's before that is none.
    #[cfg(suspendable_std)]
    held: Cell<u32>,
    /// The number of the thread; 0 while it is nobody's.
    id: Cell<u64>,
    /// How many keep the thread: handles, and its fiber.
    keepers: Cell<usize>,
    /// The next of the records that are nobody's.
    free: Cell<Option<&'static Inner>>,
    fixed: UnsafeCell<Fixed>,
    /// What `unpark` leaves for `park`.
    token: Cell<bool>,
    state: Cell<State>,
    /// How many locks it holds that others wait for, once for each guard; of std's, how many it has held.
    wanted: Cell<usize>,
    /// How many threads that may borrow from its frames have not ended.
    borrowers: Cell<usize>,
    payload: Cell<Option<Payload>>,
    waiter: Waiter,
    #[cfg(suspendable_std)]
    extra: Extra,
}

/// What does not change while anybody keeps the thread.
#[derive(Default)]
struct Fixed {
    name: Option<Box<str>>,
    /// Whom it may borrow from itself.
    lender: Option<Lender>,
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

/// Records that are nobody's.
static FREE: OneThread<Cell<Option<&'static Inner>>> = OneThread(Cell::new(None));

/// The last number that a thread was given; they begin with 1.
static LAST: OneThread<Cell<u64>> = OneThread(Cell::new(0));

/// Everything outside of fibers: one thread, that never ends and can wait for nothing.
static MAIN: OneThread<OnceCell<Thread>> = OneThread(OnceCell::new());

/// The thread that runs: this fiber, or `main` outside of all of them.
///
/// Every call of a `#[suspendable]` export is a thread of its own, without a name.
#[inline]
pub fn current() -> Thread {
    Thread::of(current_record())
}

/// The same, for those who need not keep it.
#[inline]
pub(crate) fn current_raw() -> RawThread {
    RawThread::of(current_record())
}

#[inline]
fn current_record() -> &'static Inner {
    let slot = fiber::current_thread();
    // SAFETY: null, or the place of the running fiber, and nobody else reads or writes it meanwhile.
    match unsafe { slot.as_mut() } {
        Some(Some(life)) => record_of(*life),
        Some(none) => begin(none),
        None => outside(),
    }
}

/// The record of a thread that its fiber keeps.
#[inline]
fn record_of(life: &'static dyn Life) -> &'static Inner {
    // SAFETY: nothing but `Inner` is the life of a fiber.
    unsafe { &*(&raw const *life).cast() }
}

/// A call of a `#[suspendable]` export becomes a thread when that is first asked for.
#[cold]
#[inline(never)]
fn begin(slot: &mut Option<&'static dyn Life>) -> &'static Inner {
    let thread = Thread::new(None, None);
    let record = thread.0;
    *slot = Some(thread.into_life());
    record
}

/// The thread that runs where no fiber can suspend: one that panics, or `main`.
#[cold]
#[inline(never)]
fn outside() -> &'static Inner {
    ending().unwrap_or_else(|| MAIN.0.get_or_init(|| Thread::new(Some("main".into()), None)).0)
}

/// The thread that panics, from the moment at which its message is made, until the runtime has heard
/// of the fault.
fn ending() -> Option<&'static Inner> {
    // SAFETY: the record of a fiber that panics, or has panicked, stays for ever.
    let life = unsafe { fiber::faulted_thread().as_ref() }?.as_ref()?;
    Some(record_of(*life)).filter(|thread| thread.state.get() == State::Running)
}

impl Thread {
    pub(super) fn new(name: Option<Box<str>>, lender: Option<Lender>) -> Thread {
        let record = match FREE.0.take() {
            Some(record) => {
                FREE.0.set(record.free.take());
                record
            }
            None => Box::leak(Box::new(Inner {
                #[cfg(suspendable_std)]
                held: Cell::new(0),
                id: Cell::new(0),
                keepers: Cell::new(0),
                free: Cell::new(None),
                fixed: UnsafeCell::new(Fixed::default()),
                token: Cell::new(false),
                state: Cell::new(State::Running),
                wanted: Cell::new(0),
                borrowers: Cell::new(0),
                payload: Cell::new(None),
                waiter: Waiter::default(),
                #[cfg(suspendable_std)]
                extra: Extra::default(),
            })),
        };
        let number = LAST.0.get() + 1;
        LAST.0.set(number);
        record.id.set(number);
        // SAFETY: nobody keeps the record, so nothing refers to what is in there.
        unsafe { *record.fixed.get() = Fixed { name, lender } };
        record.token.set(false);
        record.state.set(State::Running);
        record.wanted.set(0);
        record.borrowers.set(0);
        #[cfg(suspendable_std)]
        record.extra.clear();
        Thread::of(record)
    }

    /// One more handle.
    #[inline]
    fn of(record: &'static Inner) -> Thread {
        let keepers = record.keepers.get() + 1;
        record.keepers.set(keepers);
        if keepers == usize::MAX {
            // Handles have been forgotten, and the next ones would not be counted.
            std::process::abort();
        }
        Thread(record)
    }

    /// What its fiber keeps, in the place of this handle.
    pub(crate) fn into_life(self) -> &'static dyn Life {
        ManuallyDrop::new(self).0
    }

    fn fixed(&self) -> &Fixed {
        // SAFETY: it is written before there is a handle, and after the last one is gone.
        unsafe { &*self.0.fixed.get() }
    }

    /// The number of the thread.
    pub fn id(&self) -> ThreadId {
        ThreadId(NonZero::new(self.0.id.get()).expect("somebody keeps it"))
    }

    /// The name that [`Builder::name`](super::Builder::name) gave to it.
    pub fn name(&self) -> Option<&str> {
        self.fixed().name.as_deref()
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

    /// The thread, for those who need not keep it.
    #[inline]
    pub(crate) fn as_raw(&self) -> RawThread {
        RawThread::of(self.0)
    }

    pub(crate) fn waiter(&self) -> &Waiter {
        &self.0.waiter
    }

    /// Its body has returned: those that wait for that go on.
    pub(crate) fn returns(&self) {
        self.0.returns();
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
        if !self.0.lends() && self.0.state.get() == State::Faulted {
            self.0.ended();
        }
    }

    /// Whether the end of that scope waits for it.
    pub(crate) fn is_of_scope(&self, scope: usize) -> bool {
        #[cfg(suspendable_std)]
        if self.0.extra.is_of_scope(scope) {
            return true;
        }
        self.lender().is_some_and(|lender| lender.scope() == scope)
    }

    pub(super) fn lender(&self) -> Option<&Lender> {
        self.fixed().lender.as_ref()
    }

    /// What the panic that ended it was given.
    pub(super) fn take_payload(&self) -> Payload {
        let other = "a trap or a JavaScript exception has ended the thread";
        self.0.payload.take().unwrap_or_else(|| Box::new(other))
    }
}

impl Clone for Thread {
    #[inline]
    fn clone(&self) -> Thread {
        Thread::of(self.0)
    }
}

impl Drop for Thread {
    #[inline]
    fn drop(&mut self) {
        self.0.keepers.set(self.0.keepers.get() - 1);
        if self.0.keepers.get() == 0 {
            self.0.release();
        }
    }
}

impl Life for Inner {
    fn returned(&'static self) {
        self.returns();
        drop(Thread(self));
    }

    /// Nothing that it has on its stack is ever used again, but by those who borrow from it.
    fn faulted(&'static self) {
        self.state.set(State::Faulted);
        wait::forget(&self.waiter);
        if !self.lends() {
            self.ended();
        } else {
            #[cfg(suspendable_std)]
            self.lends_later();
        }
    }

    /// Keeps what the panic was given, as far as it can be kept.
    fn panics(&'static self, info: &PanicHookInfo) {
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
    fn returns(&'static self) {
        if self.state.get() == State::Running {
            self.state.set(State::Returned);
            self.ended();
        }
    }

    fn ended(&'static self) {
        if self.wanted.get() > 0 {
            wait::look_after_locks();
        }
        #[cfg(suspendable_std)]
        self.ended_for_std();
        wait::notify_all(wait::at(&self.state));
        if let Some(lender) = Thread::of(self).lender() {
            lender.borrower_ended(self.state.get());
        }
    }

    /// Whether others may borrow from its frames.
    fn lends(&self) -> bool {
        #[cfg(suspendable_std)]
        if self.extra.lends() {
            return true;
        }
        self.borrowers.get() > 0
    }

    fn seen(&self) -> State {
        match self.state.get() {
            State::Faulted if self.lends() => State::Running,
            state => state,
        }
    }

    /// Nobody keeps the thread any more.
    fn release(&'static self) {
        #[cfg(suspendable_std)]
        if self.held.get() > 0 {
            return;
        }
        self.id.set(0);
        // SAFETY: there is no handle, so nothing refers to what is in there.
        let fixed = unsafe { std::mem::take(&mut *self.fixed.get()) };
        let payload = self.payload.take();
        self.free.set(FREE.0.replace(Some(self)));
        // Last, for what they do when they are dropped.
        drop((fixed, payload));
    }
}

/// The name of a thread, for those who need not keep it: it may be no more.
#[derive(Clone, Copy)]
pub(crate) struct RawThread {
    id: u64,
    record: Option<&'static Inner>,
}

impl PartialEq for RawThread {
    #[inline]
    fn eq(&self, other: &RawThread) -> bool {
        self.id == other.id
    }
}

/// What `hooks.rs` needs to know of records.
#[cfg(suspendable_std)]
mod std_threads {
    use super::*;
    use std::ptr;

    /// Those that faulted while others could borrow from their frames.
    static LENDING: OneThread<Cell<Vec<&'static Inner>>> = OneThread(Cell::new(Vec::new()));

    impl Thread {
        /// One of std's, which knows whom it borrows from.
        pub(crate) fn of_std(name: Option<Box<str>>) -> Thread {
            Thread::new(name, None)
        }

        /// Its record, which keeps it.
        pub(crate) fn into_address(self) -> *const () {
            ptr::from_ref(ManuallyDrop::new(self).0).cast()
        }

        /// # Safety
        ///
        /// [`into_address`](Self::into_address) returned it, and this is the end of that.
        pub(crate) unsafe fn from_address(record: *const ()) -> Thread {
            // SAFETY: a record stays for ever.
            Thread(unsafe { &*record.cast() })
        }

        /// What the panic that ends it was given.
        pub(crate) fn keep_payload(&self, payload: Payload) {
            self.0.payload.set(Some(payload));
        }

        pub(crate) fn extra(&self) -> &'static Extra {
            &self.0.extra
        }
    }

    impl RawThread {
        /// # Safety
        ///
        /// The address of a record.
        pub(crate) unsafe fn at(record: usize) -> RawThread {
            // SAFETY: a record stays for ever.
            RawThread::of(unsafe { &*ptr::with_exposed_provenance(record) })
        }

        /// It has one more lock.
        pub(crate) fn holds(self) {
            if let Some(record) = self.record {
                record.held.set(record.held.get() + 1);
            }
        }

        /// One less.
        pub(crate) fn releases(self) {
            if let Some(record) = self.record {
                record.held.set(record.held.get() - 1);
            }
        }

        pub(crate) fn address(self) -> usize {
            self.record.map_or(0, |record| ptr::from_ref(record).expose_provenance())
        }

        /// Where one waits until it has ended.
        pub(crate) fn ending(self) -> usize {
            self.record.map_or(0, |record| wait::at(&record.state))
        }
    }

    impl Inner {
        pub(super) fn lends_later(&'static self) {
            let mut lending = LENDING.0.take();
            lending.push(self);
            LENDING.0.set(lending);
        }

        /// Tells std, and looks after those that it may have borrowed from.
        pub(super) fn ended_for_std(&'static self) {
            if self.state.get() == State::Faulted {
                wait::look_after_locks();
                self.extra.ended(|| Thread::of(self).take_payload());
            }
            let (lend, done): (Vec<_>, Vec<_>) =
                LENDING.0.take().into_iter().partition(|record| record.lends());
            LENDING.0.set(lend);
            done.into_iter().for_each(Inner::ended);
        }
    }
}

impl RawThread {
    /// Nobody.
    pub(crate) const NONE: RawThread = RawThread { id: 0, record: None };

    #[inline]
    fn of(record: &'static Inner) -> RawThread {
        RawThread { id: record.id.get(), record: Some(record) }
    }

    /// Nobody as well: less to write.
    #[inline]
    pub(crate) fn nobody(self) -> RawThread {
        RawThread { id: 0, ..self }
    }

    /// Its record, if it is still its own.
    fn record(self) -> Option<&'static Inner> {
        self.record.filter(|record| record.id.get() == self.id)
    }

    /// [`Thread::state`]. One that is no more has returned: who faults is kept by its fiber, for ever.
    pub(crate) fn state(self) -> State {
        self.record().map_or(State::Returned, Inner::seen)
    }

    /// Whether it has ended in the middle of what it did.
    pub(crate) fn has_faulted(self) -> bool {
        self.state() == State::Faulted
    }

    /// Its name.
    ///
    /// # Safety
    ///
    /// That is used no longer than it runs.
    pub(crate) unsafe fn name(self) -> Option<&'static str> {
        // SAFETY: as the caller says, so somebody keeps it meanwhile.
        unsafe { &*self.record()?.fixed.get() }.name.as_deref()
    }

    /// What it has for waiting.
    pub(crate) fn waiter(self) -> Option<&'static Waiter> {
        self.record().map(|record| &record.waiter)
    }

    /// It holds one more lock that others wait for, who want to know when it ends.
    pub(crate) fn is_wanted(self) {
        if let Some(record) = self.record() {
            record.wanted.set(record.wanted.get() + 1);
        }
    }

    /// One less.
    pub(crate) fn is_not_wanted(self) {
        if let Some(record) = self.record() {
            record.wanted.set(record.wanted.get() - 1);
        }
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
