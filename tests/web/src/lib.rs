//! Writers, standard streams and the client of `http`: what they give, as exports.

mod http;
mod stdio;
mod writer;

use js_sys::Reflect;
use suspendable::{Error, io};
use wasm_bindgen::JsValue;

/// The error that JavaScript would get, with the `kind` that Rust saw.
fn reason(error: io::Error) -> JsValue {
    let kind = format!("{:?}", error.kind());
    let value = JsValue::from(Error::from(error));
    Reflect::set(&value, &"kind".into(), &kind.into()).expect("an error takes properties");
    value
}
