//! What the imports that `#[suspending]` declares do with the value that JavaScript returns.

use crate::{Error, convert, module};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::TryFromJsValue;

/// `-> Result<T, E>`.
pub fn settle_result<T, E>(returned: Result<JsValue, JsValue>) -> Result<T, E>
where
    T: TryFromJsValue + 'static,
    E: From<JsValue>,
{
    module::settle(returned).and_then(convert::from_js).map_err(|error| E::from(reason(error)))
}

/// `-> T`: whatever goes wrong is thrown, which ends the fiber.
pub fn settle_or_throw<T: TryFromJsValue + 'static>(returned: Result<JsValue, JsValue>) -> T {
    settle_result(returned).unwrap_or_else(|reason: JsValue| wasm_bindgen::throw_val(reason))
}

/// The first half of both, for what is done between them: nothing is thrown before that.
///
/// Neither half is inlined, so that a function which waits has no [`Error`] in its own frame.
#[inline(never)]
pub fn settle(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    module::settle(returned).map_err(reason)
}

/// The second half of [`settle_result`].
#[inline(never)]
pub fn result<T, E>(settled: Result<JsValue, JsValue>) -> Result<T, E>
where
    T: TryFromJsValue + 'static,
    E: From<JsValue>,
{
    settled.and_then(|value| convert::from_js(value).map_err(reason)).map_err(E::from)
}

/// The second half of [`settle_or_throw`].
#[inline(never)]
pub fn or_throw<T: TryFromJsValue + 'static>(settled: Result<JsValue, JsValue>) -> T {
    result(settled).unwrap_or_else(|reason: JsValue| wasm_bindgen::throw_val(reason))
}

/// What JavaScript itself gave as the reason, or the error that this crate found.
fn reason(error: Error) -> JsValue {
    match error {
        Error::Rejected(reason) => reason,
        error => error.into(),
    }
}
