//! What the tool does to the WebAssembly, one file a transform.
//!
//! ```text
//! wasm-bindgen's output
//!   └─ prepare     who runs, and whether it can suspend; `suspend` is still an import
//!        └─ wasm-opt, once
//!             ├─ jspi       `suspend` calls a WebAssembly.Suspending import   → NAME.wasm
//!             └─ asyncify   `suspend` unwinds; then Binaryen's pass           → NAME.asyncify.wasm
//! ```
//!
//! Everything here works with three globals. `__stack_pointer` is LLVM's. `fiber` is the record of
//! the fiber that can suspend now, or 0, with this invariant: *it is not 0 exactly while Rust code
//! of that fiber runs with no JavaScript between the fiber's entry and that code, and no panic in
//! progress*. `faulted` is what `fiber` was when a panic began.

mod asyncify;
mod foreign;
mod guard;
mod jspi;
mod layout;
mod names;
mod native;
mod prepare;
mod references;
mod reserve;
mod seam;

pub use asyncify::asyncify;
pub use foreign::Foreign;
pub use jspi::jspi;
pub use names::{SHIELDED, is_panic_entry, rust_path};
pub use prepare::prepare;
pub use references::holds_references;
pub use seam::{DEFINED_SUSPEND, NAMESPACE, SUSPEND, declared};
