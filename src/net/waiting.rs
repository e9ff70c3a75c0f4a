//! How to wait for a socket: a call that cannot be done now is made again when something has changed.

use crate::Error;
use crate::module::settle;
#[cfg(target_arch = "wasm32")]
use crate::time::Duration;
use crate::time::Instant;
use js_sys::Promise;
use std::io;
use wasm_bindgen::JsValue;

/// How long to wait.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code))]
pub(super) enum Until {
    Now,
    Then(Instant),
    Ever,
}

#[cfg(target_arch = "wasm32")]
impl Until {
    pub fn after(time: Duration) -> Until {
        // A time that the clock does not know never comes.
        Instant::now().checked_add(time).map_or(Until::Ever, Until::Then)
    }
}

/// What comes of `attempt`, as soon as it is not `None`; or `None`, if it is not in time.
pub(super) fn wait_until<T>(
    until: Until,
    mut attempt: impl FnMut() -> Result<Option<T>, JsValue>,
    change: impl Fn(Option<f64>) -> Promise,
) -> io::Result<Option<T>> {
    loop {
        let value = attempt().map_err(error)?;
        if value.is_some() {
            return Ok(value);
        }
        let milliseconds = match until {
            Until::Now => return Ok(None),
            Until::Ever => None,
            Until::Then(until) => {
                // A timer may be early by this clock.
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(None);
                }
                Some((left.as_secs_f64() * 1000.0).ceil())
            }
        };
        settle(Ok(change(milliseconds).into()))?;
    }
}

/// What comes of `attempt`, as soon as it is not `None`.
pub(super) fn wait<T>(
    attempt: impl FnMut() -> Result<Option<T>, JsValue>,
    change: impl Fn() -> Promise,
) -> io::Result<T> {
    let value = wait_until(Until::Ever, attempt, |_| change())?;
    Ok(value.expect("it has waited for as long as it takes"))
}

/// How many bytes have been moved; `None` if that cannot be done now.
pub(super) fn count(moved: i32) -> Option<usize> {
    usize::try_from(moved).ok()
}

/// What the host threw.
pub(super) fn error(reason: JsValue) -> io::Error {
    Error::Rejected(reason).into()
}
