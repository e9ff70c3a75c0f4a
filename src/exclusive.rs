//! Exclusive calls: the queue is js/host/exclusive.js, in front of the export. Here is what only the call
//! itself can say: that it has ended, and others may get the number of its fiber.

use crate::raw;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/exclusive")]
extern "C" {
    fn ended(fiber: u32);
}

/// Lives as long as the body of an exclusive call. The number of a fiber that faults is nobody's again.
pub struct Turn(());

/// What the body of an exclusive call begins with.
pub fn turn() -> Turn {
    Turn(())
}

impl Drop for Turn {
    fn drop(&mut self) {
        ended(raw::current() as u32);
    }
}
