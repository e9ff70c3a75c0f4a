//! `std::time`, with clocks in WebAssembly too, and time-outs.
//!
//! Where the target is not WebAssembly, and with `build --std`, this is [`std::time`]. Else, [`Instant`] and [`SystemTime`]
//! are those of the crate [`web-time`](https://docs.rs/web-time): `Performance.now()` and
//! `Date.now()`, whose resolution is the engine's choice. To wait, see [`thread::sleep`].
//!
//! ```
//! use suspendable::time::{Duration, Instant};
//!
//! let began = Instant::now();
//! assert!(began.elapsed() < Duration::from_secs(60));
//! ```
//!
//! [`thread::sleep`]: crate::thread::sleep
//! [`Instant`]: struct@Instant

#[cfg(target_arch = "wasm32")]
mod timer;

use crate::Error;
#[cfg(any(not(target_arch = "wasm32"), suspendable_std))]
pub use std::time::*;
#[cfg(all(target_arch = "wasm32", not(suspendable_std)))]
pub use web_time::*;

/// Runs `f`, and cuts its blocking calls short when `duration` has passed.
///
/// The blocking call that `f` is in then fails with [`Error::Cancelled`], and so does every later one,
/// until `f` has returned: see [`cancel`](crate::cancel), which says what else this ends, and what it
/// does not. The reason is a `DOMException` named `TimeoutError`. Code that only computes is not
/// interrupted.
///
/// Where no call can block, and outside of WebAssembly, where a thread cannot be told to give up, `f` runs
/// to its end.
///
/// # Errors
///
/// [`Elapsed`] if a blocking call of `f` was cut short, or refused, because the time had passed. What `f`
/// made of that is dropped.
///
/// ```no_run
/// use suspendable::{js_import, suspendable, time};
///
/// #[suspendable]
/// pub fn version(specifier: &str) -> Result<String, suspendable::Error> {
///     let module = time::timeout(time::Duration::from_secs(2), || js_import(specifier))??;
///     module.get("version")
/// }
/// ```
pub fn timeout<T>(duration: Duration, f: impl FnOnce() -> T) -> Result<T, Elapsed> {
    #[cfg(target_arch = "wasm32")]
    return timer::run(duration, f);
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = duration;
        Ok(f())
    }
}

/// The time of a [`timeout`] has passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the time is up")]
pub struct Elapsed(());

/// [`TimedOut`](std::io::ErrorKind::TimedOut).
impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}

/// [`Error::Io`], with its text.
impl From<Elapsed> for Error {
    fn from(elapsed: Elapsed) -> Self {
        Error::Io(elapsed.to_string())
    }
}
