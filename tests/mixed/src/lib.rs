//! wasm-bindgen's own JSPI beside fibers, in one module: each has bytes on the shadow stack that are
//! checked after each suspension.

// wasm-bindgen calls its JSPI experimental.
#![allow(deprecated)]

use js_sys::Promise;
use js_sys::futures::jspi_block_on_promise;
use std::hint::black_box;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Settles to its argument, later.
    #[wasm_bindgen(catch, suspending, js_name = mixedLater)]
    fn later(value: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = mixedLater)]
    fn promise(value: u32) -> Result<Promise, JsValue>;

    /// Calls back into JavaScript that may call any export.
    #[wasm_bindgen(catch, js_name = mixedHook)]
    fn hook() -> Result<JsValue, JsValue>;
}

/// Goes down `depth` calls, waits at each, and checks on the way back that the bytes are its own.
#[inline(never)]
fn descend(
    depth: u32,
    seed: u32,
    wait: &dyn Fn(u32) -> Result<u32, JsValue>,
) -> Result<u32, JsValue> {
    let bytes = &mut [seed as u8 ^ depth as u8; 64];
    // Somebody may write into them: so they are in memory, and not in locals.
    black_box(&mut *bytes);
    let mut sum = wait(depth)?;
    if depth > 0 {
        sum += descend(depth - 1, seed, wait)?;
        sum += wait(0)?;
    }
    if black_box(&mut *bytes).iter().any(|byte| *byte != seed as u8 ^ depth as u8) {
        return Err(format!("bytes of {seed} at depth {depth} are not its own").into());
    }
    Ok(sum)
}

fn number(value: JsValue) -> u32 {
    value.as_f64().unwrap_or_default() as u32
}

/// A fiber.
#[suspendable(js_name = onFiber)]
pub fn on_fiber(depth: u32, seed: u32) -> Result<u32, JsValue> {
    descend(depth, seed, &|value| Ok(number(block_on(&promise(value)?)?)))
}

/// An export of wasm-bindgen's JSPI, which waits for a promise …
#[wasm_bindgen(jspi, js_name = onJspi)]
pub fn on_jspi(depth: u32, seed: u32) -> Result<u32, JsValue> {
    descend(depth, seed, &|value| Ok(number(jspi_block_on_promise(&promise(value)?)?)))
}

/// … and one that calls a suspending import.
#[wasm_bindgen(jspi, js_name = onJspiImport)]
pub fn on_jspi_import(depth: u32, seed: u32) -> Result<u32, JsValue> {
    descend(depth, seed, &|value| Ok(number(later(value)?)))
}

/// Inside wasm-bindgen's JSPI, JavaScript calls exports; then it goes down, while they wait.
#[wasm_bindgen(jspi, js_name = hookOnJspi)]
pub fn hook_on_jspi(seed: u32) -> Result<JsValue, JsValue> {
    let bytes = &mut [seed as u8; 64];
    black_box(&mut *bytes);
    let value = hook()?;
    descend(6, seed, &|value| Ok(number(later(value)?)))?;
    assert!(
        black_box(&mut *bytes).iter().all(|byte| *byte == seed as u8),
        "the bytes are not its own"
    );
    Ok(value)
}

/// A rejection in wasm-bindgen's JSPI, behind which it goes down; both while others wait.
#[wasm_bindgen(jspi, js_name = rejectedOnJspi)]
pub fn rejected_on_jspi(depth: u32, seed: u32) -> Result<u32, JsValue> {
    descend(depth, seed, &|value| {
        let rejected = jspi_block_on_promise(&Promise::reject(&JsValue::from(value)));
        let reason = number(rejected.expect_err("it is rejected"));
        Ok(reason + number(jspi_block_on_promise(&promise(0)?)?))
    })
}

/// The same inside a fiber, some levels down, where there is room on its stack for others to begin in.
#[suspendable(js_name = hookOnFiber)]
pub fn hook_on_fiber(seed: u32) -> Result<JsValue, JsValue> {
    hook_below(8, seed)
}

#[inline(never)]
fn hook_below(depth: u32, seed: u32) -> Result<JsValue, JsValue> {
    let bytes = &mut [seed as u8; 64];
    black_box(&mut *bytes);
    let value = if black_box(depth) > 0 {
        hook_below(depth - 1, seed)?
    } else {
        let value = hook()?;
        descend(6, seed, &|value| Ok(number(block_on(&promise(value)?)?)))?;
        value
    };
    assert!(
        black_box(&mut *bytes).iter().all(|byte| *byte == seed as u8),
        "the bytes are not its own"
    );
    Ok(value)
}

/// wasm-bindgen's way to wait, on a fiber.
#[suspendable(js_name = jspiOnFiber)]
pub fn jspi_on_fiber() -> Result<u32, JsValue> {
    Ok(number(jspi_block_on_promise(&promise(1)?)?))
}

/// Ours, in wasm-bindgen's JSPI.
#[wasm_bindgen(jspi, js_name = fiberOnJspi)]
pub fn fiber_on_jspi() -> Result<u32, suspendable::Error> {
    Ok(number(block_on(&promise(1)?)?))
}

/// An ordinary async export.
#[wasm_bindgen(js_name = ordinaryAsync)]
pub async fn ordinary_async(value: u32) -> Result<u32, JsValue> {
    Ok(number(JsFuture::from(promise(value)?).await?))
}

/// A closure that JavaScript keeps.
#[wasm_bindgen]
pub fn adder(to: u32) -> JsValue {
    Closure::<dyn Fn(u32) -> u32>::new(move |value| value + to).into_js_value()
}

/// Where the shadow stack is.
#[wasm_bindgen(js_name = stackAddress)]
pub fn stack_address() -> usize {
    let here = 0u8;
    black_box(&raw const here) as usize
}
