//! What can go wrong when Rust calls JavaScript.

use crate::{cancel, convert};
use wasm_bindgen::JsValue;

/// The error of every call of this crate that waits, imports or converts.
///
/// When it leaves for JavaScript it is an `Error` whose `name` is `SuspendableError`, whose `code`
/// is the name of the variant, and whose `cause` is the JavaScript value that it began with.
///
/// ```
/// let error = suspendable::Error::CannotBlock;
/// assert!(error.to_string().starts_with("cannot block here"));
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A module that cannot be found, or fails to parse, link or evaluate.
    #[error("cannot import {specifier:?}: {}", convert::describe(.cause))]
    Import {
        /// As it was given to [`js_import`](crate::js_import).
        specifier: String,
        /// What `import()` was rejected with.
        cause: JsValue,
    },
    /// The module has no export of this name.
    #[error("module {specifier:?} has no export named {name:?}")]
    MissingExport {
        /// The module.
        specifier: String,
        /// The name that was asked for.
        name: String,
    },
    /// The export exists and is no function.
    #[error("export {name:?} of module {specifier:?} is not callable: it is {found}")]
    NotCallable {
        /// The module.
        specifier: String,
        /// The name of the export.
        name: String,
        /// The JavaScript type of the export.
        found: String,
    },
    /// A value of another type than the Rust code asks for.
    #[error("expected a value of type {expected}, found {found}")]
    WrongType {
        /// The Rust type.
        expected: String,
        /// The JavaScript type of the value.
        found: String,
    },
    /// A promise was rejected, or a function threw.
    #[error("{}", convert::describe(.0))]
    Rejected(
        /// The reason, as it came.
        JsValue,
    ),
    /// The call has been cancelled, or its time is up: see [`cancel`](crate::cancel).
    #[error("cancelled: {}", convert::describe(.0))]
    Cancelled(
        /// The reason of the signal. It is also what the error is in JavaScript.
        JsValue,
    ),
    /// An error of [`std::io`] that did not begin in JavaScript.
    #[error("{0}")]
    Io(
        /// Its text.
        String,
    ),
    /// A blocking call where none is possible.
    #[error(
        "cannot block here: no #[suspendable] call is running, or JavaScript stands between it and \
         this call, or a panic is in progress. Call from a #[suspendable] export with nothing but \
         Rust in between; can_block() asks beforehand"
    )]
    CannotBlock,
}

impl Error {
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
        let value = js_sys::Error::new(&error.to_string());
        value.set_name("SuspendableError");
        let set = |key: &str, to: &JsValue| {
            js_sys::Reflect::set(&value, &key.into(), to).expect("a new object takes properties");
        };
        set("code", &error.code().into());
        if let Some(cause) = error.cause() {
            set("cause", cause);
        }
        value.into()
    }
}
