//! What std waits for, and crates that know std alone.

mod crates;
mod host;
mod more;
mod own;
mod rwlock;
mod schedules;

pub use crates::*;
pub use host::*;
pub use more::*;
pub use own::*;
pub use rwlock::*;
pub use schedules::*;
