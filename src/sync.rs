//! `std::sync`, with locks and channels that wait.
//!
//! Where the target is not WebAssembly, this is [`std::sync`]. In WebAssembly, std's own locks panic
//! as soon as two calls meet: these have the same names, signatures and semantics, and wait. A port
//! changes its `use` lines.
//!
//! **What blocks:** [`Mutex::lock`] while another thread (of [`thread`](crate::thread), or another
//! call) holds the mutex, and in the same way whatever waits in std. A lock that is free is taken
//! without suspending. Who waits is served in order of arrival: a lock is handed to the first, and
//! cannot be overtaken. Where no call can block ([`can_block`](crate::can_block)), what would have to
//! wait panics and says so.
//!
//! # What changes for a port
//!
//! - A thread that holds a lock keeps it while it waits for something else, as ever. A wait that
//!   can be seen never to end is a panic that says why: for a lock whose holder is the same thread, or
//!   waits for it, be it round several locks, readers among them, joins and ends of scopes.
//! - **Poison.** A panic runs no destructors, so no guard is dropped, and what the thread was changing
//!   may be half changed: a `sort` whose comparison panics leaves an element twice. So what a thread held
//!   that has panicked, or trapped, is lost, in the same turn of the event loop. To lock it is a
//!   [`PoisonError`], at once, and the guard in there panics when it is used. What it read with a
//!   [`RwLock`] others can read, and nobody can write. Locks that were held by code outside of every
//!   fiber stay locked.
//! - [`LockResult`], [`PoisonError`] and [`TryLockError`] are types of this crate: of std's, no value
//!   can be made in WebAssembly.

#[cfg(target_arch = "wasm32")]
mod barrier;
#[cfg(target_arch = "wasm32")]
mod condvar;
#[cfg(target_arch = "wasm32")]
pub(crate) mod lost;
#[cfg(target_arch = "wasm32")]
pub mod mpsc;
#[cfg(target_arch = "wasm32")]
mod mutex;
#[cfg(target_arch = "wasm32")]
mod once;
#[cfg(target_arch = "wasm32")]
mod once_lock;
#[cfg(target_arch = "wasm32")]
mod poison;
#[cfg(target_arch = "wasm32")]
mod rwlock;

#[cfg(not(target_arch = "wasm32"))]
pub use std::sync::*;
#[cfg(target_arch = "wasm32")]
pub use {
    barrier::{Barrier, BarrierWaitResult},
    condvar::{Condvar, WaitTimeoutResult},
    mutex::{Mutex, MutexGuard},
    once::{Once, OnceState},
    once_lock::{LazyLock, OnceLock},
    poison::{LockResult, PoisonError, TryLockError, TryLockResult},
    rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    std::sync::{Arc, Weak, atomic},
};
