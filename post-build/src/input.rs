//! What goes into a pipeline, of a library (`post_build`) or of a program (`program/`), and what both say of its set.

use crate::about::About;
use crate::analysis::{Sources, SuspensionSet};
use crate::progress::Progress;
use std::path::Path;

/// A linked module.
pub struct Input<'a> {
    pub file: &'a Path,
    pub wasm: Vec<u8>,
    pub about: About,
    /// Whether the WebAssembly keeps the names of its functions.
    pub keep_names: bool,
    /// What tells the calls of methods by their names.
    pub sources: Option<Sources>,
    /// A library's: a program that is tried at once has backends of its own.
    pub is_optimised: bool,
    /// Whether to say what it calls of std that never works.
    pub tells_unsupported: bool,
}

/// How large the set is.
pub fn report(progress: &Progress, set: &SuspensionSet) {
    progress.note(&format!("{} of {} functions can suspend", set.members.len(), set.functions));
    if !set.relocations {
        progress.note(
            "the file was linked without relocations, so every indirect call counts as one that \
             can suspend: link with `-C link-arg=--emit-relocs` for a smaller and faster package",
        );
    }
}
