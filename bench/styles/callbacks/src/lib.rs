//! The work of the comparison, with callbacks: what comes after an answer stands in a closure, which
//! frees itself and its sibling.

use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Where results go.
#[derive(Clone)]
struct Callbacks {
    completed: Function,
    failed: Function,
}

impl Callbacks {
    fn complete(&self, value: &JsValue) {
        let _ = self.completed.call1(&JsValue::UNDEFINED, value);
    }

    fn fail(&self, reason: &JsValue) {
        let _ = self.failed.call1(&JsValue::UNDEFINED, reason);
    }
}

/// The closures that wait for one promise; both are dropped when either has run.
type Waiting = Rc<RefCell<Option<[Closure<dyn FnMut(JsValue)>; 2]>>>;

/// Calls `go_on` with what the promise is fulfilled with.
fn wait(promise: &Promise, callbacks: Callbacks, go_on: impl FnOnce(JsValue, Callbacks) + 'static) {
    let waiting = Waiting::default();
    let completed = Closure::once({
        let (callbacks, waiting) = (callbacks.clone(), waiting.clone());
        move |value| {
            waiting.take();
            go_on(value, callbacks);
        }
    });
    let failed = Closure::once({
        let waiting = waiting.clone();
        move |reason| {
            waiting.take();
            callbacks.fail(&reason);
        }
    });
    let _ = promise.then2(&completed, &failed);
    waiting.replace(Some([completed, failed]));
}

/// Waits `times` times.
#[wasm_bindgen]
pub fn suspend(times: u32, promise: Promise, completed: Function, failed: Function) {
    wait_again(0, times, promise, Callbacks { completed, failed });
}

fn wait_again(done: u32, times: u32, promise: Promise, callbacks: Callbacks) {
    if done == times {
        return callbacks.complete(&times.into());
    }
    wait(&promise.clone(), callbacks, move |_, callbacks| {
        wait_again(done + 1, times, promise, callbacks);
    });
}

/// Never waits.
#[wasm_bindgen]
pub fn immediate(number: u32, completed: Function, failed: Function) {
    Callbacks { completed, failed }.complete(&(number + 1).into());
}

/// Waits once.
#[wasm_bindgen]
pub fn once(promise: &Promise, completed: Function, failed: Function) {
    wait(promise, Callbacks { completed, failed }, |value, callbacks| callbacks.complete(&value));
}

#[wasm_bindgen(inline_js = "export const load = (specifier) => import(specifier);")]
extern "C" {
    fn load(specifier: &str) -> Promise;
}

/// The `value` of a module.
#[wasm_bindgen(js_name = importModule)]
pub fn import_module(specifier: &str, completed: Function, failed: Function) {
    wait(
        &load(specifier),
        Callbacks { completed, failed },
        |module, callbacks| match Reflect::get(&module, &"value".into()) {
            Ok(value) => callbacks.complete(&value),
            Err(reason) => callbacks.fail(&reason),
        },
    );
}

/// Imports the same module `times` times.
#[wasm_bindgen(js_name = importAgain)]
pub fn import_again(specifier: String, times: u32, completed: Function, failed: Function) {
    next_import(0, times, specifier, Callbacks { completed, failed });
}

fn next_import(done: u32, times: u32, specifier: String, callbacks: Callbacks) {
    if done == times {
        return callbacks.complete(&times.into());
    }
    wait(&load(&specifier), callbacks, move |_, callbacks| {
        next_import(done + 1, times, specifier, callbacks);
    });
}

/// The memory that the allocator has taken, in bytes.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) << 16;
    #[cfg(not(target_arch = "wasm32"))]
    0
}
