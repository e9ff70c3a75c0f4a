//! A fiber: one running call of a `#[suspendable]` export, with its stack.
//!
//! A fiber has a record on the heap, from the call until its promise settles. Its first fields are
//! read and written by the code that the tool generates; the body of the call lies behind them in
//! the same allocation.
//!
//! While a fiber is suspended, the addresses of its shadow stack belong to whoever runs, so its
//! bytes live in [`Saved`]. That is enough, because every pointer into them is used only by the
//! fiber itself, and the bytes are back at the same address before its next instruction.

use crate::raw;
use std::alloc::Layout;
use std::future::Future;
use std::panic::PanicHookInfo;
use std::pin::Pin;
use std::ptr::{self, addr_of_mut};
use std::rc::Rc;
use std::sync::Once;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};
use wasm_bindgen::prelude::wasm_bindgen;

/// The record of one fiber. The order of the fields up to `rejected` is the tool's `layout.rs`.
#[repr(C)]
pub(crate) struct Fiber {
    /// `__stack_pointer` at entry: the shadow stack of this fiber lies below.
    base: usize,
    /// `__stack_pointer` at the last suspension.
    sp: usize,
    /// Whether it has ever been suspended: from then on, nothing lies above it on the stack.
    resumed: u32,
    /// The externref slot of what the body returned.
    outcome: u32,
    /// Whether `outcome` is a rejection.
    rejected: u32,
    entry: Entry,
    layout: Layout,
    saved: Saved,
    panic: Option<String>,
    /// What std would call the thread; made when it is first asked for.
    thread: Option<Rc<dyn Life>>,
}

/// What a thread wants to hear of its fiber. A trait, so that a program without threads has no code
/// of theirs.
pub(crate) trait Life {
    /// The body has returned.
    fn returned(&self);
    /// A fault has ended the fiber.
    fn faulted(&self);
    /// The fiber panics, and will fault.
    fn panics(&self, info: &PanicHookInfo);
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
}

#[wasm_bindgen(raw_module = "suspendable:host")]
extern "C" {
    /// Runs `fiber` to its first suspension, and returns the promise of its outcome.
    #[wasm_bindgen(js_name = startFiber)]
    fn start_fiber(fiber: u32) -> js_sys::Promise;

    /// The same, as soon as nothing else is on the stack, and in the order of these calls. What
    /// becomes of the fiber is told to nobody.
    #[cfg(target_arch = "wasm32")]
    #[wasm_bindgen(js_name = startFiberLater)]
    fn start_fiber_later(fiber: u32);
}

/// Runs `future` on a new fiber.
///
/// The name is the one that `#[wasm_bindgen]` calls for an `async` export. The future is the
/// wrapper of a synchronous body: it never returns pending, it suspends.
pub fn future_to_promise<F>(future: F) -> js_sys::Promise
where
    F: Future<Output = Result<JsValue, JsValue>> + 'static,
{
    let body = Body { fiber: Fiber::new::<F>(), future };
    start_fiber(Box::into_raw(Box::new(body)) as usize as u32)
}

/// Runs `body` on a new fiber, as `thread`, when nothing else is on the stack.
///
/// # Safety
///
/// What `body` borrows stays valid until `body` has returned, and for ever if it faults.
#[cfg(target_arch = "wasm32")]
pub(crate) unsafe fn spawn(thread: Rc<dyn Life>, body: impl FnOnce()) {
    fn make<F>(thread: Rc<dyn Life>, future: F) -> *mut u8
    where
        F: Future<Output = Result<JsValue, JsValue>>,
    {
        let mut body = Body { fiber: Fiber::new::<F>(), future };
        body.fiber.thread = Some(thread);
        Box::into_raw(Box::new(body)).cast()
    }
    let future = async move {
        body();
        Ok(JsValue::UNDEFINED)
    };
    start_fiber_later(make(thread, future) as usize as u32);
}

/// Where the thread of the fiber is kept that runs and can suspend now; null where there is none.
#[cfg(target_arch = "wasm32")]
#[inline]
pub(crate) fn current_thread() -> *mut Option<Rc<dyn Life>> {
    thread_of(raw::current())
}

