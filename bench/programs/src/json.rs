//! A JSON parser that pulls its bytes out of a stream.

use serde_json::Value;
use std::io::{BufReader, Read};
use suspendable::io::StreamReader;
use suspendable::suspendable;
use wasm_bindgen::prelude::*;

/// The number of values in a document that arrives in a `ReadableStream`.
///
/// # Errors
///
/// Those of the stream, and what is wrong with the document.
#[suspendable(js_name = countStream)]
pub fn count_stream(stream: &JsValue) -> Result<u32, JsError> {
    Ok(count_document(StreamReader::new(stream)?)?)
}

/// The same of a document that is there.
///
/// # Errors
///
/// What is wrong with the document.
#[wasm_bindgen(js_name = countBytes)]
pub fn count_bytes(document: &[u8]) -> Result<u32, JsError> {
    Ok(count_document(document)?)
}

fn count_document(document: impl Read) -> serde_json::Result<u32> {
    Ok(count(&serde_json::from_reader(BufReader::new(document))?))
}

fn count(value: &Value) -> u32 {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<u32>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<u32>(),
        _ => 1,
    }
}
