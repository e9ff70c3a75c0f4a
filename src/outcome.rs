//! What a `#[suspendable_test]` returns.

use std::fmt::Debug;
use wasm_bindgen::{JsError, JsValue};

/// What a test function may return, as `#[test]`'s may.
pub trait Outcome {
    /// The text of the error, if it is one.
    fn error(self) -> Option<String>;
}

impl Outcome for () {
    fn error(self) -> Option<String> {
        None
    }
}

impl<T: Outcome, E: Debug> Outcome for Result<T, E> {
    fn error(self) -> Option<String> {
        match self {
            Ok(value) => value.error(),
            Err(error) => Some(format!("Error: {error:?}")),
        }
    }
}

/// What the export of a test returns.
///
/// # Errors
///
/// An `Error` of JavaScript's with the text that libtest would print.
pub fn outcome(returned: impl Outcome) -> Result<(), JsValue> {
    returned.error().map_or(Ok(()), |text| Err(JsError::new(&text).into()))
}
