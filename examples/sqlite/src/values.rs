//! Values of SQLite's and of JavaScript's.

use js_sys::{BigInt, Number, Uint8Array};
use rusqlite::types::{Value, ValueRef};
use wasm_bindgen::prelude::*;

/// What a parameter is to SQLite.
pub fn from_js(value: &JsValue) -> Result<Value, JsValue> {
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(number) = value.as_f64() {
        let whole = number as i64;
        let is_whole = Number::is_safe_integer(value) && (whole != 0 || number.is_sign_positive());
        return Ok(if is_whole { Value::Integer(whole) } else { Value::Real(number) });
    }
    if let Some(is_true) = value.as_bool() {
        return Ok(Value::Integer(is_true.into()));
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Ok(Value::Blob(bytes.to_vec()));
    }
    if value.is_bigint() {
        let number = i64::try_from(value.clone().unchecked_into::<BigInt>());
        return number.map(Value::Integer).map_err(|_| JsError::new("more than 64 bits").into());
    }
    Err(JsError::new("a parameter is null, a number, a bigint, a boolean, text or bytes").into())
}

/// What a column is to JavaScript. Integers that are no exact numbers there are bigints.
pub fn to_js(value: ValueRef) -> JsValue {
    match value {
        ValueRef::Null => JsValue::NULL,
        ValueRef::Integer(number) => match number.unsigned_abs() < 1 << 53 {
            true => JsValue::from(number as f64),
            false => JsValue::from(number),
        },
        ValueRef::Real(number) => JsValue::from(number),
        ValueRef::Text(text) => JsValue::from(String::from_utf8_lossy(text).as_ref()),
        ValueRef::Blob(bytes) => Uint8Array::from(bytes).into(),
    }
}
