//! What std waits for, and crates that know std alone.

mod crates;
mod host;
mod own;
mod schedules;

pub use crates::*;
pub use host::*;
pub use own::*;
pub use schedules::*;