/// The same, of the fiber that was the last to panic.
#[cfg(target_arch = "wasm32")]
pub(crate) fn faulted_thread() -> *mut Option<Rc<dyn Life>> {
    thread_of(raw::faulted())
}

/// Whether a fiber has panicked, and the runtime has not heard of it yet.
#[cfg(target_arch = "wasm32")]
pub(crate) fn panics() -> bool {
    let fiber: *mut Fiber = raw::faulted().cast();
    // SAFETY: the record of a fiber that panicked is never freed.
    unsafe { fiber.as_ref() }.is_some_and(|fiber| fiber.panic.is_some())
}

#[cfg(target_arch = "wasm32")]
#[inline]
fn thread_of(fiber: *mut u8) -> *mut Option<Rc<dyn Life>> {
    let fiber: *mut Fiber = fiber.cast();
    if fiber.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the record of a fiber that runs, or that panicked: it is there.
    unsafe { &raw mut (*fiber).thread }
}

impl Fiber {
    /// The record of a fiber whose body is a `Body<F>`.
    fn new<F: Future<Output = Result<JsValue, JsValue>>>() -> Fiber {
        install_panic_hook();
        Fiber {
            base: 0,
            sp: 0,
            resumed: 0,
            outcome: 0,
            rejected: 0,
            entry: enter::<F>,
            layout: Layout::new::<Body<F>>(),
            saved: Saved::EMPTY,
            panic: None,
            thread: None,
        }
    }
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
        let future = addr_of_mut!((*body).future);
        let poll = Pin::new_unchecked(&mut *future).poll(&mut Context::from_waker(Waker::noop()));
        ptr::drop_in_place(future);
        let Poll::Ready(outcome) = poll else {
            unreachable!("the body of a fiber suspends, it does not return pending")
        };
        let (value, rejected) = match outcome {
            Ok(value) => (value, 0),
            Err(reason) => (reason, 1),
        };
        (*fiber).outcome = value.into_abi();
        (*fiber).rejected = rejected;
    }
}

/// The part of a suspended fiber's stack that lies in linear memory, in one allocation:
///
/// ```text
/// shadow    the bytes of [sp, base)
/// …
/// frames    what the functions saved on their way out, the innermost first (through JSPI: nothing)
/// ```
///
/// Kept between suspensions, so that a loop at one depth allocates once. Frames that have not been
/// rewound since the last suspension stay where they are, and new ones go in front of them.
struct Saved {
    block: *mut u8,
    capacity: usize,
    frames: usize,
}

impl Saved {
    const EMPTY: Saved = Saved { block: ptr::null_mut(), capacity: 0, frames: 0 };
    const ALIGN: usize = 16;

    /// Makes room for a shadow stack and for new frames, in front of those from `kept` on.
    ///
    /// A block more than four times too large is given back: a fiber that was deep once does not
    /// hold that memory while it waits at a shallow place.
    ///
    /// # Safety
    ///
    /// `kept` is in the block, or null.
    unsafe fn reserve(&mut self, shadow: usize, kept: *const u8, new: usize) {
        let kept = if kept.is_null() { 0 } else { self.end() as usize - kept as usize };
        let size = (shadow + kept + new).next_multiple_of(Self::ALIGN);
        self.frames = kept + new;
        if size <= self.capacity && self.capacity / 4 <= size.max(Self::ALIGN) {
            return;
        }
        let mut other = Self { block: Self::allocate(size), capacity: size, frames: self.frames };
        // SAFETY: both blocks have the bytes that are kept at their ends.
        unsafe {
            if kept > 0 {
                other.end().sub(kept).copy_from_nonoverlapping(self.end().sub(kept), kept);
            }
        }
        std::mem::swap(self, &mut other);
        other.free();
    }

    fn allocate(size: usize) -> *mut u8 {
        if size == 0 {
            return ptr::null_mut();
        }
        let layout = Self::layout(size);
        // SAFETY: `size` is not zero.
        let block = unsafe { std::alloc::alloc(layout) };
        if block.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        block
    }

