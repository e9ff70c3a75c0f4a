//! Reading anywhere.
//!
//! A block of the source is kept, and it begins at a multiple of its size: a parser that reads a
//! table backwards, entry by entry, finds the entry before in the block that it has.

use super::{bytes, method, no_source, wrong_type};
use crate::module::{is_thenable, settle};
use crate::{Error, can_block};
use js_sys::{Promise, Reflect, Uint8Array};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[derive(Debug)]
    type Blob;
    #[wasm_bindgen(method, catch)]
    fn slice(this: &Blob, start: f64, end: f64) -> Result<Blob, JsValue>;
    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &Blob) -> Result<JsValue, JsValue>;

    /// The author's own object.
    #[derive(Debug)]
    type Positioned;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Positioned, position: f64, length: f64) -> Result<JsValue, JsValue>;
}

/// Reads a `Blob`, or anything that can be read at a position.
///
/// Besides a `Blob` or a `File`, the source can be an object with
///
/// - `size`: a number, or a promise of one. It is read once;
/// - `read(position, length)`: the bytes from `position` on, as a typed array, a `DataView` or an
///   `ArrayBuffer`, or a promise of them. There may be fewer than `length`, then the rest is asked
///   for; there may not be none, nor more. `position + length` is never beyond `size`.
///
/// ```js
/// const remote = {
///     size: 1_048_576,
///     async read(position, length) {
///         const range = `bytes=${position}-${position + length - 1}`;
///         return (await fetch(url, { headers: { range } })).arrayBuffer();
///     },
/// };
/// ```
///
/// The reader keeps one block of 64 KiB, so that small reads that are close to each other suspend
/// once. A read of a block or more is one call of its own.
///
/// ```no_run
/// use std::io::{Read, Seek, SeekFrom};
/// use suspendable::{Error, io::RandomReader, suspendable};
/// use wasm_bindgen::JsValue;
///
/// /// The ID3v1 tag of an MP3 file: its last 128 bytes.
/// #[suspendable]
/// pub fn tag(file: &JsValue) -> Result<Vec<u8>, Error> {
///     let mut tag = vec![0; 128];
///     let mut file = RandomReader::new(file)?;
///     file.seek(SeekFrom::End(-128))?;
///     file.read_exact(&mut tag)?;
///     Ok(tag)
/// }
/// ```
#[derive(Debug)]
pub struct RandomReader {
    source: Source,
    size: u64,
    /// Where the next read begins. It can be beyond `size`, and then there is nothing to read.
    position: u64,
    /// The bytes from `start` on: a whole block, or none.
    block: Vec<u8>,
    start: u64,
    capacity: usize,
    /// A read whose wait has failed, by its position and its length: the next call that wants the same
    /// waits for it again.
    under_way: Option<(u64, usize, Promise)>,
}

impl RandomReader {
    /// A reader of `source` from its first byte on.
    ///
    /// It blocks if `size` is a promise.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if `source` is neither a `Blob` nor such an object; those of
    /// waiting for the size.
    pub fn new(source: &JsValue) -> io::Result<Self> {
        Self::with_capacity(64 * 1024, source)
    }

    /// A reader that keeps blocks of `capacity` bytes: larger ones where each call is slow.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// If `capacity` is zero.
    pub fn with_capacity(capacity: usize, source: &JsValue) -> io::Result<Self> {
        assert!(capacity > 0, "a block has at least one byte");
        let (source, size) = (Source::of(source)?, size_of(source)?);
        let (block, start) = (Vec::new(), 0);
        Ok(RandomReader { source, size, position: 0, block, start, capacity, under_way: None })
    }

    /// The number of bytes of the source.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What the block has from the position on.
    fn buffered(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        offset.and_then(|offset| self.block.get(offset..)).unwrap_or_default()
    }

    /// The number of bytes from `position` to the end, at most `limit`.
    fn available(&self, position: u64, limit: usize) -> usize {
        let rest = self.size.saturating_sub(position);
        usize::try_from(rest).map_or(limit, |rest| rest.min(limit))
    }

