//! What std waits for, and crates that know std alone.

mod crates;
mod host;
mod own;

pub use crates::*;
pub use host::*;
pub use own::*;
