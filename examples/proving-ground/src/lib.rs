//! The proving ground: crates from the registry, as they are, over asynchronous JavaScript.
//!
//! An interpreter (`rhai`) whose scripts call functions that block, and an archive (`zip`) of
//! tables (`csv`) that is read through positioned asynchronous reads. None of the three knows of
//! it: the logic in [`scripts`] and [`archive`] is ordinary Rust, which `tests/native.rs` runs on
//! the same input and compares.

pub mod archive;
pub mod scripts;

use std::io::{self, Cursor};
use suspendable::io::RandomReader;
use suspendable::{Error, suspendable, suspending};
use wasm_bindgen::prelude::*;

#[suspending]
extern "C" {
    /// What JavaScript gives to scripts; its methods return promises.
    #[derive(Clone)]
    pub type Host;
    #[wasm_bindgen(method, js_name = readText)]
    fn read_text(this: &Host, path: &str) -> Result<String, Error>;
    #[wasm_bindgen(method)]
    fn print(this: &Host, line: &str) -> Result<(), Error>;
}

impl scripts::Host for Host {
    fn read_text(&self, path: &str) -> io::Result<String> {
        Ok(Host::read_text(self, path)?)
    }

    fn print(&self, line: &str) -> io::Result<()> {
        Ok(Host::print(self, line)?)
    }
}

/// Runs a script, and returns the text of its value.
///
/// # Errors
///
/// Those of the script, with their place in it.
#[suspendable(js_name = runScript)]
pub fn run_script(source: &str, host: Host) -> Result<String, JsError> {
    scripts::run(source, host).map_err(|error| JsError::new(&error.to_string()))
}

/// A computation in the interpreter that never blocks: the number of primes below `limit`.
///
/// # Errors
///
/// None, if the script is right.
#[wasm_bindgen(js_name = countPrimes)]
pub fn count_primes(limit: i32) -> Result<i32, JsError> {
    let count = scripts::count_primes(limit.into());
    count.map(|count| count as i32).map_err(|error| JsError::new(&error.to_string()))
}

/// Reads an archive of CSV files: a `Blob`, or an object with `size` and `read(position, length)`.
///
/// # Errors
///
/// Those of reading, as JavaScript gave them; what is wrong with the archive or with a table.
#[suspendable]
pub fn summarize(source: &JsValue) -> Result<String, Error> {
    Ok(archive::summarize(RandomReader::new(source)?)?)
}

/// The same of an archive in memory, which never blocks.
///
/// # Errors
///
/// What is wrong with the archive or with a table.
#[wasm_bindgen(js_name = summarizeBytes)]
pub fn summarize_bytes(bytes: &[u8]) -> Result<String, Error> {
    Ok(archive::summarize(Cursor::new(bytes))?)
}
