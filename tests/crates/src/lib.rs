//! Unmodified crates whose safe functions rely on a frame that stays where it is.
//!
//! Their lists of waiters run through the futures of those who wait, or they publish the address of a
//! local for the time of a call. The futures lie on the stacks of the calls here, and none is in a box.
//! Each struct is something that calls contend for, and suspend in the middle of.
//!
//! ```text
//! tokio     Mutex, RwLock, Notify, Semaphore, mpsc, oneshot, broadcast
//! waiters   futures::lock::Mutex, event-listener, async-channel
//! scoped    scoped-tls
//! ```

mod scoped;
mod tokio;
mod waiters;

use js_sys::Promise;
use suspendable::block_on;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/host.js")]
extern "C" {
    fn later(value: u32) -> Promise;
}

/// Suspends the call; `value` comes back.
fn pause(value: u32) -> Result<u32, JsValue> {
    Ok(block_on(&later(value))?.as_f64().expect("a number") as u32)
}

/// As JavaScript sees an error of a crate's.
fn thrown(error: impl std::error::Error) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
