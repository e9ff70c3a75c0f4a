//! Wait queues: who waits at which address, in order of arrival.
//!
//! All of `sync` and `thread` is made of a few words of memory for each lock and of three
//! operations: a fiber waits at an address, and others wake the first, or all, who wait there. An
//! address stands for an object only while somebody waits who borrows it, so a lock that nobody
//! waits for has no queue, and nothing to free.
//!
//! ```text
//! QUEUES   address ─▶ first ─▶ next ─▶ … ─▶ last      threads, linked by their own `Waiter`
//! ```
//!
//! To wait, a fiber parks, which needs no promise, and to wake it is to make it ready (`fiber/leave.rs`). Whoever
//! is woken has left its queue by then, so a wake-up reaches one fiber, and runs nothing: that fiber goes
//! on when the one that woke it waits, yields or ends. If there is a time-out, a timer of JavaScript's
//! makes the fiber ready too (js/host/waits.js).
//!
//! There is one thread of the machine's, and nothing else runs between two statements that do not
//! suspend: that a fiber looks at a word and begins to wait is one step.

mod circles;

use crate::cancel::scope::{AbortSignal, Scope};
use crate::one_thread::OneThread;
use crate::thread::{self, RawThread, Thread};
use crate::time::Instant;
use crate::{Error, fiber, raw};
pub(crate) use circles::For;
use js_sys::Promise;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/waits")]
extern "C" {
    #[wasm_bindgen(js_name = setTimer)]
    fn set_timer(fiber: u32, milliseconds: f64);
    #[wasm_bindgen(js_name = clearTimer)]
    fn clear_timer(fiber: u32);
    /// Makes a fiber ready as soon as the signal is aborted.
    fn watch(fiber: u32, signal: &AbortSignal);
    fn unwatch(fiber: u32);
    #[wasm_bindgen(js_name = nextTurn)]
    fn next_turn() -> Promise;
}

/// What a thread has for waiting: for one thing at a time.
#[derive(Default)]
pub(crate) struct Waiter {
    /// Who comes behind it in its queue.
    next: Cell<Option<Thread>>,
    /// Where it waits or has been woken; null when it runs.
    at: Cell<usize>,
    /// Whether it has been woken, and has not run since.
    woken: Cell<bool>,
    /// The fiber that has parked.
    fiber: Cell<*mut u8>,
    /// Whether a timer makes it ready too.
    timed: Cell<bool>,
    /// What the notifiers of this queue want to know of it.
    kind: Cell<u32>,
    /// Whom it waits for: what is borrowed there is borrowed while it waits.
    whom: Cell<For<'static>>,
}

/// A lock whose holders can end without unlocking it.
pub(crate) trait Lock {
    /// What it is, up to the name of who holds it; and what to do if that is who waits.
    fn words(&self) -> [&'static str; 2];

    /// Those that hold it, by their index: nobody else can unlock it.
    fn holder(&self, index: usize) -> Option<RawThread>;

    /// Gives the lock to those who wait for it, if the ones that hold it have ended.
    fn look_after(&self);
}

/// How to wait.
#[derive(Default)]
pub(crate) struct Wait<'a> {
    /// When to give up.
    pub until: Option<Instant>,
    /// A fiber that was the first, and was woken in vain, is the first again.
    pub again: bool,
    /// What [`first`] tells of it.
    pub kind: u32,
    /// Whom it waits for, if that is known.
    pub whom: For<'a>,
    /// What cuts it short, for those who can tell their caller.
    pub scope: Option<&'a Scope>,
}

struct Queue {
    first: Thread,
    last: Thread,
}

type Queues = HashMap<usize, Queue, BuildHasherDefault<Addresses>>;

static QUEUES: OneThread<RefCell<Queues>> =
    OneThread(RefCell::new(HashMap::with_hasher(BuildHasherDefault::new())));

/// Mixes an address: the hash of it needs to be quick, and nobody chooses addresses to harm us.
#[derive(Default)]
struct Addresses(u64);

