//! `std::io` over what JavaScript delivers, and takes, asynchronously.
//!
//! | JavaScript has | Rust has |
//! | --- | --- |
//! | a `ReadableStream` (`response.body`, `blob.stream()`) | [`StreamReader`]: `Read`, `BufRead` |
//! | an async iterator (a Node.js stream, an `async function*`) | [`StreamReader`] |
//! | a `Blob`, a `File` | [`RandomReader`]: `Read`, `BufRead`, `Seek` |
//! | an object with `size` and `read(position, length)` | [`RandomReader`] |
//! | a `WritableStream`, a Node.js stream, an object with `write(bytes)` | [`StreamWriter`]: `Write` |
//! | `process.stdin`, `stdout`, `stderr`, or what `init` was given | [`stdin`], [`stdout`], [`stderr`] |
//!
//! Everything else is [`std::io`]'s, under its names: a port replaces `std::io` by `suspendable::io` in its
//! `use` lines.
//!
//! So a crate that takes a reader takes a download or a remote file, as it is:
//!
//! ```no_run
//! use std::io::BufRead;
//! use suspendable::{Error, io::StreamReader, suspendable};
//! use wasm_bindgen::JsValue;
//!
//! #[suspendable]
//! pub fn longest_line(stream: &JsValue) -> Result<String, Error> {
//!     let mut longest = String::new();
//!     for line in StreamReader::new(stream)?.lines() {
//!         let line = line?;
//!         if line.len() > longest.len() {
//!             longest = line;
//!         }
//!     }
//!     Ok(longest)
//! }
//! ```
//!
//! Both readers keep what they were given beyond what was asked for, so that a fiber suspends once
//! for each chunk or block, and not once for each small read.
//!
//! # Standard streams
//!
//! std's own are silent in `wasm32-unknown-unknown`: `println!` goes nowhere, and `stdin` is empty. The
//! ones here are the host's on Node.js, Deno and Bun; in a page, output is shown in the console, line by
//! line, and input is at its end. The options `stdin`, `stdout` and `stderr` of `init` put streams,
//! functions or a text in their place. A port needs one line more, for macros cannot be replaced by a path:
//!
//! ```no_run
//! use suspendable::io::{self, BufRead, Write};
//! use suspendable::println; // and print, eprint, eprintln
//!
//! fn greet() -> io::Result<()> {
//!     let mut out = io::stdout().lock();
//!     write!(out, "name? ")?;
//!     out.flush()?;
//!     let mut name = String::new();
//!     io::stdin().lock().read_line(&mut name)?;
//!     println!("hello {}", name.trim());
//!     Ok(())
//! }
//! ```
//!
//! Reading waits for input, and writing for room. Where no call can block ([`can_block`](crate::can_block)),
//! what is written is taken all the same, and JavaScript keeps it until there is room; `flush` returns at
//! once. A line goes out when it ends; one that does not end, when the program waits or its call returns.
//! Nobody who has stopped reading keeps a process from ending. A pipe that the other side has closed is a
//! [`BrokenPipe`](ErrorKind::BrokenPipe), and `println!` panics then, as std's does. Where the target is not
//! WebAssembly, all of these are std's.
//!
//! # Formatting
//!
//! [`write!`] to a writer of this crate formats first, and then writes once: nothing waits inside of
//! `core::fmt`, whose functions stay out of the suspension set. Through another writer around it
//! (`BufWriter`), they do not.
//!
//! # Errors
//!
//! A reader or a writer fails with a [`std::io::Error`] that has an [`Error`](crate::Error) inside, and
//! shows its text. `?` turns it back into that [`Error`](crate::Error), where a function returns one:
//! JavaScript gets the reason that it gave.
//!
//! | [`ErrorKind`] | what happened |
//! | --- | --- |
//! | [`Other`](ErrorKind::Other) | a promise was rejected, or a function threw |
//! | [`BrokenPipe`](ErrorKind::BrokenPipe), [`NotFound`](ErrorKind::NotFound), … | the same, and the reason or its `cause` has a `code` that says so (`EPIPE`, `ENOENT`) |
//! | [`WouldBlock`](ErrorKind::WouldBlock) | [`Error::CannotBlock`](crate::Error::CannotBlock): nothing has been read or written, nothing is lost |
//! | [`InvalidInput`](ErrorKind::InvalidInput) | the value that was given is no source, and no sink; a seek to before the start |
//! | [`InvalidData`](ErrorKind::InvalidData) | a chunk that is neither bytes nor text, or longer than asked for; a `write` that says to have taken more than there was |
//! | [`UnexpectedEof`](ErrorKind::UnexpectedEof) | the bytes end before the `size` that was promised |
//!
//! A wait that fails while its promise is pending loses nothing: the chunk that was asked for is waited for
//! by the next call.

pub(crate) mod kind;
#[cfg(target_arch = "wasm32")]
mod print;
mod random;
#[cfg(target_arch = "wasm32")]
pub(crate) mod stdio;
mod stream;
mod writer;