    fn end(&self) -> *mut u8 {
        self.block.wrapping_add(self.capacity)
    }

    fn free(&mut self) {
        if !self.block.is_null() {
            // SAFETY: allocated in `reserve` with this layout.
            unsafe { std::alloc::dealloc(self.block, Self::layout(self.capacity)) };
        }
        *self = Self::EMPTY;
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, Self::ALIGN).expect("a stack is smaller than the memory")
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_run(fiber: *mut Fiber) {
    // SAFETY: the tool's code calls this with the record that `startFiber` was given.
    unsafe { ((*fiber).entry)(fiber, 0.0, 0, 0.0, 0, 0.0) }
}

/// Makes room for `length` bytes of frames and for the shadow stack `[sp, base)` of `fiber`; the frames
/// from `kept` on stay in its block.
///
/// Apart from the copying, because this may grow the memory, which moves frames on their way.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_reserve(fiber: *mut Fiber, kept: *const u8, length: usize) {
    // SAFETY: the tool's code has stored `sp` and `base`, and still has `__stack_pointer` at `sp`,
    // so that the frames of this function and its callees are below that region. `kept` is what
    // `__suspendable_restore` returned, moved behind the frames that have been rewound.
    unsafe {
        let Fiber { base, sp, ref mut saved, .. } = *fiber;
        saved.reserve(base - sp, kept, length);
    }
}

/// Copies `length` bytes of `frames`, as was reserved, and the shadow stack of `fiber` into its block.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_evacuate(fiber: *mut Fiber, frames: *const u8, length: usize) {
    // SAFETY: as above; `__suspendable_reserve` was the last to touch the block.
    unsafe {
        let Fiber { base, sp, ref saved, .. } = *fiber;
        saved.end().wrapping_sub(saved.frames).copy_from_nonoverlapping(frames, length);
        saved.block.copy_from_nonoverlapping(ptr::with_exposed_provenance(sp), base - sp);
    }
}

/// Copies the shadow stack of `fiber` back, and returns its innermost frame.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_restore(fiber: *mut Fiber) -> *const u8 {
    // SAFETY: as above; the tool's code has set `__stack_pointer` to `sp` before.
    unsafe {
        let Fiber { base, sp, ref saved, .. } = *fiber;
        ptr::with_exposed_provenance_mut::<u8>(sp).copy_from_nonoverlapping(saved.block, base - sp);
        saved.end().wrapping_sub(saved.frames)
    }
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
        std::alloc::dealloc(fiber.cast(), (*fiber).layout);
    }
}

/// The message of the panic that ended `fiber`, as an externref slot; `undefined` for other faults.
///
/// The frames of the fiber are gone without their destructors, as after every abort, and what they
/// owned stays allocated. So does the record: something on the heap may point into its future.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_fault(fiber: *mut Fiber) -> u32 {
    // SAFETY: the record of a fiber that faulted is never freed.
    let message = unsafe {
        (*fiber).saved.free();
        if let Some(thread) = (*fiber).thread.clone() {
            thread.faulted();
        }
        (*fiber).panic.take()
    };
    message.map_or(JsValue::UNDEFINED, |message| JsValue::from_str(&message)).into_abi()
}

/// Drops the value in an externref slot that JavaScript has read.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_release(slot: u32) {
    // SAFETY: the slot is one that `__suspendable_fault` returned, released once.
    drop(unsafe { JsValue::from_abi(slot) });
}

/// Keeps the message and place of a panic with the fiber that it ends.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let mut fiber: *mut Fiber = raw::faulted().cast();
            if fiber.is_null() {
                fiber = raw::current().cast();
            }
            if !fiber.is_null() {
                // SAFETY: not null, so it is the record of the fiber that is panicking.
                unsafe {
                    (*fiber).panic = Some(info.to_string());
                    if let Some(thread) = (*fiber).thread.clone() {
                        thread.panics(info);
                    }
                }
            }
            previous(info);
        }));
    });
}
