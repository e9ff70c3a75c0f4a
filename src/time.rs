//! `std::time`, with clocks in WebAssembly too.
//!
//! Where the target is not WebAssembly, this is [`std::time`]. There, [`Instant`] and [`SystemTime`]
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

#[cfg(not(target_arch = "wasm32"))]
pub use std::time::*;
#[cfg(target_arch = "wasm32")]
pub use web_time::*;
