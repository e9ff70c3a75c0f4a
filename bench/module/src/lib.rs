//! What the benchmark measures.

use js_sys::Promise;
use std::hint::black_box;
use suspendable::{block_on, js_import, suspendable};
use wasm_bindgen::prelude::*;

/// Suspends `times` times at `frames` frames below the export, for a promise that is resolved.
#[suspendable]
pub fn suspend(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    descend(frames.saturating_sub(2), times, promise)
}

#[inline(never)]
fn descend(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    if frames > 0 {
        return Ok(descend(black_box(frames) - 1, times, promise)? + 1);
    }
    for _ in 0..times {
        block_on(promise)?;
    }
    Ok(times)
}

/// Never suspends.
#[suspendable]
pub fn immediate(number: u32) -> u32 {
    number + 1
}

/// Suspends once.
#[suspendable]
pub fn once(promise: &Promise) -> Result<JsValue, JsValue> {
    block_on(promise)
}

/// Imports the same module `times` times.
#[suspendable(js_name = importAgain)]
pub fn import_again(specifier: &str, times: u32) -> Result<u32, suspendable::Error> {
    for _ in 0..times {
        js_import(specifier)?;
    }
    Ok(times)
}

/// The memory that the allocator has taken, in bytes.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) << 16;
    #[cfg(not(target_arch = "wasm32"))]
    0
}
