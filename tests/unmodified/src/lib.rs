//! What std waits for, and crates that know std alone.

#[path = "../../std/src/cancelled.rs"]
mod cancelled;
mod crates;
mod deadlocks;
mod host;
mod more;
mod own;
mod rwlock;
mod schedules;

/// Whose locks, channels and threads `cancelled` is about.
mod waiting {
    pub use std::{sync, thread};
}

pub use cancelled::*;
pub use crates::*;
pub use deadlocks::*;
pub use host::*;
pub use more::*;
pub use own::*;
pub use rwlock::*;
pub use schedules::*;
