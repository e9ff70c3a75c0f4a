//! Synchronous Rust, compiled to WebAssembly, that calls asynchronous JavaScript as if the call
//! blocked.
//!
//! ```no_run
//! use suspendable::{js_import, suspendable};
//!
//! #[suspendable]
//! pub fn describe(specifier: &str) -> Result<String, suspendable::Error> {
//!     let module = js_import(specifier)?;
//!     let value: String = module.get("value")?;
//!     let doubled: f64 = module.call("someFunction", (21,))?;
//!     Ok(format!("value = {value:?}, someFunction(21) = {doubled}"))
//! }
//! ```
//!
//! JavaScript sees `describe(specifier: string): Promise<string>`. The Rust has no `async`, no
//! callback and no second copy for the web. While `describe` waits, its call is a *fiber* that has
//! left the engine's stack: JavaScript's event loop goes on, and so do the other calls, any number
//! of them.
//!
//! | to | write |
//! | --- | --- |
//! | make an export that can block | [`#[suspendable]`](macro@suspendable) on a function, or on an `impl` and its methods |
//! | declare a JavaScript function that is waited for | [`#[suspending]`](macro@suspending) on an `extern "C"` block |
//! | import a module | [`js_import`], [`js_import_with`] |
//! | wait for a promise | [`block_on`] |
//! | wait for a Rust future | [`block_on_future`] |
//! | read a stream, an async iterator, a `Blob` or a remote file | [`io::StreamReader`], [`io::RandomReader`] |
//! | write to a stream, or to an object with an asynchronous `write` | [`io::StreamWriter`] |
//! | have standard streams | [`io::stdin`], [`io::stdout`], [`io::stderr`], [`println!`] |
//! | send requests | `http` (a feature): `http::send`, `http::get` |
//! | read and write files | [`fs`]: std's, under std's names |
//! | open sockets, listen, send datagrams | [`net`]: std's, under std's names |
//! | have threads, locks and channels | [`thread`], [`sync`], [`time`]: std's, under std's names |
//! | give up, after a time or when JavaScript says so | [`time::timeout`], [`cancel`] |
//! | ask whether a call could block | [`can_block`] |
//! | have tests that block | [`#[suspendable_test]`](macro@suspendable_test), `cargo suspendable test` |
//!
//! A crate that uses this is built with `cargo suspendable build`, which makes a package for every
//! JavaScript engine: fibers suspend through JSPI where the engine has it, and through
//! Asyncify, in which the module itself unwinds and rewinds its stack, where it has not.
//!
//! # What a fiber may do
//!
//! Anything, with three exceptions, in which a blocking call is an [`Error::CannotBlock`] and
//! nothing else happens: when no `#[suspendable]` call is running; when JavaScript stands on the
//! stack between that call and this one (a callback that `Array.prototype.forEach` calls); and
//! while a panic is in progress.
//!
//! Between two statements of a fiber, other fibers may run whenever a call in between blocks. A
//! `RefCell` that stays borrowed across a blocking call is found borrowed by them. For code that must not be
//! entered twice, see [One at a time](macro@suspendable#one-at-a-time).
//!
//! # What holds on its stack
//!
//! Every byte of a frame that is on the stack of a suspended fiber keeps its address, and stays readable
//! and writable there, until that frame returns. So crates that are sound on a thread are sound on a
//! fiber: pointers to locals may be in lists of others, in globals, in another fiber. All fibers share
//! one thread, and its thread-locals.
//!
//! # Faults
//!
//! A panic ends its own fiber: the promise is rejected with an `Error` that has the panic's message
//! and place. A trap, or a JavaScript exception that passes through Rust, does the same. Other
//! fibers go on. As after every abort, no destructor of the ended fiber runs: what it owned stays
//! allocated, and what it had borrowed stays borrowed.

mod block;
pub mod cancel;
mod convert;
mod error;
mod exclusive;
mod fiber;
#[cfg_attr(suspendable_std, allow(dead_code, reason = "a program has std's own"))]
pub mod fs;
#[cfg(suspendable_std)]
mod hooks;
#[cfg(feature = "http")]
pub mod http;
mod imported;
pub mod io;
mod lent;
#[cfg(suspendable_std)]
mod locals;
mod module;
#[cfg_attr(suspendable_std, allow(dead_code, reason = "a program has std's own"))]
pub mod net;
#[cfg(target_arch = "wasm32")]
mod one_thread;
mod outcome;
mod raw;
#[cfg(feature = "serde")]
mod serde;
#[cfg(target_arch = "wasm32")]
mod stack;
mod suspending;
pub mod sync;
pub mod thread;
mod thrown;
pub mod time;
#[cfg(target_arch = "wasm32")]
mod wait;

pub use block::{block_on, block_on_future, can_block};
pub use error::Error;
pub use module::{Arguments, ImportOptions, JsModule, js_import, js_import_with};
#[cfg(feature = "serde")]
pub use serde::Serde;
#[cfg(not(target_arch = "wasm32"))]
pub use std::{eprint, eprintln, print, println};
pub use suspendable_macros::{suspendable, suspendable_test, suspending};

/// What the attributes expand to. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::cancel::{begin, begin_or_end, ready};
    pub use crate::exclusive::turn;
    pub use crate::fiber::future_to_promise;
    #[cfg(target_arch = "wasm32")]
    pub use crate::io::stdio::{eprint, print};
    pub use crate::lent::{Given, Lent, Unlent, not_lent};
    pub use crate::outcome::outcome;
    pub use crate::suspending::{or_throw, result, settle, settle_or_throw, settle_result};
    pub use crate::thrown::{Thrown, ViaError, ViaReference, ViaShared, ViaValue};
    pub use wasm_bindgen;

    /// `#[wasm_bindgen]` takes the executor of `async` exports from `wasm_bindgen_futures`, or from
    /// `js_sys` where the environment says so. Both lead here.
    pub mod js_sys {
        pub use js_sys::*;

        /// Fibers in the place of tasks.
        pub mod futures {
            pub use crate::fiber::future_to_promise;
        }
    }
}
