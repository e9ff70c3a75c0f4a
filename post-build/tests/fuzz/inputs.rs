//! Modules as rustc links them, before wasm-bindgen.

use crate::sections::{self, CUSTOM, Section};
use std::fs;
use std::path::Path;

/// What `make test` has built, the small ones first.
const LINKED: [(&str, &str); 5] = [
    ("unknown-unknown/release/dynamic_import", "make examples/dynamic-import"),
    ("wasip1/release/program", "make tests/program"),
    ("unknown-unknown/release/mixed", "make tests/mixed"),
    ("unknown-unknown/release/fixture", "make tests/fixture"),
    ("wasip1-threads/release/threads", "make tests/threads"),
];

/// A linked module.
pub struct Input {
    pub wasm: Vec<u8>,
    /// The same without line tables, which are most of it.
    pub slim: Vec<u8>,
    /// Without relocations as well: whatever does not change what it does may be changed in it.
    pub plain: Vec<u8>,
    /// Whether it prints when it is run as a program.
    pub is_program: bool,
}

pub struct Inputs(pub Vec<Input>);

impl Inputs {
    pub fn linked(root: &Path) -> Inputs {
        let read = |(path, made_by): (&str, &str)| {
            let file = root.join(format!("target/wasm32-{path}.wasm"));
            let wasm = fs::read(&file)
                .unwrap_or_else(|error| panic!("{}: {error}: {made_by}", file.display()));
            let sections = sections::read(&wasm);
            let without = |prefixes: &[&str]| {
                let is_left = |section: &&Section| {
                    let is_of = |prefix: &&str| section.name.starts_with(*prefix);
                    section.id != CUSTOM || !prefixes.iter().any(is_of)
                };
                let left: Vec<_> = sections.iter().filter(is_left).cloned().collect();
                sections::write(&left)
            };
            Input {
                slim: without(&[".debug_", "reloc..debug_"]),
                plain: without(&[".debug_", "reloc.", "linking"]),
                is_program: path.ends_with("/program"),
                wasm,
            }
        };
        Inputs(LINKED.into_iter().map(read).collect())
    }
}
