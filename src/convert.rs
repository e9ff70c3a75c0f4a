//! Values between Rust and JavaScript, where the type is known at run time only.
//!
//! wasm-bindgen's [`TryFromJsValue`] does the work. What this adds: typed arrays become vectors,
//! `()` takes any value, and a mismatch says both types.

use crate::Error;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::any::{Any, type_name};
use wasm_bindgen::convert::TryFromJsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// A Rust value of type `T` from a JavaScript value.
pub(crate) fn from_js<T: TryFromJsValue + 'static>(value: JsValue) -> Result<T, Error> {
    if let Some(unit) = identity(&mut Some(())) {
        return Ok(unit);
    }
    if let Some(found) = from_binary(&value) {
        return Ok(found);
    }
    T::try_from_js_value(value)
        .map_err(|value| Error::WrongType { expected: rust_type::<T>(), found: js_type(&value) })
}

/// Vectors from typed arrays and buffers: bytes in one copy, other numbers one by one.
fn from_binary<T: TryFromJsValue + 'static>(value: &JsValue) -> Option<T> {
    if !value.is_object() || !(ArrayBuffer::is_view(value) || value.is_instance_of::<ArrayBuffer>())
    {
        return None;
    }
    let bytes = || match value.dyn_ref::<Uint8Array>() {
        Some(array) => Some(array.to_vec()),
        None if value.is_instance_of::<ArrayBuffer>() => Some(Uint8Array::new(value).to_vec()),
        None => None,
    };
    if is::<T, Vec<u8>>() {
        return identity(&mut bytes());
    }
    if is::<T, Option<Vec<u8>>>() {
        return identity(&mut bytes().map(Some));
    }
    // The value itself, where that is what is asked for; else its numbers.
    T::try_from_js_value_ref(value).or_else(|| T::try_from_js_value(Array::from(value).into()).ok())
}

fn is<T: 'static, U: 'static>() -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<U>()
}

/// The value, if `T` is `U`.
fn identity<T: 'static, U: 'static>(value: &mut Option<U>) -> Option<T> {
    (value as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take)
}

/// `parts.concat()`, which is larger; and so would be the machinery of `format!`, several kilobytes of every package.
#[inline(never)]
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    // SAFETY: whole texts, one behind the other.
    unsafe { String::from_utf8_unchecked(text) }
}

/// `alloc::vec::Vec<alloc::string::String>` as an author writes it: `Vec<String>`.
fn rust_type<T>() -> String {
    let mut short = String::new();
    let mut segment = String::new();
    for c in type_name::<T>().chars() {
        match c {
            ':' => segment.clear(),
            c if c.is_alphanumeric() || c == '_' => segment.push(c),
            c => {
                short.push_str(&std::mem::take(&mut segment));
                short.push(c);
            }
        }
    }
    short + &segment
}

/// What JavaScript calls the type of `value`: its class for an object, `typeof` for the rest.
pub(crate) fn js_type(value: &JsValue) -> String {
    if value.is_null() {
        return "null".into();
    }
    let kind = value.js_typeof().as_string().unwrap_or_default();
    if kind != "object" {
        return kind;
    }
    let class = value.unchecked_ref::<js_sys::Object>().constructor().name();
    class.as_string().filter(|name| !name.is_empty()).unwrap_or(kind)
}

#[wasm_bindgen(raw_module = "suspendable:host/error")]
extern "C" {
    /// A thrown value in one line: the text of an `Error`, and other values as `String()` shows them.
    pub(crate) fn describe(reason: &JsValue) -> String;
}
