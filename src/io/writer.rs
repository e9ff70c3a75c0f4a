//! Writing, and waiting where there is no room.
//!
//! What there is to write to is one of three kinds, and js/host/writers.js makes one shape of them: a
//! [`ByteSink`]. It says what has to be waited for, and keeps its failure; here is the order in which it is
//! asked.

use super::{no_source, wrong_type};
use crate::{Error, module::settle};
use js_sys::Uint8Array;
use std::fmt;
use std::io::{self, Write};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "suspendable:host/writers")]
extern "C" {
    #[derive(Clone)]
    pub(crate) type ByteSink;
    #[wasm_bindgen(js_name = sinkOf, catch)]
    fn sink_of(to: &JsValue) -> Result<Option<ByteSink>, JsValue>;
    #[wasm_bindgen(method)]
    fn room(this: &ByteSink) -> JsValue;
    #[wasm_bindgen(method, catch)]
    fn write(this: &ByteSink, bytes: Uint8Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn flush(this: &ByteSink) -> JsValue;
    #[wasm_bindgen(method)]
    fn close(this: &ByteSink) -> JsValue;
    #[wasm_bindgen(method)]
    pub(crate) fn abort(this: &ByteSink);
}

/// Writes to a `WritableStream`, a Node.js stream, or an object with an asynchronous `write`.
///
/// | to | a write waits | it is closed by |
/// | --- | --- | --- |
/// | a `WritableStream` | until the stream has room (`writer.ready`) | `writer.close()` |
/// | a Node.js `Writable` | until the stream has room (`'drain'`) | `end()` |
/// | an object with `write(bytes)` | for the promise that `write` returns, if it returns one | `close()`, or else `end()`, if there is one |
///
/// Where there is room, a write does not suspend. What JavaScript gets are copies, which it may keep. An
/// object's `write` may say how much it has taken, by a number, or by an object with `bytesWritten` as
/// Node.js' files have it; anything else means all. Its `flush`, if there is one, is called by
/// [`flush`](Write::flush).
///
/// A `write` that returns has handed its bytes over. That they have arrived is what
/// [`flush`](Write::flush) waits for, and [`close`](Self::close).
///
/// No error is lost: one that arrives between two calls is the next one's, and that of every call after
/// it. A wait that fails for a reason of the fiber's own is no error of the stream's: nothing has been
/// written then, save by an object whose promise is still pending, which the next call waits for.
///
/// **Dropped** without [`close`](Self::close), it is aborted: `abort(reason)` of a `WritableStream` and of
/// an object that has it, `destroy(reason)` of a Node.js stream. A file that is dropped is closed, as it
/// is; but who reads from the other end of a stream takes its end for the end of the data, and must not
/// where an error has left the writer early.
///
/// ```no_run
/// use std::io::Write;
/// use suspendable::{Error, io::StreamWriter, suspendable};
/// use wasm_bindgen::JsValue;
///
/// #[suspendable]
/// pub fn squares(stream: &JsValue) -> Result<(), Error> {
///     let mut out = StreamWriter::new(stream)?;
///     for n in 0..1_000_000_u64 {
///         writeln!(out, "{}", n * n)?; // waits for the reader
///     }
///     Ok(out.close()?)
/// }
/// ```
pub struct StreamWriter {
    sink: ByteSink,
    /// Whether dropping it is to abort.
    open: bool,
}

impl StreamWriter {
    /// A writer to `to`.
    ///
    /// A `WritableStream` is locked from now on.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if `to` is none of these; what it threw, if the stream
    /// is locked already.
    pub fn new(to: &JsValue) -> io::Result<Self> {
        let sink = sink_of(to).map_err(Error::from)?;
        let sink = sink.ok_or_else(|| {
            no_source("WritableStream, Node.js Writable or object with write(bytes)", to)
        })?;
        Ok(StreamWriter { sink, open: true })
    }

    /// What it writes to, for somebody who may have to abort it while it waits.
    #[cfg(all(feature = "http", target_arch = "wasm32"))]
    pub(crate) fn sink(&self) -> ByteSink {
        self.sink.clone()
    }

    /// Ends the stream, and waits until all has arrived.
    ///
    /// # Errors
    ///
    /// What it failed with, at whatever time. With [`WouldBlock`](io::ErrorKind::WouldBlock), where no call
    /// can block, the stream ends all the same; how, nobody knows.
    pub fn close(mut self) -> io::Result<()> {
        self.open = false;
        settle(Ok(self.sink.close()))?;
        Ok(())
    }
}

impl Write for StreamWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Also without bytes: a failure is told.
        settle(Ok(self.sink.room()))?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let taken = settle(self.sink.write(Uint8Array::from(bytes)))?;
        if taken.is_undefined() {
            return Ok(bytes.len());
        }
        match taken.as_f64() {
            Some(count) if (0.0..=bytes.len() as f64).contains(&count) && count.fract() == 0.0 => {
                Ok(count as usize)
            }
            _ => Err(wrong_type("a number of bytes, no more than were given", &taken).into()),
        }
    }

    /// One write for all of it: what formats does not wait.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        super::write_text(self, text)
    }

    fn flush(&mut self) -> io::Result<()> {
        settle(Ok(self.sink.flush()))?;
        Ok(())
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        if self.open {
            self.sink.abort();
        }
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter").finish_non_exhaustive()
    }
}
