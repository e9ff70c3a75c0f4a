//! Reading chunks as they come.
//!
//! A stream's reader and an async iterator say the same thing under other names: a function whose
//! promise settles to `{ done, value }`, and another for when no more is wanted. [`Chunks`] is
//! those two functions, and all that is known about where the bytes come from.

use super::{bytes, method, no_source, wrong_type};
use crate::module::{is_thenable, settle};
use crate::{Error, can_block};
use js_sys::{Array, Function, Promise, Reflect, Symbol};
use std::io::{self, BufRead, Read};
use std::mem;
use wasm_bindgen::{JsCast, JsValue};

/// Reads a `ReadableStream` or an async iterator.
///
/// A chunk is a `Uint8Array`, any other typed array, a `DataView`, an `ArrayBuffer`, or a string,
/// which is read as UTF-8. The reader holds one chunk at a time and asks for the next when that one
/// has been read.
///
/// When the reader is dropped before the end, the stream is cancelled, and the iterator's `return`
/// called: as a `for await` loop does that is left.
///
/// ```no_run
/// use std::io::Read;
/// use suspendable::{io::StreamReader, suspendable, suspending};
/// use wasm_bindgen::JsValue;
///
/// #[suspending]
/// extern "C" {
///     type Response;
///     fn fetch(url: &str) -> Result<Response, suspendable::Error>;
///     #[wasm_bindgen(method, getter)]
///     fn body(this: &Response) -> Result<JsValue, suspendable::Error>;
/// }
///
/// /// Adds the bytes up, and holds no more than a chunk of them.
/// #[suspendable]
/// pub fn checksum(url: &str) -> Result<u64, suspendable::Error> {
///     let mut sum = 0;
///     for byte in StreamReader::new(&fetch(url)?.body()?)?.bytes() {
///         sum += u64::from(byte?);
///     }
///     Ok(sum)
/// }
/// ```
#[derive(Debug)]
pub struct StreamReader {
    source: Source,
    chunk: Vec<u8>,
    /// How much of `chunk` has been read.
    position: usize,
}

#[derive(Debug)]
enum Source {
    Open(Chunks),
    Ended,
    /// An iterator that has thrown says next that it is done, which would be a silent end.
    Failed(Error),
}

impl StreamReader {
    /// A reader of `source`: a `ReadableStream`, an async iterable or an async iterator.
    ///
    /// Nothing is read yet. A stream is locked from now on.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if `source` is none of these; what it threw,
    /// if the stream is locked already.
    pub fn new(source: &JsValue) -> io::Result<Self> {
        let chunks = Chunks::of(source)?
            .ok_or_else(|| no_source("ReadableStream or async iterator", source))?;
        Ok(StreamReader { source: Source::Open(chunks), chunk: Vec::new(), position: 0 })
    }

    /// A reader of these bytes.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        StreamReader { source: Source::Ended, chunk: bytes, position: 0 }
    }

    /// Replaces the chunk by the next that is not empty, or at the end by an empty one.
    fn advance(&mut self) -> io::Result<()> {
        self.chunk.clear();
        self.position = 0;
        while self.chunk.is_empty() {
            let chunks = match &mut self.source {
                Source::Open(chunks) => chunks,
                Source::Ended => break,
                Source::Failed(error) => return Err(error.clone().into()),
            };
            // Beforehand: a chunk that has been asked for cannot be asked for again.
            if !can_block() {
                return Err(Error::CannotBlock.into());
            }
            match chunks.next() {
                Ok(Some(chunk)) => self.accept(&chunk),
                Ok(None) => self.source = Source::Ended,
                Err(error @ Error::Rejected(_)) => self.source = Source::Failed(error),
                // The wait has failed, and not the source: the chunk is still to come.
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn accept(&mut self, chunk: &JsValue) {
        if let Some(bytes) = bytes(chunk) {
            self.chunk.resize(bytes.length() as usize, 0);
            bytes.copy_to(&mut self.chunk);
        } else if let Some(text) = chunk.as_string() {
            self.chunk = text.into_bytes();
        } else {
            self.close(Source::Failed(wrong_type("bytes or text", chunk)));
        }
    }

    /// Leaves the source in the state `then`, and tells it so unless it has ended by itself.
    fn close(&mut self, then: Source) {
        if let Source::Open(chunks) = mem::replace(&mut self.source, then) {
            chunks.stop();
        }
    }
}

impl BufRead for StreamReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.chunk.len() {
            self.advance()?;
        }
        Ok(&self.chunk[self.position..])
    }

    fn consume(&mut self, amount: usize) {
        self.position = self.chunk.len().min(self.position + amount);
    }
}

impl Read for StreamReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        self.close(Source::Ended);
    }
}

/// The reader of a stream, or an iterator.
#[derive(Debug)]
struct Chunks {
    owner: JsValue,
    next: Function,
    stop: Option<Function>,
    /// The chunk that has been asked for, and not been had.
    under_way: Option<Promise>,
}

impl Chunks {
    fn of(source: &JsValue) -> Result<Option<Chunks>, Error> {
        if let Some(get_reader) = method(source, &"getReader".into()) {
            return Ok(Self::with_methods(get_reader.call0(source)?, "read", "cancel"));
        }
        let iterator = match method(source, &Symbol::async_iterator()) {
            Some(iterate) => iterate.call0(source)?,
            None => source.clone(),
        };
        Ok(Self::with_methods(iterator, "next", "return"))
    }

    fn with_methods(owner: JsValue, next: &str, stop: &str) -> Option<Chunks> {
        let next = method(&owner, &next.into())?;
        let stop = method(&owner, &stop.into());
        Some(Chunks { owner, next, stop, under_way: None })
    }

    /// The next chunk. If the wait for it fails, it is waited for again by the next call.
    fn next(&mut self) -> Result<Option<JsValue>, Error> {
        let under_way = match &self.under_way {
            Some(promise) => promise.clone().into(),
            None => self.ask()?,
        };
        let next = settle(Ok(under_way));
        if matches!(next, Ok(_) | Err(Error::Rejected(_))) {
            self.under_way = None;
        }
        let next = next?;
        if Reflect::get(&next, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        Ok(Some(Reflect::get(&next, &"value".into())?))
    }

    /// Asks for the next chunk.
    fn ask(&mut self) -> Result<JsValue, Error> {
        let next = self.next.call0(&self.owner)?;
        if !is_thenable(&next) {
            return Ok(next);
        }
        // A thenable of the source's own might not be asked twice.
        let promise = Promise::resolve(&next);
        self.under_way = Some(promise.clone());
        Ok(promise.into())
    }

    /// Says that no more is wanted. Nobody waits for the answer, and nobody hears of a failure: a
    /// promise that `allSettled` has is never an unhandled rejection.
    fn stop(self) {
        if let Some(stop) = &self.stop
            && let Ok(stopped) = stop.call0(&self.owner)
        {
            let _ = Promise::all_settled(Array::of1(&stopped).unchecked_ref());
        }
    }
}
