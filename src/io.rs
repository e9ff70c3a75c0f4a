//! `std::io` over what JavaScript delivers asynchronously.
//!
//! | JavaScript has | Rust reads it through |
//! | --- | --- |
//! | a `ReadableStream` (`response.body`, `blob.stream()`) | [`StreamReader`]: `Read`, `BufRead` |
//! | an async iterator (a Node.js stream, an `async function*`) | [`StreamReader`] |
//! | a `Blob`, a `File` | [`RandomReader`]: `Read`, `BufRead`, `Seek` |
//! | an object with `size` and `read(position, length)` | [`RandomReader`] |
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
//! # Errors
//!
//! A reader fails with a [`std::io::Error`] that has an [`Error`] inside, and shows its text. `?`
//! turns it back into that [`Error`], where a function returns one: JavaScript gets the reason that
//! it gave.
//!
//! | [`ErrorKind`] | what happened |
//! | --- | --- |
//! | [`Other`](ErrorKind::Other) | a promise was rejected, or a function threw; where the reason has a `code` of the system's, such as `ECONNRESET`, its kind |
//! | [`WouldBlock`](ErrorKind::WouldBlock) | [`Error::CannotBlock`]: nothing has been read, nothing is lost |
//! | [`InvalidInput`](ErrorKind::InvalidInput) | the value that was given is no source; a seek to before the start |
//! | [`InvalidData`](ErrorKind::InvalidData) | a chunk that is neither bytes nor text, or longer than asked for |
//! | [`UnexpectedEof`](ErrorKind::UnexpectedEof) | the bytes end before the `size` that was promised |

mod codes;
mod random;
mod stream;

pub use random::RandomReader;
pub use stream::StreamReader;

use crate::{Error, convert};
use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array};
use std::fmt;
use std::io::ErrorKind;
use wasm_bindgen::{JsCast, JsValue};

/// The [`Error`] inside of a [`std::io::Error`].
struct Cause(Error);

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

/// The error stays what it is, inside: `Error::from` gets it back.
///
/// ```
/// let error = std::io::Error::from(suspendable::Error::CannotBlock);
/// assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
/// assert!(matches!(suspendable::Error::from(error), suspendable::Error::CannotBlock));
/// ```
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::CannotBlock => ErrorKind::WouldBlock,
            Error::WrongType { .. } => ErrorKind::InvalidData,
            Error::Rejected(ref reason) => kind(reason),
            _ => ErrorKind::Other,
        };
        std::io::Error::new(kind, Cause(error))
    }
}

/// The error that a reader of this crate failed with, also where other crates have wrapped it, as
/// far as their errors give a `source`. Any other error becomes [`Error::Io`].
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match cause(&error) {
            Some(cause) => cause.clone(),
            None => Error::Io(error.to_string()),
        }
    }
}

/// The error of this crate that `error` began with.
fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    if let Some(Cause(cause)) = error.downcast_ref() {
        return Some(cause);
    }
    match error.downcast_ref::<std::io::Error>() {
        // Its `source` is the one of the error inside, and passes that error by.
        Some(error) => cause(error.get_ref()?),
        None => cause(error.source()?),
    }
}

/// The kind of what JavaScript threw.
fn kind(reason: &JsValue) -> ErrorKind {
    let code = Reflect::get(reason, &"code".into()).ok().and_then(|code| code.as_string());
    code.and_then(|code| codes::kind(&code)).unwrap_or(ErrorKind::Other)
}

/// A value of another type than `expected`.
fn wrong_type(expected: &str, value: &JsValue) -> Error {
    Error::WrongType { expected: expected.to_owned(), found: convert::js_type(value) }
}

/// A value that no reader can be made of.
fn no_source(expected: &str, value: &JsValue) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidInput, Cause(wrong_type(expected, value)))
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
