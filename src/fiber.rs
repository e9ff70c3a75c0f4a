//! A fiber: one running call of a `#[suspendable]` export, with its stack.
//!
//! A fiber has a record on the heap, from the call until its promise settles. Its first fields are
//! read and written by the code that the tool generates. Behind it, in the same allocation, lie the
//! body of the call and the first segment of the fiber's stack (`stack.rs`):
//!
//! ```text
//! │ Fiber │ body │   room   │ frames │
//! ```
//!
//! To suspend, the tool's code leaves in the record where the stack ends; to resume, it goes on from
//! there. No byte of a frame is copied or moved meanwhile, so pointers into the stack hold, whoever has
//! them: the fiber itself, another one, or a list that runs through it.

mod fault;
mod leave;
mod saved;

use crate::cancel::scope::Scope;
#[cfg(suspendable_std)]
use crate::locals::Locals;
use crate::raw;
#[cfg(target_arch = "wasm32")]
pub(crate) use leave::park;
pub(crate) use leave::suspend;
use saved::Saved;
use std::alloc::Layout;
use std::future::Future;
use std::mem::MaybeUninit;
use std::panic::PanicHookInfo;
use std::pin::Pin;
use std::ptr::{self, addr_of_mut};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};
use wasm_bindgen::prelude::wasm_bindgen;

/// The record of one fiber. The order of the fields up to `link` is the tool's `layout.rs`.
#[repr(C)]
pub(crate) struct Fiber {
    /// The stack pointer of the members at the last suspension, with the lowest address that they may
    /// use and the segment that this is in: null in the first one.
    sp: usize,
    limit: usize,
    segment: usize,
    /// What Asyncify's functions saved on their way out, the innermost first. In `saved`.
    frames: *mut u8,
    /// Where the frames are of the fiber that another one was resumed in the middle of, if any.
    interrupted: usize,
    /// The externref slot of what the body returned, or of the promise that the fiber waits for;
    /// [`PARKED`], or that it has been made ready (see the tool's `asyncify.rs`).
    outcome: u32,
    /// What `outcome` is.
    ending: Ending,
    /// Who comes behind it of those that are ready. When it runs as one of them: in the middle of which
    /// other one.
    link: usize,
    /// Its thread-locals: those of the instance, or its own.
    #[cfg(suspendable_std)]
    locals: Locals,
    kind: &'static Kind,
    saved: Saved,
    panic: Option<Box<str>>,
    /// What std would call the thread; made when it is first asked for.
    thread: Option<&'static dyn Life>,
    /// What it can be cancelled by.
    scope: Option<Rc<Scope>>,
}

/// What a thread wants to hear of its fiber. A trait, so that a program without threads has no code
/// of theirs.
pub(crate) trait Life {
    /// The body has returned, and the fiber keeps the thread no longer.
    fn returned(&'static self);
    /// A fault has ended the fiber.
    fn faulted(&'static self);
    /// The fiber panics, and will fault.
    fn panics(&'static self, info: &PanicHookInfo);
}

/// Of `outcome`: the fiber waits to begin, or to be made ready. No value has that slot.
const PARKED: u32 = 0;

/// What becomes of a fiber's outcome.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// It is JavaScript's.
    Value,
    /// It is, and a rejection.
    Rejection,
    /// Nobody in JavaScript waits for it: a thread's.
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code))]
    Nobodys,
}

/// What all fibers with bodies of one type share.
struct Kind {
    entry: Entry,
    layout: Layout,
}

/// How a body is entered.
///
/// No other function of any program has this signature, so that the entry through a pointer is
/// known to reach the bodies of fibers and nothing else.
type Entry = unsafe extern "C" fn(*mut Fiber, f32, i64, f32, i64, f32);

#[repr(C)]
struct Body<F> {
    fiber: Fiber,
    future: F,
    stack: FirstSegment,
}

impl<F: Future<Output = Result<JsValue, JsValue>>> Body<F> {
    const KIND: &'static Kind = &Kind { entry: enter::<F>, layout: Layout::new::<Body<F>>() };
}

/// Room for the frames of a few functions: many calls wait in one not far from where they began, and
/// have no other segment then.
#[repr(C, align(16))]
struct FirstSegment([MaybeUninit<u8>; 192]);

