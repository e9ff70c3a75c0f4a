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
///
/// # Types
///
/// TypeScript sees the type that you give, in the arguments and results of `#[suspendable]` exports: for
/// `Serde<Vec<Point>>` it is `Point[]`, where the `.d.ts` has a type `Point`. What has none is `any`.
///
/// ```
/// use suspendable::{Error, Serde, suspendable};
/// use wasm_bindgen::prelude::*;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// pub struct Point { x: f64, y: f64 }
///
/// #[wasm_bindgen(typescript_custom_section)]
/// const POINT: &str = "export interface Point { x: number; y: number }";
///
/// #[suspendable] // (points: Point[]) => Promise<Point>
/// pub fn center(points: Serde<Vec<Point>>) -> Result<Serde<Point>, Error> {
///     # let _ = points; todo!()
/// }
/// ```
///
/// A crate that writes the type for you, as `tsify` does, will do too. `unchecked_return_type` and
/// `unchecked_param_type` of `#[wasm_bindgen]` come before.
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

/// JavaScript sees `any`; where `#[suspendable]` sees the type, it says more.
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
