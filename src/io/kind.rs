//! What kind of error JavaScript's errors are.

use js_sys::Reflect;
use std::io::ErrorKind;
use wasm_bindgen::JsValue;

/// The kinds of the codes that Node.js, Deno and Bun give to their errors.
const KINDS: [(&str, ErrorKind); 15] = [
    ("EACCES", ErrorKind::PermissionDenied),
    ("EADDRINUSE", ErrorKind::AddrInUse),
    ("EADDRNOTAVAIL", ErrorKind::AddrNotAvailable),
    ("ECONNABORTED", ErrorKind::ConnectionAborted),
    ("ECONNREFUSED", ErrorKind::ConnectionRefused),
    ("ConnectionRefused", ErrorKind::ConnectionRefused),
    ("ECONNRESET", ErrorKind::ConnectionReset),
    ("EHOSTUNREACH", ErrorKind::HostUnreachable),
    ("ENETUNREACH", ErrorKind::NetworkUnreachable),
    ("ENOENT", ErrorKind::NotFound),
    ("ENOSPC", ErrorKind::StorageFull),
    ("ENOTCONN", ErrorKind::NotConnected),
    ("EPERM", ErrorKind::PermissionDenied),
    ("EPIPE", ErrorKind::BrokenPipe),
    ("ETIMEDOUT", ErrorKind::TimedOut),
];

/// The kind of what JavaScript threw, by its `code`, or by that of its cause.
pub(super) fn of(reason: &JsValue) -> ErrorKind {
    let mut reason = reason.clone();
    // Nobody wraps deeper, and a cause may be its own.
    for _ in 0..4 {
        let get = |key: &str| Reflect::get(&reason, &key.into()).unwrap_or_default();
        if let Some(code) = get("code").as_string()
            && let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == code)
        {
            return *kind;
        }
        reason = get("cause");
    }
    ErrorKind::Other
}
