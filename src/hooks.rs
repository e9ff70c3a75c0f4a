//! What a standard library that waits calls (`cargo suspendable build --std`), and what is called of it.
//!
//! The tool builds std with its own threads, locks and thread-locals (`post-build/src/sysroot/`). What they end in
//! are instructions that wait at an address, for which the tool puts calls of [`__suspendable_wait32`] and its like,
//! and the functions below, that std declares itself.
//!
//! Each thread that is spawned has thread-locals of its own, at `__tls_base`, which is kept with its fiber. All calls
//! of exports share those of the instance. But who std thinks the current thread is, which lies there too, is not the
//! same for two calls: each has its own [`Identity`], put there while it runs.

mod fs;
mod locks;
mod net;
mod streams;

use crate::fiber::{self, Fiber};
use crate::thread::{RawThread, State, Thread};
use crate::time::{Duration, Instant};
use crate::wait::{self, For, OneThread, Wait};
use crate::{can_block, raw};
use std::alloc::Layout;
use std::any::Any;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use wasm_bindgen::prelude::wasm_bindgen;

unsafe extern "C" {
    /// Runs a thread of std's from its first instruction to its last.
    fn __suspendable_std_thread(init: *mut ());
    /// Exchanges who the current thread is.
    fn __suspendable_std_exchange(identity: *mut Identity);
}

// Waiting

/// `memory.atomic.wait32`: 0 if woken, 1 if another value is there, 2 if the time is up.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_wait32(
    address: usize,
    expected: u32,
    nanoseconds: i64,
    offset: usize,
) -> u32 {
    // SAFETY: as std says, which asks to wait there.
    unsafe { wait_while(expected, effective(address, offset, 4), nanoseconds) }
}

/// `memory.atomic.wait64`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_wait64(
    address: usize,
    expected: u64,
    nanoseconds: i64,
    offset: usize,
) -> u32 {
    // SAFETY: as above.
    unsafe { wait_while(expected, effective(address, offset, 8), nanoseconds) }
}

/// `memory.atomic.notify`: how many were woken.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_notify(address: usize, count: u32, offset: usize) -> u32 {
    let at = effective(address, offset, 4);
    let mut woken = 0;
    while woken < count && wait::notify_one(at).is_some() {
        woken += 1;
    }
    woken
}

fn effective(address: usize, offset: usize, width: usize) -> usize {
    let at = address.checked_add(offset).filter(|at| at.is_multiple_of(width));
    at.expect("a place to wait at is a word of the memory")
}

/// Waits at the address of a value, if it is the expected one.
///
/// # Safety
///
/// There is such a value.
unsafe fn wait_while<T: PartialEq>(expected: T, at: usize, nanoseconds: i64) -> u32 {
    // SAFETY: as the caller says.
    if unsafe { ptr::with_exposed_provenance::<T>(at).read() } != expected {
        return 1;
    }
    let time = u64::try_from(nanoseconds).ok().map(Duration::from_nanos);
    let until = time.and_then(|time| Instant::now().checked_add(time));
    if wait::wait(at, Wait { until, ..Wait::default() }) { 0 } else { 2 }
}

/// Lets everybody else run, if anybody can.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_yield() {
    if can_block() {
        wait::turn();
    }
}

// Clocks, in seconds

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_now() -> f64 {
    performance_now() / 1000.0
}

#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_date() -> f64 {
    js_sys::Date::now() / 1000.0
}

// Threads

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
}

/// What a thread of std's has besides.
#[derive(Default)]
pub(crate) struct Extra {
    faulted: Cell<Option<(Faulted, usize)>>,
    /// The address of the innermost that it has begun.
    begun: Cell<usize>,
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

    pub(crate) fn clear(&self) {
        self.faulted.set(None);
        self.begun.set(0);
    }
}

/// Begins a thread of std's. Null if there is no memory for what is its own.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_spawn(init: *mut ()) -> *const () {
    let Some(locals) = new_locals() else { return ptr::null() };
    let thread = Thread::of_std();
    let own = thread.clone();
    let body = move || {
        // SAFETY: std's own, given once.
        unsafe { __suspendable_std_thread(init) };
        own.returns();
    };
    // SAFETY: std looks after what the body borrows: `Faulted`.
    unsafe { fiber::spawn(thread.clone().into_life(), None, Some(locals), body) };
    thread.into_address()
}

