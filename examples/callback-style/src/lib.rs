//! The style that blocking replaces: callbacks are set beforehand, and an import is triggered.
//!
//! What happens after the import cannot stand where the import is called. It stands in closures,
//! which own what they need, free each other when one of them has run, and have nobody to return an
//! error to. At the end of the file is the same with a blocking call, to compare.

use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use suspendable::{js_import, suspendable};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/import.js")]
extern "C" {
    /// `import(specifier)`, as from the program's own file.
    #[wasm_bindgen(js_name = importModule)]
    fn import_module(specifier: &str) -> Promise;
}

/// Imports modules by name, and calls back.
#[wasm_bindgen]
#[derive(Default)]
pub struct AsyncImportHandler {
    callbacks: Rc<RefCell<Option<Callbacks>>>,
}

/// What an import calls: one of the two, once.
#[derive(Clone)]
struct Callbacks {
    completed: Function,
    failed: Function,
}

/// The closures that wait for one promise; both are dropped when either has run.
type Waiting = Rc<RefCell<Option<[Closure<dyn FnMut(JsValue)>; 2]>>>;

#[wasm_bindgen]
impl AsyncImportHandler {
    /// A handler without callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what later imports call: `completed` with a description of the module, `failed` with
    /// the reason.
    #[wasm_bindgen(js_name = setCallbacks)]
    pub fn set_callbacks(&self, completed: Function, failed: Function) {
        self.callbacks.replace(Some(Callbacks { completed, failed }));
    }

    /// Starts to import a module, and returns before anything has happened.
    ///
    /// # Errors
    ///
    /// If no callbacks have been set.
    #[wasm_bindgen(js_name = triggerImport)]
    pub fn trigger_import(&self, name: &str) -> Result<(), JsError> {
        let Some(callbacks) = self.callbacks.borrow().clone() else {
            return Err(JsError::new("set the callbacks before the first import"));
        };
        let waiting = Waiting::default();
        let on_module = Closure::new({
            let (callbacks, waiting) = (callbacks.clone(), waiting.clone());
            move |module: JsValue| {
                match describe(&module) {
                    Ok(description) => call(&callbacks.completed, &description.into()),
                    Err(reason) => call(&callbacks.failed, &reason),
                }
                waiting.take();
            }
        });
        let on_failure = Closure::new({
            let waiting = waiting.clone();
            move |reason: JsValue| {
                call(&callbacks.failed, &reason);
                waiting.take();
            }
        });
        let _ = import_module(name).then2(&on_module, &on_failure);
        waiting.replace(Some([on_module, on_failure]));
        Ok(())
    }
}

fn describe(module: &JsValue) -> Result<String, JsValue> {
    let value = Reflect::get(module, &"value".into())?.as_string().unwrap_or_default();
    let function: Function = Reflect::get(module, &"someFunction".into())?.dyn_into()?;
    let doubled = function.call1(module, &21.into())?.as_f64().unwrap_or_default();
    Ok(format!("value = {value:?}  someFunction(21) = {doubled}"))
}

/// An exception of a callback has nowhere to go: it is dropped.
fn call(callback: &Function, argument: &JsValue) {
    let _ = callback.call1(&JsValue::UNDEFINED, argument);
}

/// All of the above, as a call that blocks.
#[suspendable(js_name = describe)]
pub fn describe_blocking(specifier: &str) -> Result<String, suspendable::Error> {
    let module = js_import(specifier)?;
    let value: String = module.get("value")?;
    let doubled: f64 = module.call("someFunction", (21,))?;
    Ok(format!("value = {value:?}  someFunction(21) = {doubled}"))
}
