//! What std waits for, and crates that know std alone.

mod crates;
mod own;

pub use crates::*;
pub use own::*;
