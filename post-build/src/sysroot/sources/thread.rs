//! Threads that are fibers: the crate `suspendable` (src/hooks.rs) has the other half.

use crate::any::Any;
use crate::io;
use crate::num::NonZero;
use crate::ptr;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicU32, AtomicUsize};
use crate::thread::ThreadInit;

unsafe extern "C" {
    fn __suspendable_std_spawn(init: *mut (), name: *const u8, length: usize) -> *const ();
    fn __suspendable_std_join(thread: *const ());
    fn __suspendable_std_release(thread: *const ());
    safe fn __suspendable_std_yield();
    fn __suspendable_std_begins(packet: *const (), faulted: Faulted, scope: *const ());
    safe fn __suspendable_std_returns();
    fn __suspendable_std_payload(payload: *mut ());
    fn __suspendable_std_begun(begun: *const Begun) -> *const Begun;
}

pub struct Thread(*const ());

// SAFETY: it names a thread, from whatever other one.
unsafe impl Send for Thread {}
// SAFETY: as above.
unsafe impl Sync for Thread {}

impl Thread {
    // unsafe: see thread::Builder::spawn_unchecked for safety requirements
    pub unsafe fn new(_stack: usize, init: Box<ThreadInit>) -> io::Result<Thread> {
        let handle = init.handle.clone();
        let (name, length) = handle.name().map_or((ptr::null(), 0), |name| (name.as_ptr(), name.len()));
        let init = Box::into_raw(init);
        // SAFETY: given once.
        let thread = unsafe { __suspendable_std_spawn(init.cast(), name, length) };
        if thread.is_null() {
            // SAFETY: not taken.
            drop(unsafe { Box::from_raw(init) });
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(Thread(thread))
    }

    pub fn join(self) {
        // SAFETY: kept until it is dropped.
        unsafe { __suspendable_std_join(self.0) }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: kept until here.
        unsafe { __suspendable_std_release(self.0) }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_thread(init: *mut ()) {
    // SAFETY: what `new` made, given once.
    let init = unsafe { Box::from_raw(init.cast::<ThreadInit>()) };
    let rust_start = init.init();
    rust_start();
    // SAFETY: the thread ends.
    unsafe { crate::sys::thread_local::destructors::run() };
    crate::rt::thread_cleanup();
}

pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    Ok(NonZero::<usize>::MIN)
}

pub fn yield_now() {
    __suspendable_std_yield();
}

type Faulted = unsafe extern "C" fn(*const (), *mut (), f32, i64, f32);

/// The thread that runs keeps a packet, for which `faulted` is called if it does not return. Its scope is known by how
/// many threads of it run.
pub fn begins(packet: *const (), faulted: Faulted, scope: Option<&Atomic<usize>>) {
    let scope = scope.map_or(ptr::null(), |running| ptr::from_ref(running).cast());
    // SAFETY: `returns` takes it back.
    unsafe { __suspendable_std_begins(packet, faulted, scope) }
}

pub fn returns() {
    __suspendable_std_returns();
}

/// What the thread that panics was given.
pub fn keep_payload(payload: Box<dyn Any + Send>) {
    // SAFETY: given once.
    unsafe { __suspendable_std_payload(Box::into_raw(Box::new(payload)).cast()) }
}

/// What a thread has begun, in its frame: a scope, or to run a `Once`. If the thread faults, it lends what it has lent
/// until no thread of a scope runs, and a `Once` is poisoned.
#[repr(C)]
pub struct Begun {
    /// How many threads run; or the state of the `Once`.
    word: *const Atomic<u32>,
    /// What makes that state poisoned; 0 for a scope.
    poisoned: u32,
    outer: Atomic<usize>,
    /// Whether all that is left is to wait for the end of that scope.
    ends: Atomic<u32>,
}

impl Begun {
    pub fn scope(running: &Atomic<usize>) -> Begun {
        Begun::new(ptr::from_ref(running).cast(), 0)
    }

    pub fn once(state: &Atomic<u32>, poisoned: u32) -> Begun {
        Begun::new(state, poisoned)
    }

    fn new(word: *const Atomic<u32>, poisoned: u32) -> Begun {
        Begun { word, poisoned, outer: AtomicUsize::new(0), ends: AtomicU32::new(0) }
    }

    pub fn ends(&self) {
        self.ends.store(1, Relaxed);
    }

    pub fn enter(&self) {
        // SAFETY: it stays in its frame until `leave`.
        let outer = unsafe { __suspendable_std_begun(self) };
        self.outer.store(outer.expose_provenance(), Relaxed);
    }

    pub fn leave(&self) {
        let outer = self.outer.load(Relaxed);
        // SAFETY: in a frame that this one is called from.
        unsafe { __suspendable_std_begun(ptr::with_exposed_provenance(outer)) };
    }
}
