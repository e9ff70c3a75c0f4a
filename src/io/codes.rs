//! What kind of error the codes of JavaScript's errors stand for.

use std::io::ErrorKind;

/// The kind of an error with this `code`, as Node.js, Deno and Bun have it.
pub(crate) fn kind(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "EACCES" | "EPERM" => ErrorKind::PermissionDenied,
        "EADDRINUSE" => ErrorKind::AddrInUse,
        "EADDRNOTAVAIL" => ErrorKind::AddrNotAvailable,
        "EAGAIN" => ErrorKind::WouldBlock,
        "ECONNABORTED" => ErrorKind::ConnectionAborted,
        "ECONNREFUSED" | "ConnectionRefused" => ErrorKind::ConnectionRefused,
        "ECONNRESET" => ErrorKind::ConnectionReset,
        "EHOSTUNREACH" => ErrorKind::HostUnreachable,
        "EINTR" => ErrorKind::Interrupted,
        "EINVAL" => ErrorKind::InvalidInput,
        "ENETDOWN" => ErrorKind::NetworkDown,
        "ENETUNREACH" => ErrorKind::NetworkUnreachable,
        "ENOENT" | "ENOTFOUND" => ErrorKind::NotFound,
        "ENOMEM" => ErrorKind::OutOfMemory,
        "ENOSYS" | "ENOTSUP" | "EOPNOTSUPP" => ErrorKind::Unsupported,
        "ENOTCONN" => ErrorKind::NotConnected,
        "EPIPE" => ErrorKind::BrokenPipe,
        "ETIMEDOUT" => ErrorKind::TimedOut,
        _ => return None,
    })
}