impl Hasher for Addresses {
    fn write(&mut self, _: &[u8]) {
        unreachable!("an address is a usize")
    }
    fn write_usize(&mut self, address: usize) {
        self.0 = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The address that `object` is waited for at.
pub(crate) fn at<T: ?Sized>(object: &T) -> usize {
    (&raw const *object).addr()
}

/// Waits at an address until woken, and returns true; or until `how.until`, or until `how.scope` is
/// cancelled, and returns false.
///
/// Who is woken has to look whether what it waits for has happened, and to wait `again` if not: the
/// wake-up may be one that a fiber had which ended before it could use it.
///
/// # Panics
///
/// With the text of [`Error::CannotBlock`], if no fiber can suspend here; if the wait would never end,
/// for the one that is waited for waits for this one, and who waits for whom. Nothing has happened then.
#[inline(never)]
pub(crate) fn wait(at: usize, how: Wait) -> bool {
    require_fiber();
    let thread = thread::current();
    let waiter = thread.waiter();
    if how.until.is_none()
        && let Some(why) = circles::closes(&thread, how.whom)
    {
        waits_for_itself(&why);
    }
    // SAFETY: of the lifetime alone. It is used while the thread waits, which borrows the lock.
    let whom = unsafe { std::mem::transmute::<For<'_>, For<'static>>(how.whom) };
    waiter.at.set(at);
    waiter.kind.set(how.kind);
    waiter.whom.set(whom);
    waiter.timed.set(how.until.is_some());
    enter(at, thread.clone(), how.again);
    let fiber = raw::current();
    waiter.fiber.set(fiber);
    if let Some(scope) = how.scope {
        watch(fiber as u32, scope.signal());
    }
    let woken = loop {
        if how.scope.is_some_and(|scope| scope.ready().is_err()) {
            waiter.clear_timer();
            leave(at, waiter);
            break false;
        }
        if let Some(until) = how.until {
            set_timer(fiber as u32, milliseconds(until));
        }
        // SAFETY: a fiber runs that can suspend: that was required.
        unsafe { fiber::park() };
        if waiter.woken.replace(false) {
            break true;
        }
        // A timer may be early by this clock, and waits for some weeks at the most.
        if how.until.is_some_and(|until| Instant::now() >= until) {
            leave(at, waiter);
            break false;
        }
    };
    if how.scope.is_some() {
        unwatch(fiber as u32);
    }
    waiter.at.set(0);
    waiter.whom.set(For::Somebody);
    woken
}

/// Lets everybody else run, and the event loop turn.
pub(crate) fn turn() {
    require_fiber();
    // SAFETY: a fiber runs that can suspend: that was required.
    let outcome = unsafe { fiber::suspend(&next_turn()) };
    debug_assert!(outcome.is_ok(), "nobody rejects this promise");
}

/// # Panics
///
/// If no fiber can suspend here.
pub(crate) fn require_fiber() {
    if !crate::can_block() {
        cannot_block();
    }
}

#[cold]
#[inline(never)]
fn cannot_block() -> ! {
    panic!("{}", Error::CannotBlock)
}

#[cold]
#[inline(never)]
fn waits_for_itself(why: &str) -> ! {
    panic!("{why}")
}

/// Wakes the first that waits at an address.
pub(crate) fn notify_one(at: usize) -> Option<Thread> {
    let mut queues = QUEUES.0.borrow_mut();
    let queue = queues.get_mut(&at)?;
    let next = queue.first.waiter().next.take();
    let thread = match next {
        Some(next) => std::mem::replace(&mut queue.first, next),
        None => queues.remove(&at)?.first,
    };
    drop(queues);
    wake(&thread);
    Some(thread)
}

/// Wakes all that wait at an address, in their order.
pub(crate) fn notify_all(at: usize) {
    let queue = QUEUES.0.borrow_mut().remove(&at);
    let mut next = queue.map(|queue| queue.first);
    while let Some(thread) = next {
        next = thread.waiter().next.take();
        wake(&thread);
    }
}

fn wake(thread: &Thread) {
    let waiter = thread.waiter();
    waiter.woken.set(true);
    waiter.clear_timer();
    // SAFETY: it waits, so it has parked. If its timer was first, that is of no effect.
    unsafe { raw::ready(waiter.fiber.get()) };
}

/// The kind of the first that waits at an address, if any does.
pub(crate) fn first(at: usize) -> Option<u32> {
    Some(QUEUES.0.borrow().get(&at)?.first.waiter().kind.get())
}

/// All that wait of the threads that the end of a scope waits for.
#[inline(never)]
fn waiting_of_scope(scope: usize) -> Vec<RawThread> {
    let mut found = Vec::new();
    for queue in QUEUES.0.borrow().values() {
        let mut next = Some(queue.first.clone());
        while let Some(thread) = next {
            if thread.is_of_scope(scope) {
                found.push(thread.as_raw());
            }
            next = thread.waiter().next();
        }
    }
    found
}

/// What there is to do when a thread has ended by a fault: it waits no more, and the wake-up that it
/// had and could not use is the next one's.
pub(crate) fn forget(waiter: &Waiter) {
    let at = waiter.at.replace(0);
    if at == 0 {
        return;
    }
    waiter.clear_timer();
    if !waiter.woken.replace(false) {
        leave(at, waiter);
    } else if !matches!(waiter.whom.get(), For::Lock(_)) {
        // A lock that was given to it is looked after as all that it holds.
        notify_one(at);
    }
}

/// Looks after every lock that somebody waits for: a thread has ended that held one of them.
pub(crate) fn look_after_locks() {
    let queues = QUEUES.0.borrow();
    let first = queues.values().map(|queue| &queue.first);
    let whom: Vec<_> = first.map(|thread| thread.waiter().whom.get()).collect();
    drop(queues);
    for whom in whom {
        // Those that wait borrow it, and do not run before this has ended.
        if let For::Lock(lock) = whom {
            lock.look_after();
        }
    }
}

fn enter(at: usize, thread: Thread, first: bool) {
    let mut queues = QUEUES.0.borrow_mut();
    match queues.entry(at) {
        Entry::Vacant(place) => {
            place.insert(Queue { first: thread.clone(), last: thread });
        }
        Entry::Occupied(queue) if first => {
            let queue = queue.into_mut();
            let next = std::mem::replace(&mut queue.first, thread);
            queue.first.waiter().next.set(Some(next));
        }
        Entry::Occupied(queue) => {
            let last = std::mem::replace(&mut queue.into_mut().last, thread.clone());
            last.waiter().next.set(Some(thread));
        }
    }
}

fn leave(at: usize, waiter: &Waiter) {
    let mut queues = QUEUES.0.borrow_mut();
    let Some(queue) = queues.get_mut(&at) else { return };
    let next = waiter.next.take();
    if ptr::eq(queue.first.waiter(), waiter) {
        match next {
            Some(next) => queue.first = next,
            None => drop(queues.remove(&at)),
        }
        return;
    }
    let mut before = queue.first.clone();
    loop {
        match before.waiter().next.take() {
            Some(one) if ptr::eq(one.waiter(), waiter) => break,
            Some(one) => {
                before.waiter().next.set(Some(one.clone()));
                before = one;
            }
            None => return,
        }
    }
    if next.is_none() {
        queue.last = before.clone();
    }
    before.waiter().next.set(next);
}

impl Waiter {
    fn next(&self) -> Option<Thread> {
        let next = self.next.take();
        self.next.set(next.clone());
        next
    }

    fn clear_timer(&self) {
        if self.timed.get() {
            clear_timer(self.fiber.get() as u32);
        }
    }
}

/// How long a timer has to be, rounded up.
fn milliseconds(until: Instant) -> f64 {
    (until.saturating_duration_since(Instant::now()).as_secs_f64() * 1000.0).ceil()
}
