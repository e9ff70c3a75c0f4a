//! The examples of std's documentation, by module, as functions that panic if they fail.

pub mod condvar;
pub mod mpsc;
pub mod mutex;
pub mod once;
pub mod rwlock;
pub mod threads;
pub mod time;
