//! Thread-locals, with `--std`, and who std thinks the current thread is.
//!
//! Each thread that is spawned has thread-locals of its own, at `__tls_base`, which is kept with its fiber. All calls
//! of exports share those of the instance. But who std thinks the current thread is, which lies there too, is not the
//! same for two calls: each has its own [`Identity`], put there while it runs.

use crate::one_thread::OneThread;
use crate::raw;
use std::alloc::Layout;
use std::cell::Cell;
use std::ptr;

unsafe extern "C" {
    /// Exchanges who the current thread is.
    fn __suspendable_std_exchange(identity: *mut Identity);
}

/// The thread-locals of one fiber.
#[repr(C)]
pub(crate) struct Locals {
    /// Where they are, for `__tls_base`.
    block: usize,
    /// If they are the instance's: who std thinks the fiber is; while that runs, who was that before. A thread with
    /// thread-locals of its own has that there.
    identity: Identity,
}

/// Who std thinks the current thread is. What is in there is std's.
#[repr(C)]
#[derive(Default)]
struct Identity([u64; 2]);

/// Those of calls that have returned, for others: calls that follow each other are one thread, as a crate may keep who
/// that is in a thread-local.
static SPARE: OneThread<Cell<Vec<Identity>>> = OneThread(Cell::new(Vec::new()));

/// The alignment of a block: no thread-local needs more.
const ALIGN: usize = 128;

fn layout() -> Layout {
    let size = raw::locals_size().max(1);
    Layout::from_size_align(size, ALIGN).expect("less than the memory")
}

impl Locals {
    pub(crate) fn of_instance() -> Locals {
        Locals { block: raw::main_locals(), identity: Identity::default() }
    }

    /// Those that a thread begins with, or none if there is no memory.
    pub(crate) fn of_thread() -> Option<Locals> {
        // SAFETY: the size is not zero.
        let block = unsafe { std::alloc::alloc(layout()) };
        if block.is_null() {
            return None;
        }
        // SAFETY: it is as large.
        unsafe { raw::copy_locals(block) };
        Some(Locals { block: block.expose_provenance(), identity: Identity::default() })
    }

    /// Gives them back, if they were a thread's own.
    ///
    /// # Safety
    ///
    /// Their fiber has returned. Called once.
    pub(crate) unsafe fn free(&self) {
        if !self.are_the_instances() {
            // SAFETY: `of_thread` made them; as the caller says.
            unsafe { std::alloc::dealloc(ptr::with_exposed_provenance_mut(self.block), layout()) };
        }
    }

    /// The fiber goes on; or it stops: then this puts back what was there before.
    ///
    /// # Safety
    ///
    /// Before and after it runs, in turn.
    pub(crate) unsafe fn exchange(&mut self) {
        if self.are_the_instances() {
            // SAFETY: as the caller says.
            unsafe { __suspendable_std_exchange(&raw mut self.identity) };
        }
    }

    /// The fiber begins to run.
    ///
    /// # Safety
    ///
    /// As [`exchange`](Self::exchange).
    pub(crate) unsafe fn begin(&mut self) {
        if self.are_the_instances() {
            let mut spare = SPARE.0.take();
            self.identity = spare.pop().unwrap_or_default();
            SPARE.0.set(spare);
        }
        // SAFETY: as the caller says.
        unsafe { self.exchange() };
    }

    /// The fiber, which runs, ends.
    ///
    /// # Safety
    ///
    /// As [`exchange`](Self::exchange).
    pub(crate) unsafe fn end(&mut self) {
        // SAFETY: as the caller says.
        unsafe { self.exchange() };
        if self.are_the_instances() {
            let mut spare = SPARE.0.take();
            spare.push(std::mem::take(&mut self.identity));
            SPARE.0.set(spare);
        }
    }

    fn are_the_instances(&self) -> bool {
        self.block == raw::main_locals()
    }
}
