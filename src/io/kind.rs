//! What kind of error JavaScript's errors are.

use js_sys::Reflect;
use std::io::ErrorKind;
use wasm_bindgen::JsValue;

/// The kind of what JavaScript threw, by its `code`, or by that of its cause.
pub(crate) fn of(reason: &JsValue) -> Option<ErrorKind> {
    let mut reason = reason.clone();
    // Nobody wraps deeper, and a cause may be its own.
    for _ in 0..4 {
        let get = |key: &str| Reflect::get(&reason, &key.into()).unwrap_or_default();
        // A `DOMException` has a `code` too, which is a number.
        if let Some(kind) = get("code").as_string().as_deref().and_then(of_code) {
            return Some(kind);
        }
        reason = get("cause");
    }
    None
}

/// The kind that std has for a code of Node.js, Deno or Bun.
fn of_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "EACCES" | "EPERM" => ErrorKind::PermissionDenied,
        "EADDRINUSE" => ErrorKind::AddrInUse,
        "EADDRNOTAVAIL" => ErrorKind::AddrNotAvailable,
        "EAGAIN" => ErrorKind::WouldBlock,
        "EBUSY" => ErrorKind::ResourceBusy,
        "ECONNABORTED" => ErrorKind::ConnectionAborted,
        "ECONNREFUSED" | "ConnectionRefused" => ErrorKind::ConnectionRefused,
        "ECONNRESET" => ErrorKind::ConnectionReset,
        "EDQUOT" => ErrorKind::QuotaExceeded,
        "EEXIST" => ErrorKind::AlreadyExists,
        "EFBIG" => ErrorKind::FileTooLarge,
        "EHOSTUNREACH" => ErrorKind::HostUnreachable,
        "EINTR" => ErrorKind::Interrupted,
        "EINVAL" | "ERR_OUT_OF_RANGE" | "ERR_INVALID_ARG_VALUE" | "ERR_INVALID_ARG_TYPE" => {
            ErrorKind::InvalidInput
        }
        "EISDIR" => ErrorKind::IsADirectory,
        "EMLINK" => ErrorKind::TooManyLinks,
        "ENAMETOOLONG" => ErrorKind::InvalidFilename,
        "ENETDOWN" => ErrorKind::NetworkDown,
        "ENETUNREACH" => ErrorKind::NetworkUnreachable,
        "ENOENT" | "ENOTFOUND" => ErrorKind::NotFound,
        "ENOMEM" => ErrorKind::OutOfMemory,
        "ENOSPC" => ErrorKind::StorageFull,
        "ENOSYS" | "ENOTSUP" | "EOPNOTSUPP" | "ERR_METHOD_NOT_IMPLEMENTED" => {
            ErrorKind::Unsupported
        }
        "ENOTCONN" => ErrorKind::NotConnected,
        "ENOTDIR" => ErrorKind::NotADirectory,
        "ENOTEMPTY" => ErrorKind::DirectoryNotEmpty,
        "EPIPE" => ErrorKind::BrokenPipe,
        "EROFS" => ErrorKind::ReadOnlyFilesystem,
        "ESPIPE" => ErrorKind::NotSeekable,
        "ETIMEDOUT" => ErrorKind::TimedOut,
        "ETXTBSY" => ErrorKind::ExecutableFileBusy,
        "EXDEV" => ErrorKind::CrossesDevices,
        _ => return None,
    })
}
