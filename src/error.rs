//! What can go wrong when Rust calls JavaScript.

use crate::{cancel, convert};
use std::fmt;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The error of every call of this crate that waits, imports or converts.
///
/// It is an error of std's, so `?` makes anybody's error type of it that takes those: see
/// [`#[suspendable]`](macro@crate::suspendable#errors).
///
/// When it leaves for JavaScript it is an `Error` whose `name` is `SuspendableError`, whose `code`
/// is the name of the variant, and whose `cause` is the JavaScript value that it began with.
///
/// ```
/// let error = suspendable::Error::CannotBlock;
/// assert!(error.to_string().starts_with("cannot block here"));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// A module that cannot be found, or fails to parse, link or evaluate.
    Import {
        /// As it was given to [`js_import`](crate::js_import).
        specifier: String,
        /// What `import()` was rejected with.
        cause: JsValue,
    },
    /// The module has no export of this name.
    MissingExport {
        /// The module.
        specifier: String,
        /// The name that was asked for.
        name: String,
    },
    /// The export exists and is no function.
    NotCallable {
        /// The module.
        specifier: String,
        /// The name of the export.
        name: String,
        /// The JavaScript type of the export.
        found: String,
    },
    /// A value of another type than the Rust code asks for.
    WrongType {
        /// The Rust type.
        expected: String,
        /// The JavaScript type of the value.
        found: String,
    },
    /// A promise was rejected, or a function threw.
    Rejected(
        /// The reason, as it came.
        JsValue,
    ),
    /// The call has been cancelled, or its time is up: see [`cancel`](crate::cancel).
    Cancelled(
        /// The reason of the signal. It is also what the error is in JavaScript.
        JsValue,
    ),
    /// An error of [`std::io`] that did not begin in JavaScript.
    Io(
        /// Its text.
        String,
    ),
    /// A blocking call where none is possible.
    CannotBlock,
}

#[wasm_bindgen(raw_module = "suspendable:host/error")]
extern "C" {
    #[wasm_bindgen(js_name = suspendableError)]
    fn suspendable_error(message: &str, code: &str, cause: &JsValue) -> JsValue;
}

impl Error {
    /// Its text.
    fn message(&self) -> Box<str> {
        let described;
        let parts: &[&str] = match self {
            Error::Import { specifier, cause } => {
                described = convert::describe(cause);
                &["cannot import \"", specifier, "\": ", &described]
            }
            Error::MissingExport { specifier, name } => {
                &["module \"", specifier, "\" has no export named \"", name, "\""]
            }
            Error::NotCallable { specifier, name, found } => &[
                "export \"",
                name,
                "\" of module \"",
                specifier,
                "\" is not callable: it is ",
                found,
            ],
            Error::WrongType { expected, found } => {
                &["expected a value of type ", expected, ", found ", found]
            }
            Error::Rejected(reason) => {
                described = convert::describe(reason);
                &[&described]
            }
            Error::Cancelled(reason) => {
                described = convert::describe(reason);
                &["cancelled: ", &described]
            }
            Error::Io(text) => &[text],
            Error::CannotBlock => &[
                "cannot block here: no #[suspendable] call is running, or JavaScript stands between it and \
                 this call, or a panic is in progress. Call from a #[suspendable] export with nothing but \
                 Rust in between; can_block() asks beforehand",
            ],
        };
        convert::concat(parts)
    }

    /// The name of the variant: the `code` of the JavaScript error.
    fn code(&self) -> &'static str {
        match self {
            Error::Import { .. } => "Import",
            Error::MissingExport { .. } => "MissingExport",
            Error::NotCallable { .. } => "NotCallable",
            Error::WrongType { .. } => "WrongType",
            Error::Rejected(_) => "Rejected",
            Error::Cancelled(_) => "Cancelled",
            Error::Io(_) => "Io",
            Error::CannotBlock => "CannotBlock",
        }
    }

    /// The JavaScript value that it began with.
    pub fn cause(&self) -> Option<&JsValue> {
        match self {
            Error::Import { cause, .. } | Error::Rejected(cause) | Error::Cancelled(cause) => {
                Some(cause)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

/// A value that JavaScript threw, or rejected a promise with.
impl From<JsValue> for Error {
    fn from(reason: JsValue) -> Self {
        if cancel::is_reason(&reason) { Error::Cancelled(reason) } else { Error::Rejected(reason) }
    }
}

impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        if let Error::Cancelled(reason) = error {
            return reason;
        }
        let undefined = JsValue::UNDEFINED;
        let cause = error.cause().unwrap_or(&undefined);
        suspendable_error(&error.message(), error.code(), cause)
    }
}