pub use random::RandomReader;
// Ours come before those of the same name.
pub use std::io::*;
#[cfg(target_arch = "wasm32")]
pub use stdio::{Stderr, StderrLock, Stdin, StdinLock, Stdout, StdoutLock, stderr, stdin, stdout};
pub use stream::StreamReader;
#[cfg(all(feature = "http", target_arch = "wasm32"))]
pub(crate) use writer::ByteSink;
pub use writer::StreamWriter;

use crate::convert;
use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array};
use std::fmt;
use wasm_bindgen::{JsCast, JsValue};

/// Whether a stream is a terminal, as [`std::io::IsTerminal`], which no other crate can implement.
#[cfg(target_arch = "wasm32")]
pub trait IsTerminal {
    /// Whether it is one; false where the host does not know.
    fn is_terminal(&self) -> bool;
}

/// The [`crate::Error`] inside of a [`std::io::Error`].
struct Cause(crate::Error);

// SAFETY: `std::io::Error` takes what is `Send` and `Sync`, and a JavaScript value is not. There is
// one thread: the tool refuses modules with shared memory, and outside WebAssembly every `JsValue`
// is a constant, which has no owner.
unsafe impl Send for Cause {}
// SAFETY: as above.
unsafe impl Sync for Cause {}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Cause {}

/// The error stays what it is, inside: `crate::Error::from` gets it back.
///
/// ```
/// let error = std::io::Error::from(suspendable::Error::CannotBlock);
/// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
/// assert!(matches!(suspendable::Error::from(error), suspendable::Error::CannotBlock));
/// ```
impl From<crate::Error> for std::io::Error {
    fn from(error: crate::Error) -> Self {
        let kind = match error {
            crate::Error::CannotBlock => ErrorKind::WouldBlock,
            crate::Error::WrongType { .. } => ErrorKind::InvalidData,
            crate::Error::Rejected(ref reason) => kind::of(reason).unwrap_or(ErrorKind::Other),
            _ => ErrorKind::Other,
        };
        std::io::Error::new(kind, Cause(error))
    }
}

/// The error that a reader of this crate failed with, also where other crates have wrapped it, as
/// far as their errors give a `source`. Any other error becomes [`crate::Error::Io`].
impl From<std::io::Error> for crate::Error {
    fn from(error: std::io::Error) -> Self {
        match cause(&error) {
            Some(cause) => cause.clone(),
            None => crate::Error::Io(error.to_string()),
        }
    }
}

/// The error of this crate that `error` is, alone or inside of one of std's.
pub(crate) fn own<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a crate::Error> {
    if let Some(Cause(own)) = error.downcast_ref() {
        return Some(own);
    }
    match error.downcast_ref::<std::io::Error>() {
        // Its `source` is the one of the error inside, and passes that error by.
        Some(error) => own(error.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// The error of this crate that `error` began with.
fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a crate::Error> {
    if let Some(own) = own(error) {
        return Some(own);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => cause(error.get_ref()?),
        None => cause(error.source()?),
    }
}

/// Writes a text at once: it is formatted first, so that nothing waits in the middle of formatting, and
/// the functions that format are no members of the suspension set.
fn write_text(out: &mut impl Write, text: fmt::Arguments<'_>) -> std::io::Result<()> {
    match text.as_str() {
        Some(text) => out.write_all(text.as_bytes()),
        None => out.write_all(fmt::format(text).as_bytes()),
    }
}

/// An error of a kind that is not that of every [`crate::Error`] like it.
#[cfg(target_arch = "wasm32")]
pub(crate) fn with_kind(kind: ErrorKind, error: crate::Error) -> std::io::Error {
    std::io::Error::new(kind, Cause(error))
}

/// A value of another type than `expected`.
pub(crate) fn wrong_type(expected: &str, value: &JsValue) -> crate::Error {
    crate::Error::WrongType { expected: expected.to_owned(), found: convert::js_type(value) }
}

/// A value that no reader can be made of.
fn no_source(expected: &str, value: &JsValue) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidInput, Cause(wrong_type(expected, value)))
}

/// What JavaScript threw at an argument.
#[cfg(all(feature = "http", target_arch = "wasm32"))]
pub(crate) fn invalid_input(reason: JsValue) -> std::io::Error {
    with_kind(ErrorKind::InvalidInput, reason.into())
}

/// The method `name` of `object`, if there is such an object and it has one.
fn method(object: &JsValue, name: &JsValue) -> Option<Function> {
    Reflect::get(object, name).ok()?.dyn_into().ok()
}

/// The bytes of a typed array, a `DataView` or an `ArrayBuffer`, without a copy.
fn bytes(value: &JsValue) -> Option<Uint8Array> {
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Some(bytes.clone());
    }
    if ArrayBuffer::is_view(value) {
        // Whatever it is a view of numbers of, it has the three properties that are read here.
        let view = value.unchecked_ref::<Uint8Array>();
        let (offset, length) = (view.byte_offset(), view.byte_length());
        return Some(Uint8Array::new_with_byte_offset_and_length(&view.buffer(), offset, length));
    }
    value.is_instance_of::<ArrayBuffer>().then(|| Uint8Array::new(value))
}
