//! What the tool does to the WebAssembly, one file a transform.
//!
//! ```text
//! wasm-bindgen's output                (with --std, threads/library.rs before)
//!   ├─ zeros       nothing but what something reaches (prepare), and of the data what is not zero
//!   └─ prepare     who runs, whether it can suspend, and where who comes in begins (crossings)
//!        ├─ stacks     the frames of members go to the fibers' own stacks
//!        └─ guard      whoever is no member, and on the stack of a fiber that suspends, is found out
//!             └─ wasm-opt, once: members become part of members (marks)
//!                  ├─ jspi       `suspend` calls a WebAssembly.Suspending import   → NAME.wasm
//!                  └─ asyncify   `suspend` unwinds; then instrument                → NAME.asyncify.wasm
//!                                By profile, guard once more: members that are not instrumented.
//!                                With --asyncify=binaryen, wasm-opt instruments, before `asyncify`
//! ```
//!
//! Whole programs need less: `program.rs`; those with threads, `threads/` before.
//!
//! Everything here works with a few globals (`seam.rs`). `__stack_pointer` is LLVM's, and is left to the
//! functions that are no members; these have `sp`, with `limit` and `segment`. `fiber` is the record of
//! the fiber that can suspend now, or 0, with this invariant: *it is not 0 exactly while Rust code
//! of that fiber runs with no JavaScript between the fiber's entry and that code, and no panic in
//! progress*. `faulted` is what `fiber` was when a panic began. `crossing` and `outside` say where who
//! comes in begins, and who must not be there when a fiber suspends.

mod asyncify;
mod binaryen;
mod crossing;
mod fibers;
mod foreign;
mod frames;
mod guard;
mod instrument;
mod jspi;
mod layout;
mod marks;
mod names;
mod prepare;
mod program;
mod readable;
mod recording;
mod references;
mod reserve;
mod rewinding;
mod seam;
mod stacks;
mod threads;
mod twice;
mod unwinding;
mod waiting;
mod zeros;

pub use asyncify::{asyncify, asyncify_by_binaryen};
pub use foreign::Foreign;
pub use guard::{Guarded, guard, guard_unseen};
pub use instrument::instrument;
pub use jspi::jspi;
pub use marks::{MARK, called, mark_others, remaining, unmark};
pub use names::{is_called, is_default_hook, is_panic_entry, readable, rust_path, without_copy};
pub use prepare::{drop_unused, entered, prepare};
pub use program::{asyncify_program, jspi_program, name_all, tell_panics};
pub use readable::with_readable_names;
pub use references::{holds_references, without_references};
pub use rewinding::parts;
pub use seam::{DEFINED_SUSPEND, NAMESPACE, SUSPEND, declared};
pub use stacks::split;
pub use threads::{LIBRARY_WAIT, WAIT, unshare, unshare_library};
pub use waiting::{WASI, suspends};
pub use zeros::drop_zeros;
