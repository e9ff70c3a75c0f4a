//! Values between Rust and JavaScript, where the type is known at run time only.
//!
//! wasm-bindgen's [`TryFromJsValue`] does the work. What this adds: typed arrays become vectors,
//! `()` takes any value, and a mismatch says both types.

use crate::Error;
use js_sys::{Array, ArrayBuffer};
use std::any::{Any, type_name};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::TryFromJsValue;
use wasm_bindgen::prelude::wasm_bindgen;

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
    if is_plain::<T>() || !value.is_object() {
        return None;
    }
    if is::<T, Vec<u8>>() {
        return identity(&mut bytes_of(value));
    }
    if is::<T, Option<Vec<u8>>>() {
        return identity(&mut bytes_of(value).map(Some));
    }
    if !ArrayBuffer::is_view(value) {
        return None;
    }
    // The value itself, where that is what is asked for; else its numbers.
    T::try_from_js_value_ref(value).or_else(|| T::try_from_js_value(Array::from(value).into()).ok())
}

/// Whether no object can be such a value. Known when it is compiled: what else is asked of a value is left out then.
fn is_plain<T: 'static>() -> bool {
    is::<T, f64>() || is::<T, u32>() || is::<T, i32>() || is::<T, bool>() || is::<T, String>()
}

fn is<T: 'static, U: 'static>() -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<U>()
}

/// The value, if `T` is `U`.
fn identity<T: 'static, U: 'static>(value: &mut Option<U>) -> Option<T> {
    (value as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take)
}

/// `parts.concat()`, which is larger, for it might grow; and so would be the machinery of `format!`, several kilobytes
/// of every package.
#[inline(never)]
pub(crate) fn concat(parts: &[&str]) -> Box<str> {
    let mut text = Box::new_uninit_slice(parts.iter().map(|part| part.len()).sum());
    let mut rest = &mut *text;
    for part in parts {
        let (place, behind) = rest.split_at_mut(part.len());
        place.write_copy_of_slice(part.as_bytes());
        rest = behind;
    }
    // SAFETY: whole texts, one behind the other, to the end.
    unsafe {
        let bytes: Box<[u8]> = text.assume_init();
        std::str::from_boxed_utf8_unchecked(bytes)
    }
}

/// `alloc::vec::Vec<alloc::string::String>` as an author writes it: `Vec<String>`.
fn rust_type<T>() -> String {
    without_paths(type_name::<T>())
}

fn without_paths(name: &str) -> String {
    let mut short = Vec::with_capacity(name.len());
    // Where the last name begins, which may turn out to be that of a module.
    let mut start = 0;
    for byte in name.bytes() {
        if byte == b':' {
            short.truncate(start);
            continue;
        }
        short.push(byte);
        if !byte.is_ascii_alphanumeric() && byte != b'_' && byte.is_ascii() {
            start = short.len();
        }
    }
    // SAFETY: whole names are left out of a text.
    unsafe { String::from_utf8_unchecked(short) }
}

#[wasm_bindgen(raw_module = "suspendable:host/bytes")]
extern "C" {
    #[wasm_bindgen(js_name = bytesOf)]
    fn bytes_of(value: &JsValue) -> Option<Vec<u8>>;
}

#[wasm_bindgen(raw_module = "suspendable:host/error")]
extern "C" {
    /// A thrown value in one line: the text of an `Error`, and other values as `String()` shows them.
    pub(crate) fn describe(reason: &JsValue) -> String;

    /// What JavaScript calls the type of a value: its class for an object, `typeof` for the rest.
    #[wasm_bindgen(js_name = typeOf)]
    pub(crate) fn js_type(value: &JsValue) -> String;
}

#[cfg(test)]
mod tests {
    use super::{concat, without_paths};

    #[test]
    fn types_are_named_as_authors_write_them() {
        for (full, short) in [
            ("f64", "f64"),
            ("alloc::vec::Vec<alloc::string::String>", "Vec<String>"),
            ("(core::option::Option<u8>, &str)", "(Option<u8>, &str)"),
            ("a::größe::Länge", "Länge"),
        ] {
            assert_eq!(without_paths(full), short);
        }
    }

    #[test]
    fn texts_stand_behind_each_other() {
        assert_eq!(&*concat(&["ä", "", "bc"]), "äbc");
        assert_eq!(&*concat(&[]), "");
    }
}