    /// Replaces the block by the one in which the position is.
    fn load(&mut self) -> io::Result<()> {
        self.start = self.position - self.position % self.capacity as u64;
        let length = self.available(self.start, self.capacity);
        let mut block = std::mem::take(&mut self.block);
        block.resize(length, 0);
        // The block stays empty if this fails.
        self.fetch(self.start, &mut block)?;
        self.block = block;
        Ok(())
    }

    /// Fills `out` with the bytes from `position` on.
    fn fetch(&mut self, mut position: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            let bytes = self.read_at(position, out.len())?;
            let (count, asked) = (bytes.length() as usize, out.len());
            if count == 0 {
                let text = format!("no bytes at {position}, and the size is {}", self.size);
                return Err(io::Error::new(ErrorKind::UnexpectedEof, text));
            }
            let Some((filled, rest)) = out.split_at_mut_checked(count) else {
                let text = format!("{count} bytes at {position}, where {asked} were asked for");
                return Err(io::Error::new(ErrorKind::InvalidData, text));
            };
            bytes.copy_to(filled);
            position += count as u64;
            out = rest;
        }
        Ok(())
    }

    /// Some bytes from `position` on.
    fn read_at(&mut self, position: u64, length: usize) -> io::Result<Uint8Array> {
        // Beforehand, so that nobody has to wait for what the call would have begun.
        if !can_block() {
            return Err(Error::CannotBlock.into());
        }
        let returned = match self.under_way.take() {
            Some((at, count, promise)) if (at, count) == (position, length) => promise.into(),
            _ => self.source.read(position, length).map_err(Error::from)?,
        };
        if is_thenable(&returned) {
            // A thenable of the source's own might not be asked twice.
            self.under_way = Some((position, length, Promise::resolve(&returned)));
        }
        let read = settle(Ok(match &self.under_way {
            Some((_, _, promise)) => promise.clone().into(),
            None => returned,
        }));
        // Any other error is the wait's, and not the source's.
        if matches!(read, Ok(_) | Err(Error::Rejected(_))) {
            self.under_way = None;
        }
        let read = read?;
        bytes(&read).ok_or_else(|| wrong_type("bytes", &read).into())
    }
}

impl BufRead for RandomReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffered().is_empty() && self.position < self.size {
            self.load()?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount.min(self.buffered().len()) as u64;
    }
}

impl Read for RandomReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.len() >= self.capacity && self.buffered().is_empty() {
            let count = self.available(self.position, out.len());
            self.fetch(self.position, &mut out[..count])?;
            self.position += count as u64;
            return Ok(count);
        }
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl Seek for RandomReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidInput, "a seek to before the start, or too far")
        })?;
        Ok(self.position)
    }
}

#[derive(Debug)]
enum Source {
    Blob(Blob),
    Positioned(Positioned),
}

impl Source {
    fn of(source: &JsValue) -> io::Result<Source> {
        let has = |name: &str| method(source, &name.into()).is_some();
        if has("read") {
            Ok(Source::Positioned(source.clone().unchecked_into()))
        } else if has("slice") && has("arrayBuffer") {
            Ok(Source::Blob(source.clone().unchecked_into()))
        } else {
            let expected = "Blob or object with size and read(position, length)";
            Err(no_source(expected, source))
        }
    }

    fn read(&self, position: u64, length: usize) -> Result<JsValue, JsValue> {
        // Exact: no position is beyond the size, which JavaScript gave as a number.
        let (position, length) = (position as f64, length as f64);
        match self {
            Source::Blob(blob) => {
                blob.slice(position, position + length).and_then(|slice| slice.array_buffer())
            }
            Source::Positioned(object) => object.read(position, length),
        }
    }
}

fn size_of(source: &JsValue) -> io::Result<u64> {
    const MAX_SAFE_INTEGER: f64 = ((1_u64 << 53) - 1) as f64;
    let size = settle(Reflect::get(source, &"size".into()))?;
    match size.as_f64() {
        Some(size) if (0.0..=MAX_SAFE_INTEGER).contains(&size) && size.fract() == 0.0 => {
            Ok(size as u64)
        }
        _ => Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("a size is a whole number of bytes, and this one is {size:?}"),
        )),
    }
}
