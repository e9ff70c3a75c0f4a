//! What JavaScript gets of the error that a `#[suspendable]` function returns.
//!
//! | the error | is rejected with |
//! | --- | --- |
//! | goes into a `JsValue`: [`Error`], `JsValue`, `String`, … | that value |
//! | leads to one of std's: `anyhow::Error`, `Box<dyn Error>`, … | what follows, of that one |
//! | is one of std's: an enum of one's own, `std::io::Error`, … | an `Error` with its text, whose `cause` is its source |
//!
//! Where the chain of sources comes to an [`Error`] of this crate, there is that one. The macro calls `to_js` of
//! `&&&&Thrown<E>`, and method resolution takes off one reference after the other until `E` suits a trait.

use crate::{Error, io};
use std::cell::Cell;
use wasm_bindgen::JsValue;

type Any = dyn std::error::Error + 'static;

/// An error on its way out.
pub struct Thrown<E>(Cell<Option<E>>);

impl<E> Thrown<E> {
    /// Of the error that was returned.
    pub fn new(error: E) -> Self {
        Thrown(Cell::new(Some(error)))
    }

    fn take(&self) -> E {
        // `expect` would bring the machinery of `format!`.
        self.0.take().unwrap_or_else(|| panic!("an error goes out once"))
    }
}

/// The first choice.
pub trait ViaValue {
    /// What the promise is rejected with.
    fn to_js(&self) -> JsValue;
}

impl<E: Into<JsValue>> ViaValue for &&&Thrown<E> {
    fn to_js(&self) -> JsValue {
        self.take().into()
    }
}

/// The second one.
pub trait ViaReference {
    /// What the promise is rejected with.
    fn to_js(&self) -> JsValue;
}

impl<E: AsRef<Any>> ViaReference for &&Thrown<E> {
    fn to_js(&self) -> JsValue {
        of(self.take().as_ref())
    }
}

/// The third one.
pub trait ViaShared {
    /// What the promise is rejected with.
    fn to_js(&self) -> JsValue;
}

impl<E: AsRef<dyn std::error::Error + Send + Sync>> ViaShared for &Thrown<E> {
    fn to_js(&self) -> JsValue {
        of(self.take().as_ref())
    }
}

/// The last one.
pub trait ViaError {
    /// What the promise is rejected with.
    fn to_js(&self) -> JsValue;
}

impl<E: std::error::Error + 'static> ViaError for Thrown<E> {
    fn to_js(&self) -> JsValue {
        of(&self.take())
    }
}

/// An `Error` of JavaScript's for one of std's.
#[cold]
#[inline(never)]
fn of(error: &Any) -> JsValue {
    if let Some(own) = io::own(error) {
        return own.clone().into();
    }
    if error.is::<std::io::Error>() {
        return Error::Io(error.to_string()).into();
    }
    let made = js_sys::Error::new(&error.to_string());
    if let Some(source) = error.source() {
        made.set_cause(&of(source));
    }
    made.into()
}