#[wasm_bindgen(raw_module = "suspendable:host")]
extern "C" {
    /// Runs `fiber` to its first suspension, and returns the promise of its outcome.
    #[wasm_bindgen(js_name = startFiber)]
    fn start_fiber(fiber: u32) -> js_sys::Promise;
}

/// Runs `future` on a new fiber.
///
/// The name is the one that `#[wasm_bindgen]` calls for an `async` export. The future is the
/// wrapper of a synchronous body: it never returns pending, it suspends.
pub fn future_to_promise<F>(future: F) -> js_sys::Promise
where
    F: Future<Output = Result<JsValue, JsValue>> + 'static,
{
    start_fiber(make(None, None, Ending::Value, future) as u32)
}

/// A fiber that has not begun.
fn make<F>(
    thread: Option<&'static dyn Life>,
    scope: Option<Rc<Scope>>,
    ending: Ending,
    future: F,
) -> usize
where
    F: Future<Output = Result<JsValue, JsValue>>,
{
    fault::install_panic_hook();
    let body = allocate(Body::<F>::KIND).cast::<Body<F>>();
    // SAFETY: allocated for it, and everything but the room of the stack is written.
    unsafe {
        let stack = &raw mut (*body).stack;
        (&raw mut (*body).fiber).write(Fiber {
            sp: stack.add(1) as usize,
            limit: stack as usize,
            segment: 0,
            frames: ptr::null_mut(),
            interrupted: 0,
            outcome: PARKED,
            ending,
            link: 0,
            #[cfg(suspendable_std)]
            locals: Locals::of_instance(),
            kind: Body::<F>::KIND,
            saved: Saved::EMPTY,
            panic: None,
            thread,
            scope,
        });
        (&raw mut (*body).future).write(future);
    }
    body as usize
}

/// The block of the fiber that was the last to end, which one of the same size gets: calls that follow each
/// other need no allocator. Null, or what [`allocate`] has returned, with its layout.
static mut SPARE: (*mut u8, Layout) = (ptr::null_mut(), Layout::new::<()>());

fn allocate(kind: &Kind) -> *mut u8 {
    // SAFETY: there is one thread, and the layout of a fiber is not empty.
    unsafe {
        let (spare, layout) = SPARE;
        if !spare.is_null() && layout == kind.layout {
            SPARE.0 = ptr::null_mut();
            return spare;
        }
        let block = std::alloc::alloc(kind.layout);
        if block.is_null() {
            std::alloc::handle_alloc_error(kind.layout);
        }
        block
    }
}

/// # Safety
///
/// The block is one that [`allocate`] has returned for this kind, and nobody uses it any more.
unsafe fn free(block: *mut u8, kind: &Kind) {
    // SAFETY: as the caller says, and there is one thread.
    unsafe {
        let (spare, layout) = SPARE;
        SPARE = (block, kind.layout);
        if !spare.is_null() {
            std::alloc::dealloc(spare, layout);
        }
    }
}

/// Runs `body` on a new fiber, as `thread`, when nothing else is on the stack. It can be cancelled by `scope`.
///
/// # Safety
///
/// What `body` borrows stays valid until `body` has returned, and for ever if it faults.
#[cfg(target_arch = "wasm32")]
pub(crate) unsafe fn spawn(
    thread: &'static dyn Life,
    scope: Option<Rc<Scope>>,
    #[cfg(suspendable_std)] locals: Option<Locals>,
    body: impl FnOnce(),
) {
    let future = async move {
        body();
        Ok(JsValue::UNDEFINED)
    };
    let fiber = make(Some(thread), scope, Ending::Nobodys, future);
    #[cfg(suspendable_std)]
    if let Some(locals) = locals {
        let fiber: *mut Fiber = ptr::with_exposed_provenance_mut(fiber);
        // SAFETY: it has just been made.
        unsafe { (*fiber).locals = locals };
    }
    // SAFETY: it has just been made.
    unsafe { raw::begin(ptr::with_exposed_provenance_mut(fiber)) };
}

/// Where it is kept what the fiber can be cancelled by that runs and can suspend now; null where there is
/// none.
#[inline]
pub(crate) fn current_scope() -> *mut Option<Rc<Scope>> {
    let fiber: *mut Fiber = raw::current().cast();
    if fiber.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the record of the fiber that runs.
    unsafe { &raw mut (*fiber).scope }
}

/// The fiber that runs ends with this rejection: its body is going to return pending.
pub(crate) fn refuse(reason: JsValue) {
    let fiber: *mut Fiber = raw::current().cast();
    // SAFETY: the record of the fiber that runs.
    unsafe { (*fiber).outcome = reason.into_abi() };
}

