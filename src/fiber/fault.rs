//! How a fiber ends that does not return: by a panic, whose message and place are kept for JavaScript, or by a trap.

use super::{Fiber, current_or_faulted};
use crate::convert;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// The message of the panic that ended `fiber`, as an externref slot; `undefined` for other faults.
///
/// The fiber ended without its destructors, as after every abort, and what it owned stays allocated. So
/// do the record and the stack: lists of others may run through its frames and its future.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_fault(fiber: *mut Fiber) -> u32 {
    // SAFETY: the record of a fiber that faulted is never freed.
    let message = unsafe {
        (*fiber).saved.free();
        #[cfg(suspendable_std)]
        (*fiber).locals.exchange();
        drop((*fiber).scope.take());
        if let Some(thread) = (*fiber).thread {
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
pub(super) fn install_panic_hook() {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    if IS_INSTALLED.swap(true, Relaxed) {
        return;
    }
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let fiber = current_or_faulted();
        if !fiber.is_null() {
            // SAFETY: not null, so it is the record of the fiber that is panicking.
            unsafe {
                (*fiber).panic = Some(describe(info));
                if let Some(thread) = (*fiber).thread {
                    thread.panics(info);
                }
            }
        }
        previous(info);
    }));
}

/// What `info.to_string()` is.
fn describe(info: &PanicHookInfo) -> Box<str> {
    let place = info.location().expect("a panic has a place");
    let mut digits = [[0; 10]; 2];
    let [line, column] = &mut digits;
    let (line, column) = (decimal(place.line(), line), decimal(place.column(), column));
    let message = info.payload_as_str();
    let (between, message) = message.map_or(("", ""), |message| (":\n", message));
    let parts = ["panicked at ", place.file(), ":", line, ":", column, between, message];
    convert::concat(&parts)
}

#[inline(never)]
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    // What panics with numbers would bring the machinery of `format!`.
    let written = digits.get(first..).unwrap_or_default();
    // SAFETY: digits.
    unsafe { str::from_utf8_unchecked(written) }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use std::cell::RefCell;

    #[test]
    fn a_panic_is_described_as_std_does() {
        thread_local!(static DESCRIBED: RefCell<Vec<(String, String)>> = const { RefCell::new(vec![]) });
        std::panic::set_hook(Box::new(|info| {
            DESCRIBED.with_borrow_mut(|all| all.push((describe(info).into(), info.to_string())));
        }));
        for panics in [|| panic!("plain"), || panic!("number {}", 13), || std::panic::panic_any(7)]
        {
            std::panic::catch_unwind(panics).unwrap_err();
        }
        drop(std::panic::take_hook());
        DESCRIBED.with_borrow(|all| {
            assert_eq!(all.len(), 3);
            all.iter().for_each(|(ours, std)| assert_eq!(ours, std));
        });
    }
}
