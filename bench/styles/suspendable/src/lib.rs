//! The work of the comparison, with calls that block.

use js_sys::Promise;
use std::hint::black_box;
use suspendable::{block_on, js_import, suspendable};
use wasm_bindgen::prelude::*;

/// Waits `times` times, `frames` frames below the caller.
#[suspendable]
pub fn suspend(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    if frames == 1 { wait(times, promise) } else { descend(frames - 2, times, promise) }
}

#[inline(never)]
fn descend(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    if frames > 0 {
        return Ok(descend(black_box(frames) - 1, times, promise)? + 1);
    }
    wait(times, promise)
}

#[inline(always)]
fn wait(times: u32, promise: &Promise) -> Result<u32, JsValue> {
    for _ in 0..times {
        block_on(promise)?;
    }
    Ok(times)
}

/// The same with half a kilobyte in every frame.
#[suspendable(js_name = suspendLarge)]
pub fn suspend_large(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    if frames == 1 { wait(times, promise) } else { descend_large(frames - 2, times, promise) }
}

#[inline(never)]
fn descend_large(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    let mut block = [frames; 128];
    black_box(&mut block);
    let result = if frames > 0 {
        descend_large(black_box(frames) - 1, times, promise)? + 1
    } else {
        wait(times, promise)?
    };
    assert!(block.iter().all(|word| *word == frames), "the frame has changed");
    Ok(result)
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

/// The `value` of a module.
#[suspendable(js_name = importModule)]
pub fn import_module(specifier: &str) -> Result<f64, suspendable::Error> {
    js_import(specifier)?.get("value")
}

/// Imports the same module `times` times.
#[suspendable(js_name = importAgain)]
pub fn import_again(specifier: &str, times: u32) -> Result<u32, suspendable::Error> {
    for _ in 0..times {
        js_import(specifier)?;
    }
    Ok(times)
}

#[wasm_bindgen(inline_js = "
    const kept = {};
    export const lookUp = (specifier) => kept;
")]
extern "C" {
    #[wasm_bindgen(js_name = lookUp)]
    fn look_up(specifier: &str) -> JsValue;
}

/// Calls an ordinary JavaScript function with a string `times` times, and takes an object from it.
#[wasm_bindgen(js_name = callAgain)]
pub fn call_again(specifier: &str, times: u32) -> u32 {
    for _ in 0..times {
        black_box(look_up(specifier));
    }
    times
}

/// The memory that the allocator has taken, in bytes.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) << 16;
    #[cfg(not(target_arch = "wasm32"))]
    0
}
