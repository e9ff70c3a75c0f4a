//! Blocking: wait for a promise, or for a Rust future, as if the call blocked.

use crate::{Error, cancel, raw};
use js_sys::Promise;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::{JsGeneric, JsValue};

/// Whether a blocking call can be made here.
///
/// It can inside a [`#[suspendable]`](macro@crate::suspendable) export, at any depth, as long as no
/// JavaScript stands on the stack between the export and here, and no panic is in progress.
///
/// ```no_run
/// if suspendable::can_block() {
///     // block_on(…) will suspend this call and nothing else
/// }
/// ```
pub fn can_block() -> bool {
    !raw::current().is_null()
}

/// Waits until `promise` settles and returns its value, or the reason of its rejection.
///
/// The call suspends the fiber it is made on; JavaScript's event loop goes on. Anything with a
/// `then` method will do: `thenable.unchecked_ref::<Promise>()`.
///
/// # Errors
///
/// The reason, if the promise is rejected, or if the call is [cancelled](crate::cancel).
/// [`Error::CannotBlock`] as a JavaScript `Error` where [`can_block`] is false; nothing has happened then.
///
/// ```no_run
/// use js_sys::Promise;
/// use wasm_bindgen::JsValue;
///
/// fn answer() -> Result<f64, JsValue> {
///     let promise = Promise::resolve(&JsValue::from(42));
///     Ok(suspendable::block_on(&promise)?.as_f64().unwrap())
/// }
/// ```
///
/// A promise whose type says what it settles to gives a value of that type:
///
/// ```no_run
/// # use js_sys::{JsString, Promise};
/// fn text(promise: &Promise<JsString>) -> Result<String, wasm_bindgen::JsValue> {
///     Ok(String::from(suspendable::block_on(promise)?))
/// }
/// ```
pub fn block_on<T: JsGeneric>(promise: &Promise<T>) -> Result<T, JsValue> {
    wait(promise.as_ref()).map(wasm_bindgen::JsCast::unchecked_into)
}

/// Not inlined, so that a function that blocks keeps nothing of it in its own frame.
#[inline(never)]
fn wait(promise: &JsValue) -> Result<JsValue, JsValue> {
    if !can_block() {
        return Err(cannot_block());
    }
    // SAFETY: `can_block`.
    unsafe { cancel::suspend(promise) }
}

/// Apart, because an [`Error`] on the stack would make the frame three times as large.
#[cold]
#[inline(never)]
fn cannot_block() -> JsValue {
    Error::CannotBlock.into()
}

/// Runs a Rust future to its end.
///
/// A future that is ready at once needs no fiber. Otherwise the fiber is suspended until the
/// future's waker is called, which may happen from anywhere: another fiber, a callback, a task of
/// `wasm_bindgen_futures`. The future may borrow from the caller.
///
/// It is pinned in this function's frame, and that stays at its address, readable and writable, while
/// the fiber is suspended: members of the suspension set have a stack of the fiber's own, which never
/// moves. So a future may put itself into a list of others, as those of `tokio::sync::Mutex` do, who
/// then write into it.
///
/// # Errors
///
/// [`Error::CannotBlock`] if the future has to wait where [`can_block`] is false, and
/// [`Error::Cancelled`] if the call is [cancelled](crate::cancel); it is dropped.
///
/// ```
/// let text = "borrowed";
/// let length = suspendable::block_on_future(async { text.len() })?;
/// assert_eq!(length, 8);
/// # Ok::<(), suspendable::Error>(())
/// ```
pub fn block_on_future<F: Future>(future: F) -> Result<F::Output, Error> {
    let mut future = pin!(future);
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(signal.clone());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(output);
        }
        if !can_block() {
            return Err(Error::CannotBlock);
        }
        if let Some(woken) = signal.promise() {
            block_on(&woken)?;
        }
    }
}

/// Turns the waker's call into a promise that the fiber can wait for.
#[derive(Default)]
struct Signal(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Idle,
    /// Woken while nobody waited: the next poll must not wait.
    Woken,
    Waiting(Resolve),
}

struct Resolve(js_sys::Function);

// SAFETY: a waker has to be `Send` and `Sync`, and a JavaScript value is not. There is one thread:
// the tool refuses modules with shared memory, and outside WebAssembly no `Resolve` is ever made.
unsafe impl Send for Resolve {}
// SAFETY: as above.
unsafe impl Sync for Resolve {}

impl Signal {
    fn swap(&self, state: State) -> State {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    /// A promise for the next wake, or `None` if it has come already.
    fn promise(&self) -> Option<Promise> {
        if let State::Woken = self.swap(State::Idle) {
            return None;
        }
        Some(Promise::new(&mut |resolve, _| {
            self.swap(State::Waiting(Resolve(resolve)));
        }))
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        if let State::Waiting(Resolve(resolve)) = self.swap(State::Woken) {
            self.swap(State::Idle);
            resolve.call0(&JsValue::UNDEFINED).expect("the resolve function of a promise");
        }
    }
}
