//! What a standard library that waits calls (`cargo suspendable build --std`), and what is called of it.
//!
//! The tool builds std with its own threads, locks and thread-locals (`post-build/src/sysroot/`). What they end in
//! are instructions that wait at an address, for which the tool puts calls of [`__suspendable_wait32`] and its like,
//! and the functions below, that std declares itself.
//! Thread-locals, and who std thinks the current thread is, are the fibers' (`locals.rs`).

mod fs;
mod locks;
mod net;
mod random;
mod rwlock;
mod streams;

use crate::can_block;
use crate::fiber;
use crate::locals::Locals;
use crate::thread::begun::{Begun, Faulted};
use crate::thread::{RawThread, State, Thread};
use crate::time::{Duration, Instant};
use crate::wait::{self, For, Wait};
use std::any::Any;
use std::ptr;
use wasm_bindgen::prelude::wasm_bindgen;

unsafe extern "C" {
    /// Runs a thread of std's from its first instruction to its last.
    fn __suspendable_std_thread(init: *mut ());
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
    let whom = crate::thread::current().extra().whom();
    if wait::wait(at, Wait { until, whom, ..Wait::default() }) { 0 } else { 2 }
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

/// Begins a thread of std's, with this name if it has one. Null if there is no memory for what is its own.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_spawn(
    init: *mut (),
    name: *const u8,
    length: usize,
) -> *const () {
    let Some(locals) = Locals::of_thread() else { return ptr::null() };
    // SAFETY: a text of std's, or null.
    let name = (!name.is_null()).then(|| unsafe {
        str::from_utf8_unchecked(std::slice::from_raw_parts(name, length)).into()
    });
    let thread = Thread::of_std(name);
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

/// What is there to do if the thread that runs does not return, and which scope it is of.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_begins(packet: *const (), faulted: Faulted, scope: *const ()) {
    let thread = crate::thread::current();
    thread.extra().begins(faulted, packet, scope.addr());
}

/// It has returned.
#[unsafe(no_mangle)]
extern "C" fn __suspendable_std_returns() {
    crate::thread::current().extra().returns();
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
    crate::thread::current().extra().enters(begun)
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
