//! Leaving the stack: the fiber that runs stops, and goes on when a promise has settled or somebody makes it ready.

use crate::raw;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// Suspends the current fiber until it is made [ready](raw::ready).
///
/// # Safety
///
/// [`raw::current`] is not null.
#[cfg(target_arch = "wasm32")]
pub(crate) unsafe fn park() {
    // SAFETY: a fiber can suspend here, says the caller. No slot is number 0.
    unsafe { leave(0) };
}

/// Leaves the stack.
///
/// # Safety
///
/// [`raw::current`] is not null, and the slot is one that `suspend` takes.
#[inline]
unsafe fn leave(slot: u32) -> u32 {
    #[cfg(suspendable_std)]
    let fiber: *mut super::Fiber = raw::current().cast();
    // SAFETY: as the caller says.
    unsafe {
        #[cfg(suspendable_std)]
        (*fiber).locals.exchange();
        let rejected = raw::suspend(slot);
        #[cfg(suspendable_std)]
        (*fiber).locals.exchange();
        rejected
    }
}

/// Suspends the current fiber until `promise` settles, and returns its outcome.
///
/// The outcome comes back in the externref slot that the promise went out in, so a suspension
/// allocates no slot but that of the clone.
///
/// # Safety
///
/// [`raw::current`] is not null.
pub(crate) unsafe fn suspend(promise: &JsValue) -> Result<JsValue, JsValue> {
    let slot = promise.clone().into_abi();
    if slot == promise.into_abi() {
        // Only a constant (`undefined`, `true`, …) shares its slot with its clone. No constant is
        // thenable, and its slot is everybody's: nothing may be written there.
        return Ok(promise.clone());
    }
    // SAFETY: a fiber can suspend here, says the caller; the slot is this call's own.
    let rejected = unsafe { leave(slot) };
    // SAFETY: the slot came from `into_abi` above and is given back once.
    let outcome = unsafe { JsValue::from_abi(slot) };
    if rejected == 0 { Ok(outcome) } else { Err(outcome) }
}
