//! The work of the comparison, with wasm-bindgen's own JSPI.
//!
//! Arguments are taken by value: references to JavaScript values lie on a stack of 1024 entries, which
//! calls that wait do not give back.

// It is marked as deprecated for as long as it is experimental.
#![allow(deprecated)]

use js_sys::futures::jspi_block_on_promise;
use js_sys::{Promise, Reflect};
use std::hint::black_box;
use wasm_bindgen::prelude::*;

/// Waits `times` times, `frames` frames below the caller.
///
/// # Errors
///
/// What the promise is rejected with.
#[wasm_bindgen(jspi)]
pub fn suspend(frames: u32, times: u32, promise: Promise) -> Result<u32, JsValue> {
    if frames == 1 { wait(times, &promise) } else { descend(frames - 2, times, &promise) }
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
        jspi_block_on_promise(promise)?;
    }
    Ok(times)
}

/// The same with half a kilobyte in every frame.
///
/// # Errors
///
/// As above.
#[wasm_bindgen(jspi, js_name = suspendLarge)]
pub fn suspend_large(frames: u32, times: u32, promise: Promise) -> Result<u32, JsValue> {
    if frames == 1 { wait(times, &promise) } else { descend_large(frames - 2, times, &promise) }
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
#[wasm_bindgen(jspi)]
pub fn immediate(number: u32) -> u32 {
    number + 1
}

/// Suspends once.
///
/// # Errors
///
/// What the promise is rejected with.
#[wasm_bindgen(jspi)]
pub fn once(promise: Promise) -> Result<JsValue, JsValue> {
    jspi_block_on_promise(&promise)
}

#[wasm_bindgen(inline_js = "export const load = (specifier) => import(specifier);")]
extern "C" {
    #[wasm_bindgen(catch, suspending)]
    fn load(specifier: &str) -> Result<JsValue, JsValue>;
}

/// The `value` of a module.
///
/// # Errors
///
/// If it cannot be imported.
#[wasm_bindgen(jspi, js_name = importModule)]
pub fn import_module(specifier: &str) -> Result<JsValue, JsValue> {
    Reflect::get(&load(specifier)?, &"value".into())
}

/// Imports the same module `times` times.
///
/// # Errors
///
/// If it cannot be imported.
#[wasm_bindgen(jspi, js_name = importAgain)]
pub fn import_again(specifier: &str, times: u32) -> Result<u32, JsValue> {
    for _ in 0..times {
        load(specifier)?;
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
