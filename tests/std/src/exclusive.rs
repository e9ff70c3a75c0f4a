//! Calls that wait for each other.

use js_sys::{Array, Function, Promise};
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

/// What must not be entered twice, and does not notice.
#[wasm_bindgen(js_name = Book)]
pub struct Journal(Array);

fn write(log: &Array, name: &str, promise: &Promise) -> Result<u32, JsValue> {
    log.push(&format!("{name} begins").into());
    block_on(promise)?;
    Ok(log.push(&format!("{name} ends").into()))
}

#[suspendable(exclusive, js_class = Book)]
impl Journal {
    #[wasm_bindgen(constructor)]
    pub fn new(log: Array) -> Journal {
        Journal(log)
    }

    /// One after the other.
    #[suspendable]
    pub fn write(&self, name: &str, promise: &Promise) -> Result<u32, JsValue> {
        write(&self.0, name, promise)
    }

    /// The same, of another kind of method.
    #[suspendable(js_name = "rewrite")]
    pub fn write_mut(&mut self, name: String, promise: &Promise) -> Result<u32, JsValue> {
        write(&self.0, &name, promise)
    }

    /// Calls JavaScript in the middle.
    #[suspendable(js_name = "callOut")]
    pub fn call_out(&self, call: &Function) -> Result<JsValue, JsValue> {
        let returned = call.call0(&JsValue::UNDEFINED)?;
        block_on(&Promise::resolve(&returned))
    }

    /// Ends in a fault.
    #[suspendable]
    pub fn fault(&self, kind: &str, promise: &Promise) {
        let _ = block_on(promise);
        match kind {
            "panic" => panic!("in its turn"),
            "trap" => core::arch::wasm32::unreachable(),
            _ => wasm_bindgen::throw_str("thrown in its turn"),
        }
    }

    /// The same, with the object borrowed.
    #[suspendable(js_name = faultMut)]
    pub fn fault_mut(&mut self, promise: &Promise) {
        let _ = block_on(promise);
        panic!("in its turn");
    }

    /// Cannot wait.
    #[wasm_bindgen(getter)]
    pub fn lines(&self) -> u32 {
        self.0.length()
    }

    /// Waits for nobody: it has no object.
    #[suspendable]
    pub fn open(log: Array, promise: &Promise) -> Result<Journal, JsValue> {
        block_on(promise)?;
        Ok(Journal(log))
    }
}

/// A function of which there is one call at a time.
#[suspendable(exclusive, js_name = "sweepUp")]
pub fn sweep(log: Array, name: &str, promise: &Promise) -> Result<u32, JsValue> {
    write(&log, name, promise)
}
