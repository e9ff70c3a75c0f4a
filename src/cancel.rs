//! Giving up: whoever called a `#[suspendable]` export can, and a [`timeout`](crate::time::timeout) does.
//!
//! Every export takes options behind its other arguments, as `fetch` does:
//!
//! ```js
//! const controller = new AbortController();
//! button.onclick = () => controller.abort();
//! await describe('./plugin.mjs', { signal: controller.signal });
//! ```
//!
//! When the signal is aborted, the blocking call that the fiber is in fails with [`Error::Cancelled`],
//! which carries the signal's reason, and so does every later one. So the Rust returns through its own
//! error paths, destructors run, and the promise is rejected with the reason, whatever error the Rust
//! made of it. A call whose signal is aborted beforehand does not begin. Threads of a
//! [`scope`](crate::thread::scope) go with their parent.
//!
//! What std's signatures have no error for is not cut short: locks, conditions, barriers, `join`, `park`
//! and a `send` that is full wait for other threads, who have signals of their own. A channel's `recv`
//! fails as if the other end were gone, and [`sleep`](crate::thread::sleep) returns early.
//!
//! What was being waited for has to be told: readers, writers, files and sockets of this crate stop what
//! they have begun when they are dropped. An import of one's own is given the [`signal`]:
//!
//! ```no_run
//! use suspendable::{Error, cancel, suspendable, suspending};
//! use wasm_bindgen::prelude::*;
//!
//! #[suspending(module = "query")]
//! extern "C" {
//!     fn query(sql: &str, signal: Option<cancel::AbortSignal>) -> Result<String, Error>;
//! }
//!
//! #[suspendable]
//! pub fn report() -> Result<String, Error> {
//!     query("select …", cancel::signal())
//! }
//! ```

pub(crate) mod scope;

use crate::{Error, fiber};
pub use scope::AbortSignal;
use scope::Scope;
#[cfg(target_arch = "wasm32")]
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host")]
extern "C" {
    /// The `signal` of a call's options, if there is one.
    #[wasm_bindgen(js_name = signalOf, catch)]
    fn signal_of(options: &JsValue) -> Result<Option<AbortSignal>, JsValue>;

    /// What becomes of the promise, or a rejection as soon as the signal is aborted.
    #[wasm_bindgen(js_name = orAborted)]
    fn or_aborted(promise: &JsValue, signal: &AbortSignal) -> JsValue;
}

/// The signal that is aborted when this call is cancelled, or the innermost
/// [`timeout`](crate::time::timeout) that it is in has run out. `None` if nothing can cancel it.
///
/// ```
/// assert!(suspendable::cancel::signal().is_none());
/// ```
pub fn signal() -> Option<AbortSignal> {
    Some(current()?.signal().clone())
}

/// Whether to go on: for code that computes for long, and blocks seldom.
///
/// # Errors
///
/// [`Error::Cancelled`] if this call has been cancelled.
///
/// ```
/// # fn multiply(_: u32) {}
/// for row in 0..1000 {
///     suspendable::cancel::check()?;
///     multiply(row);
/// }
/// # Ok::<(), suspendable::Error>(())
/// ```
pub fn check() -> Result<(), Error> {
    ready().map_err(Error::Cancelled)
}

/// What the fiber can be cancelled by that runs now.
pub(crate) fn current() -> Option<Rc<Scope>> {
    // SAFETY: null, or the place in the record of the fiber that runs.
    unsafe { fiber::current_scope().as_ref() }?.clone()
}

/// Fails with the reason, if the fiber that runs has been cancelled: for what must not begin then.
#[inline(never)]
pub fn ready() -> Result<(), JsValue> {
    current().map_or(Ok(()), |scope| scope.ready())
}

/// [`fiber::suspend`], for a fiber that can be cancelled too.
///
/// # Safety
///
/// A fiber can suspend here.
#[inline]
pub(crate) unsafe fn suspend(promise: &JsValue) -> Result<JsValue, JsValue> {
    // SAFETY: as the caller says.
    unsafe {
        match current() {
            None => fiber::suspend(promise),
            Some(scope) => suspend_in(&scope, promise),
        }
    }
}

/// Suspends until the promise settles or the signal is aborted, which is an error unless the promise had a value
/// before.
///
/// # Safety
///
/// A fiber can suspend here.
unsafe fn suspend_in(scope: &Scope, promise: &JsValue) -> Result<JsValue, JsValue> {
    // SAFETY: as the caller says.
    let outcome = unsafe { fiber::suspend(&or_aborted(promise, scope.signal())) };
    outcome.or_else(|reason| scope.ready().and(Err(reason)))
}

/// From now on, until [`leave`], the fiber that runs can be cancelled by this signal, which is aborted
/// with the one that there was. `owner` is what aborts it, and is dropped when nobody looks at it any more.
#[cfg(target_arch = "wasm32")]
pub(crate) fn enter(signal: AbortSignal, owner: Box<dyn Any>) {
    let outer = current();
    replace(Some(Rc::new(Scope::inside(outer, signal, owner))));
}

/// Undoes [`enter`], and returns what was made then.
#[cfg(target_arch = "wasm32")]
pub(crate) fn leave() -> Rc<Scope> {
    let scope = current().expect("entered");
    replace(scope.outer());
    scope
}

#[cfg(target_arch = "wasm32")]
fn replace(scope: Option<Rc<Scope>>) {
    let place = fiber::current_scope();
    assert!(!place.is_null(), "the fiber that runs here did before");
    // SAFETY: the place in the record of the fiber that runs. What it held is dropped when that is done.
    drop(unsafe { std::mem::replace(&mut *place, scope) });
}

/// Whether a value that JavaScript threw is what the fiber that runs was cancelled with.
pub(crate) fn is_reason(thrown: &JsValue) -> bool {
    current()
        .and_then(|scope| scope.cut())
        .is_some_and(|reason| js_sys::Object::is(&reason, thrown))
}

/// What a call begins with, on its fiber: to go by its options.
///
/// # Errors
///
/// The call is cancelled already, or the options are none: it ends without having begun.
#[inline]
pub fn begin(options: Option<JsValue>) -> Result<(), JsValue> {
    options.map_or(Ok(()), |options| go_by(&options))
}

/// The same for a call whose type has no error: it stays pending.
pub fn begin_or_end(options: Option<JsValue>) -> Begin {
    Begin(options)
}

/// See [`begin_or_end`].
pub struct Begin(Option<JsValue>);

impl Future for Begin {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<()> {
        begin(self.0.take()).map_or_else(
            |reason| {
                fiber::refuse(reason);
                Poll::Pending
            },
            Poll::Ready,
        )
    }
}

#[cold]
#[inline(never)]
fn go_by(options: &JsValue) -> Result<(), JsValue> {
    let Some(signal) = signal_of(options)? else { return Ok(()) };
    let scope = Rc::new(Scope::of_call(signal));
    let ready = scope.ready();
    // SAFETY: this runs on a fiber, as the first of its body: nobody else looks at the place.
    unsafe { *fiber::current_scope() = Some(scope) };
    ready
}