/// Waits for the end of a thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_join(thread: *const ()) {
    // SAFETY: std keeps it.
    let thread = unsafe { RawThread::at(thread.addr()) };
    while thread.state() == State::Running {
        let whom = For::Thread(thread);
        wait::wait(thread.ending(), Wait { whom, ..Wait::default() });
    }
}

/// std keeps the thread no longer.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_release(thread: *const ()) {
    // SAFETY: `__suspendable_std_spawn` returned it, and std keeps it once.
    drop(unsafe { Thread::from_address(thread) });
}

/// What is there to do if the thread that runs does not return.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_begins(packet: *const (), faulted: Faulted) {
    let thread = crate::thread::current();
    thread.extra().faulted.set(Some((faulted, packet.expose_provenance())));
}

/// It has returned.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_returns() {
    crate::thread::current().extra().faulted.set(None);
}

/// What the thread that panics was given, in a box: what was kept of that is a text.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_payload(payload: *mut ()) {
    // SAFETY: as std says, given once.
    let payload = unsafe { Box::from_raw(payload.cast::<Box<dyn Any + Send>>()) };
    crate::thread::current().keep_payload(*payload);
}

/// The thread that runs begins something, or is back in what was around that. Returns the one before.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_begun(begun: *const Begun) -> *const Begun {
    let thread = crate::thread::current();
    ptr::with_exposed_provenance(thread.extra().begun.replace(begun.expose_provenance()))
}

// What std keeps by its address: files and sockets

fn keep<T>(value: T) -> *const T {
    Box::into_raw(Box::new(value))
}

/// # Safety
///
/// What `keep` returned, once.
unsafe fn give_back<T>(kept: *const T) {
    // SAFETY: as the caller says.
    drop(unsafe { Box::from_raw(kept.cast_mut()) });
}

// Thread-locals

/// Who std thinks the current thread is. What is in there is std's.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Identity([u64; 2]);

/// Those of calls that have returned, for others: calls that follow each other are one thread, as a crate may keep who
/// that is in a thread-local.
static SPARE: OneThread<Cell<Vec<Identity>>> = OneThread(Cell::new(Vec::new()));

/// The alignment of a block: no thread-local needs more.
const ALIGN: usize = 128;

fn layout() -> Layout {
    let size = raw::locals_size().max(1);
    Layout::from_size_align(size, ALIGN).expect("less than the memory")
}

/// The thread-locals that a thread begins with, or none if there is no memory.
fn new_locals() -> Option<usize> {
    // SAFETY: the size is not zero.
    let block = unsafe { std::alloc::alloc(layout()) };
    if block.is_null() {
        return None;
    }
    // SAFETY: it is as large.
    unsafe { raw::copy_locals(block) };
    Some(block as usize)
}

/// Gives them back, if they were a thread's own: it has ended.
///
/// # Safety
///
/// They are those of a fiber that has returned.
pub(crate) unsafe fn free_locals(locals: usize) {
    if locals != raw::main_locals() {
        // SAFETY: `new_locals` made them; as the caller says.
        unsafe { std::alloc::dealloc(ptr::with_exposed_provenance_mut(locals), layout()) };
    }
}

/// Where the identity of a fiber is that has the instance's thread-locals. Other threads have theirs there.
///
/// # Safety
///
/// Its record.
unsafe fn identity_of(fiber: *mut Fiber) -> Option<*mut Identity> {
    // SAFETY: as the caller says.
    unsafe { ((*fiber).locals() == raw::main_locals()).then(|| ptr::from_mut((*fiber).identity())) }
}

/// A fiber begins to run, or goes on; or it stops: then this puts back what was there before.
///
/// # Safety
///
/// The record of a fiber; before and after it runs, in turn.
pub(crate) unsafe fn exchange(fiber: *mut Fiber) {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(identity) = identity_of(fiber) {
            __suspendable_std_exchange(identity);
        }
    }
}

/// A fiber begins to run.
///
/// # Safety
///
/// Its record.
pub(crate) unsafe fn begin(fiber: *mut Fiber) {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(identity) = identity_of(fiber) {
            let mut spare = SPARE.0.take();
            *identity = spare.pop().unwrap_or_default();
            SPARE.0.set(spare);
            __suspendable_std_exchange(identity);
        }
    }
}

/// A fiber that runs ends.
///
/// # Safety
///
/// Its record.
pub(crate) unsafe fn end(fiber: *mut Fiber) {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(identity) = identity_of(fiber) {
            __suspendable_std_exchange(identity);
            let mut spare = SPARE.0.take();
            spare.push(std::mem::take(&mut *identity));
            SPARE.0.set(spare);
        }
    }
}