/// Where the thread of the fiber is kept that runs and can suspend now; null where there is none.
#[cfg(target_arch = "wasm32")]
#[inline]
pub(crate) fn current_thread() -> *mut Option<&'static dyn Life> {
    thread_of(raw::current())
}

/// The same, of the fiber that was the last to panic.
#[cfg(target_arch = "wasm32")]
pub(crate) fn faulted_thread() -> *mut Option<&'static dyn Life> {
    thread_of(raw::faulted())
}

/// Whether a fiber has panicked, and the runtime has not heard of it yet.
#[cfg(target_arch = "wasm32")]
pub(crate) fn panics() -> bool {
    let fiber: *mut Fiber = raw::faulted().cast();
    // SAFETY: the record of a fiber that panicked is never freed.
    unsafe { fiber.as_ref() }.is_some_and(|fiber| fiber.panic.is_some())
}

/// The fiber that can suspend now, or that panics; null where there is none.
#[inline]
fn current_or_faulted() -> *mut Fiber {
    let current = raw::current();
    if current.is_null() { raw::faulted().cast() } else { current.cast() }
}

#[cfg(target_arch = "wasm32")]
#[inline]
fn thread_of(fiber: *mut u8) -> *mut Option<&'static dyn Life> {
    let fiber: *mut Fiber = fiber.cast();
    if fiber.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the record of a fiber that runs, or that panicked: it is there.
    unsafe { &raw mut (*fiber).thread }
}

/// Runs the body to its end and leaves its outcome in the record.
unsafe extern "C" fn enter<F>(fiber: *mut Fiber, _: f32, _: i64, _: f32, _: i64, _: f32)
where
    F: Future<Output = Result<JsValue, JsValue>>,
{
    let body = fiber.cast::<Body<F>>();
    // SAFETY: `fiber` is the first field of a `Body<F>`, for this is its entry. The future stays
    // where it was allocated and is polled once, so it is pinned; it is dropped here and nowhere
    // else. The record is not borrowed meanwhile: others write it while the future runs.
    unsafe {
        #[cfg(suspendable_std)]
        (*fiber).locals.begin();
        let future = addr_of_mut!((*body).future);
        let poll = Pin::new_unchecked(&mut *future).poll(&mut Context::from_waker(Waker::noop()));
        ptr::drop_in_place(future);
        end(fiber, poll);
        #[cfg(suspendable_std)]
        (*fiber).locals.end();
    }
}

/// Leaves an outcome in the record. Apart from [`enter`], of which there is one for each body.
///
/// # Safety
///
/// The record of the fiber that runs, which has ended.
#[inline(never)]
unsafe fn end(fiber: *mut Fiber, poll: Poll<Result<JsValue, JsValue>>) {
    // SAFETY: as the caller says.
    unsafe {
        let scope = (*fiber).scope.take();
        let value = match poll {
            Poll::Ready(Ok(value)) => value,
            Poll::Ready(Err(reason)) => {
                (*fiber).ending = Ending::Rejection;
                // Whatever the error is: the one who cancelled knows why.
                scope.and_then(|scope| scope.cut()).unwrap_or(reason)
            }
            // A body suspends, and is pending only if it was refused before it began.
            Poll::Pending => {
                (*fiber).ending = Ending::Rejection;
                JsValue::from_abi((*fiber).outcome)
            }
        };
        (*fiber).outcome = value.into_abi();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_run(fiber: *mut Fiber) {
    // SAFETY: the tool's code calls this with the record that `startFiber` was given.
    unsafe { ((*fiber).kind.entry)(fiber, 0.0, 0, 0.0, 0, 0.0) }
}

/// Frees a fiber whose body has returned and whose outcome JavaScript has.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_finish(fiber: *mut Fiber) {
    // SAFETY: the body has run to its end, which dropped the future; this is the last use of the
    // record, and the layout is the one that it was allocated with.
    unsafe {
        drop(JsValue::from_abi((*fiber).outcome));
        (*fiber).saved.free();
        drop((*fiber).panic.take());
        if let Some(thread) = (*fiber).thread.take() {
            thread.returned();
        }
        #[cfg(suspendable_std)]
        (*fiber).locals.free();
        free(fiber.cast(), (*fiber).kind);
    }
}
