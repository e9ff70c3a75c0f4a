//! What is random, for std's hash maps.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// How many bytes the host gives at once.
const AT_ONCE: usize = 65_536;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

/// Whether the host has filled them: there are workers that are given nothing random before the first request.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_random(bytes: *mut u8, length: usize) -> bool {
    // SAFETY: std lends them.
    let bytes = unsafe { std::slice::from_raw_parts_mut(bytes, length) };
    bytes.chunks_mut(AT_ONCE).all(|some| get_random_values(some).is_ok())
}
