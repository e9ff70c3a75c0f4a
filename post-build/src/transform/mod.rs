//! What the tool does to the WebAssembly, one file a transform.
//!
//! ```text
//! wasm-bindgen's output
//!   └─ prepare     who runs, and whether it can suspend; `suspend` is still an import
//!        └─ wasm-opt, once: members become part of members (marks)
//!             ├─ jspi       `suspend` calls a WebAssembly.Suspending import   → NAME.wasm
//!             └─ asyncify   `suspend` unwinds; then instrument                → NAME.asyncify.wasm
//! ```
//!
//! Everything here works with three globals. `__stack_pointer` is LLVM's. `fiber` is the record of
//! the fiber that can suspend now, or 0, with this invariant: *it is not 0 exactly while Rust code
//! of that fiber runs with no JavaScript between the fiber's entry and that code, and no panic in
//! progress*. `faulted` is what `fiber` was when a panic began.

mod asyncify;
mod foreign;
mod guard;
mod instrument;
mod jspi;
mod layout;
mod marks;
mod names;
mod native;
mod prepare;
mod references;
mod reserve;
mod seam;

pub use asyncify::{CURSOR, PHASE, RESULTS, REWIND, asyncify};
pub use foreign::Foreign;
pub use instrument::{Names, instrument};
pub use jspi::jspi;
pub use marks::{MARK, mark_others, remaining, unmark};
pub use names::{is_panic_entry, rust_path};
pub use prepare::prepare;
pub use references::holds_references;
pub use seam::{DEFINED_SUSPEND, NAMESPACE, SUSPEND, declared};
