//! The work of the comparison, with `async` functions all the way up.

use js_sys::{Promise, Reflect};
use std::hint::black_box;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Waits `times` times, `frames` functions below the caller.
///
/// # Errors
///
/// What the promise is rejected with.
#[wasm_bindgen]
pub async fn suspend(frames: u32, times: u32, promise: Promise) -> Result<u32, JsValue> {
    if frames == 1 {
        wait(times, &promise).await
    } else {
        descend(frames - 2, times, &promise).await
    }
}

async fn descend(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    if frames > 0 {
        return Ok(Box::pin(descend(black_box(frames) - 1, times, promise)).await? + 1);
    }
    wait(times, promise).await
}

async fn wait(times: u32, promise: &Promise) -> Result<u32, JsValue> {
    for _ in 0..times {
        JsFuture::from(promise.clone()).await?;
    }
    Ok(times)
}

/// The same with half a kilobyte in every frame.
///
/// # Errors
///
/// As above.
#[wasm_bindgen(js_name = suspendLarge)]
pub async fn suspend_large(frames: u32, times: u32, promise: Promise) -> Result<u32, JsValue> {
    if frames == 1 {
        wait(times, &promise).await
    } else {
        descend_large(frames - 2, times, &promise).await
    }
}

async fn descend_large(frames: u32, times: u32, promise: &Promise) -> Result<u32, JsValue> {
    let mut block = [frames; 128];
    black_box(&mut block);
    let result = if frames > 0 {
        Box::pin(descend_large(black_box(frames) - 1, times, promise)).await? + 1
    } else {
        wait(times, promise).await?
    };
    assert!(block.iter().all(|word| *word == frames), "the frame has changed");
    Ok(result)
}

/// Never waits.
#[wasm_bindgen]
pub async fn immediate(number: u32) -> u32 {
    number + 1
}

/// Waits once.
///
/// # Errors
///
/// What the promise is rejected with.
#[wasm_bindgen]
pub async fn once(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

#[wasm_bindgen(inline_js = "export const load = (specifier) => import(specifier);")]
extern "C" {
    fn load(specifier: &str) -> Promise;
}

/// The `value` of a module.
///
/// # Errors
///
/// If it cannot be imported.
#[wasm_bindgen(js_name = importModule)]
pub async fn import_module(specifier: String) -> Result<JsValue, JsValue> {
    let module = JsFuture::from(load(&specifier)).await?;
    Reflect::get(&module, &"value".into())
}

/// Imports the same module `times` times.
///
/// # Errors
///
/// If it cannot be imported.
#[wasm_bindgen(js_name = importAgain)]
pub async fn import_again(specifier: String, times: u32) -> Result<u32, JsValue> {
    for _ in 0..times {
        JsFuture::from(load(&specifier)).await?;
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
