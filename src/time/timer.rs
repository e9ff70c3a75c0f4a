//! A time-out is a signal that a timer aborts.

use super::{Duration, Elapsed};
use crate::cancel::{self, AbortSignal};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/timer")]
extern "C" {
    /// A signal that is aborted with `outer`, and after some milliseconds.
    #[derive(Clone)]
    type Timer;
    #[wasm_bindgen(js_name = startTimer)]
    fn start_timer(milliseconds: f64, outer: Option<AbortSignal>) -> Timer;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &Timer) -> AbortSignal;
    /// What it is aborted with by itself.
    #[wasm_bindgen(method, getter)]
    fn elapsed(this: &Timer) -> JsValue;
    #[wasm_bindgen(method)]
    fn stop(this: &Timer);
}

/// Stops the timer when nobody looks at its signal any more, also after a fault.
struct Stops(Timer);

impl Drop for Stops {
    fn drop(&mut self) {
        self.0.stop();
    }
}

pub(super) fn run<T>(duration: Duration, f: impl FnOnce() -> T) -> Result<T, Elapsed> {
    if !crate::can_block() {
        return Ok(f());
    }
    let timer = start_timer(duration.as_secs_f64() * 1000.0, cancel::signal());
    cancel::enter(timer.signal(), Box::new(Stops(timer.clone())));
    let value = f();
    let cut = cancel::leave().cut();
    timer.stop();
    match cut {
        Some(reason) if js_sys::Object::is(&reason, &timer.elapsed()) => Err(Elapsed(())),
        _ => Ok(value),
    }
}
