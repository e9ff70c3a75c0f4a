//! What the imports that `#[suspending]` declares do with the value that JavaScript returns.

use crate::{Error, convert, module::settle};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::TryFromJsValue;

/// `-> Result<T, E>`.
pub fn settle_result<T, E>(returned: Result<JsValue, JsValue>) -> Result<T, E>
where
    T: TryFromJsValue + 'static,
    E: From<JsValue>,
{
    settle(returned).and_then(convert::from_js).map_err(|error| E::from(reason(error)))
}

/// `-> T`: whatever goes wrong is thrown, which ends the fiber.
pub fn settle_or_throw<T: TryFromJsValue + 'static>(returned: Result<JsValue, JsValue>) -> T {
    settle_result(returned).unwrap_or_else(|reason: JsValue| wasm_bindgen::throw_val(reason))
}

/// What JavaScript itself gave as the reason, or the error that this crate found.
fn reason(error: Error) -> JsValue {
    match error {
        Error::Rejected(reason) => reason,
        error => error.into(),
    }
}
