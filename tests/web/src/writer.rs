//! Writers: what `Write` gives, as methods.

use crate::reason;
use suspendable::io::{self, BufWriter, StreamReader, StreamWriter, Write};
use suspendable::suspendable;
use wasm_bindgen::prelude::*;

/// A `StreamWriter`.
#[wasm_bindgen]
pub struct Writer(StreamWriter);

#[suspendable]
impl Writer {
    /// A writer to `to`.
    #[wasm_bindgen(constructor)]
    pub fn new(to: &JsValue) -> Result<Writer, JsValue> {
        StreamWriter::new(to).map(Writer).map_err(reason)
    }

    /// One `write`.
    #[suspendable]
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, JsValue> {
        self.0.write(bytes).map_err(reason)
    }

    /// The same, outside a fiber.
    #[wasm_bindgen(js_name = writeOutside)]
    pub fn write_outside(&mut self, bytes: &[u8]) -> Result<usize, JsValue> {
        self.0.write(bytes).map_err(reason)
    }

    /// `write_all`.
    #[suspendable(js_name = writeAll)]
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.0.write_all(bytes).map_err(reason)
    }

    /// `flush`.
    #[suspendable]
    pub fn flush(&mut self) -> Result<(), JsValue> {
        self.0.flush().map_err(reason)
    }

    /// `close`.
    #[suspendable]
    pub fn close(self) -> Result<(), JsValue> {
        self.0.close().map_err(reason)
    }

    /// The same, outside a fiber.
    #[wasm_bindgen(js_name = closeOutside)]
    pub fn close_outside(self) -> Result<(), JsValue> {
        self.0.close().map_err(reason)
    }
}

/// Writes `bytes` in pieces of these lengths, over and over, from one buffer, and closes.
#[suspendable(js_name = writePieces)]
pub fn write_pieces(to: &JsValue, bytes: &[u8], lengths: &[usize]) -> Result<(), JsValue> {
    let write = || {
        let mut out = StreamWriter::new(to)?;
        let mut buffer = Vec::new();
        let (mut rest, mut lengths) = (bytes, lengths.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*lengths.next().unwrap_or(&1)));
            buffer.clear();
            buffer.extend_from_slice(piece);
            out.write_all(&buffer)?;
            // Whoever kept the bytes has copies.
            buffer.fill(0);
            rest = after;
        }
        out.close()
    };
    write().map_err(reason)
}

/// Formats `lines` numbers, through std's own `BufWriter` or without it.
#[suspendable(js_name = writeNumbers)]
pub fn write_numbers(to: &JsValue, lines: u32, buffered: bool) -> Result<(), JsValue> {
    let numbers = |out: &mut dyn Write| {
        for n in 0..lines {
            writeln!(out, "{n}: {:>8}", u64::from(n) * u64::from(n))?;
        }
        out.flush()
    };
    let write = || {
        let mut out = StreamWriter::new(to)?;
        if buffered {
            let mut buffer = BufWriter::new(out);
            numbers(&mut buffer)?;
            return buffer.into_inner()?.close();
        }
        numbers(&mut out)?;
        out.close()
    };
    write().map_err(reason)
}

/// `io::copy`.
#[suspendable]
pub fn copy(from: &JsValue, to: &JsValue) -> Result<u64, JsValue> {
    let copy = || {
        let mut out = StreamWriter::new(to)?;
        let count = io::copy(&mut StreamReader::new(from)?, &mut out)?;
        out.close()?;
        Ok(count)
    };
    copy().map_err(reason)
}
