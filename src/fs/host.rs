//! The host's files: the functions of js/host/fs.js, and what they fail with.

use crate::io::{kind, with_kind};
use crate::{Error, can_block, cancel, module};
use js_sys::{Array, Reflect, Uint8Array};
use std::io::{self, ErrorKind};
use std::path::Path;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a function of the host's returned or threw: mostly a promise.
pub(super) type Returned = Result<JsValue, JsValue>;

#[wasm_bindgen(raw_module = "suspendable:host/fs")]
extern "C" {
    #[wasm_bindgen(catch)]
    pub fn open(path: &str, wanted: u32, mode: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn stat(path: &str, follows: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn readdir(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn mkdir(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn unlink(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn rmdir(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn realpath(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn readlink(path: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn chmod(path: &str, mode: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn rename(from: &str, to: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = copyFile)]
    pub fn copy_file(from: &str, to: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn link(from: &str, to: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn symlink(target: &str, path: &str) -> Result<JsValue, JsValue>;
    #[cfg(suspendable_std)]
    #[wasm_bindgen(catch)]
    pub fn utimes(
        path: &str,
        accessed: f64,
        modified: f64,
        follows: bool,
    ) -> Result<JsValue, JsValue>;
    #[cfg(suspendable_std)]
    #[wasm_bindgen(catch, js_name = currentDirectory)]
    pub fn current_directory() -> Result<String, JsValue>;
    #[cfg(suspendable_std)]
    #[wasm_bindgen(catch, js_name = temporaryDirectory)]
    pub fn temporary_directory() -> Result<String, JsValue>;

    /// A buffer for so many bytes.
    pub fn take(length: usize) -> Uint8Array;
    /// A buffer that begins with these.
    pub fn taken(bytes: &[u8]) -> Uint8Array;
    /// Reads into a buffer; a negative position is the host's own.
    #[wasm_bindgen(catch)]
    pub fn read(
        file: &JsValue,
        buffer: &Uint8Array,
        length: usize,
        position: f64,
    ) -> Result<JsValue, JsValue>;
    /// Copies what has been read, gives the buffer back, and says how many bytes they were.
    #[wasm_bindgen(catch, js_name = wasRead)]
    pub fn was_read(
        result: &JsValue,
        buffer: &Uint8Array,
        out: &mut [u8],
    ) -> Result<usize, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn write(
        file: &JsValue,
        buffer: &Uint8Array,
        length: usize,
        position: f64,
    ) -> Result<JsValue, JsValue>;
    /// Gives the buffer back, and says how many bytes have been written.
    #[wasm_bindgen(catch, js_name = wasWritten)]
    pub fn was_written(
        result: &JsValue,
        buffer: &Uint8Array,
        length: usize,
    ) -> Result<usize, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn truncate(file: &JsValue, length: f64) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn sync(file: &JsValue, all: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = statFile)]
    pub fn stat_file(file: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = chmodFile)]
    pub fn chmod_file(file: &JsValue, mode: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = utimesFile)]
    pub fn utimes_file(file: &JsValue, accessed: f64, modified: f64) -> Result<JsValue, JsValue>;
    /// It is open until it is closed.
    pub fn opened(file: &JsValue);
    pub fn close(file: &JsValue);

    #[wasm_bindgen(catch)]
    pub fn numbers(stats: &JsValue, out: &mut [f64]) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub fn listed(entries: &JsValue) -> Result<Array, JsValue>;
}

/// Asks the host, and waits for its answer.
///
/// Where no call can block, the host is not even asked.
pub(super) fn ask(question: impl FnOnce() -> Returned) -> io::Result<JsValue> {
    if !can_block() {
        return Err(Error::CannotBlock.into());
    }
    cancel::check()?;
    module::settle(question()).map_err(failure)
}

/// A path as the host takes it.
pub(super) fn text(path: &Path) -> io::Result<&str> {
    let Some(text) = path.to_str() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path is not UTF-8"));
    };
    if text.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the path is empty"));
    }
    if text.contains('\0') {
        let what = "file name contained an unexpected NUL byte";
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    Ok(text)
}

/// The error of a call that failed, with the kind that std has for its code.
pub(super) fn failure(error: impl Into<Error>) -> io::Error {
    let error = error.into();
    match error.cause().and_then(kind) {
        Some(kind) => with_kind(kind, error),
        None => error.into(),
    }
}

fn kind(reason: &JsValue) -> Option<ErrorKind> {
    let text = |name: &str| Reflect::get(reason, &name.into()).ok()?.as_string();
    kind::of(reason).or_else(|| kind_of_name(&text("name")?)).or_else(|| {
        // Deno has no code for that one.
        text("message")?.contains("(os error 29)").then_some(ErrorKind::NotSeekable)
    })
}

fn kind_of_name(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "NotFoundError" => ErrorKind::NotFound,
        "TypeMismatchError" => ErrorKind::NotADirectory,
        "InvalidModificationError" => ErrorKind::DirectoryNotEmpty,
        "NoModificationAllowedError" => ErrorKind::ResourceBusy,
        "NotAllowedError" | "SecurityError" => ErrorKind::PermissionDenied,
        "QuotaExceededError" => ErrorKind::StorageFull,
        "NotSupportedError" => ErrorKind::Unsupported,
        _ => return None,
    })
}
