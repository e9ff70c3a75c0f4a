//! Any serde type as an argument or a result (feature `serde`).

use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, TryFromJsValue};
use wasm_bindgen::describe::WasmDescribe;

/// A value that crosses as the plain JavaScript object which serde makes of it.
///
/// For `JsModule::get` and `call`, for `#[suspending]` imports, and for the arguments and results of
/// `#[suspendable]` exports.
///
/// ```no_run
/// # use suspendable::{Error, Serde, js_import};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Point { x: f64, y: f64 }
///
/// # fn f() -> Result<Point, Error> {
/// let module = js_import("./geometry.mjs")?;
/// let Serde(mirrored) = module.call("mirror", (Serde(Point { x: 1.0, y: 2.0 }),))?;
/// # Ok(mirrored) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Serde<T>(
    /// The value.
    pub T,
);

impl<T: serde::de::DeserializeOwned> TryFromJsValue for Serde<T> {
    fn try_from_js_value_ref(value: &JsValue) -> Option<Self> {
        serde_wasm_bindgen::from_value(value.clone()).ok().map(Serde)
    }
}

/// # Panics
///
/// If the type's own `Serialize` fails.
impl<T: serde::Serialize> From<Serde<T>> for JsValue {
    fn from(Serde(value): Serde<T>) -> JsValue {
        let serializer = serde_wasm_bindgen::Serializer::json_compatible();
        value.serialize(&serializer).expect("a value that can be serialized")
    }
}

/// JavaScript sees `any`.
impl<T> WasmDescribe for Serde<T> {
    fn describe() {
        JsValue::describe();
    }
}

/// As an argument of an export: what cannot be deserialized is thrown as an `Error`.
impl<T: serde::de::DeserializeOwned> FromWasmAbi for Serde<T> {
    type Abi = <JsValue as FromWasmAbi>::Abi;

    unsafe fn from_abi(js: Self::Abi) -> Self {
        // SAFETY: the ABI is that of `JsValue`, and so is the caller's promise.
        let value = unsafe { JsValue::from_abi(js) };
        match serde_wasm_bindgen::from_value(value) {
            Ok(value) => Serde(value),
            Err(error) => wasm_bindgen::throw_val(error.into()),
        }
    }
}
