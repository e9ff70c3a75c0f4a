//! What a file is, before anything is done with it.

use crate::features;
use crate::transform::{LIBRARY_WAIT, NAMESPACE, WASI};
use anyhow::{Result, bail, ensure};
use wasmparser::{Encoding, Parser, Payload, TypeRef};

/// The section in which wasm-bindgen's macros describe what is exported and imported.
pub const BINDGEN: &str = "__wasm_bindgen_unstable";

/// What the tool makes a package of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A cdylib over the crate `suspendable`, before wasm-bindgen.
    Library,
    /// A command of WASI preview 1.
    Program { has_threads: bool },
}

impl Kind {
    /// What a file is, if it is one of those and whole.
    pub fn of(wasm: &[u8]) -> Result<Kind> {
        ensure!(!wasm.is_empty(), "it is empty: build it again");
        ensure!(
            !wasm.trim_ascii_start().starts_with(b"(") && !wasm.starts_with(b";;"),
            "it is WebAssembly as text: give the binary file that rustc linked"
        );
        ensure!(wasm.starts_with(b"\0asm"), "it is not a WebAssembly file");
        if let Some(Ok(Payload::Version { encoding: Encoding::Component, .. })) =
            Parser::new(0).parse_all(wasm).next()
        {
            bail!(
                "it is a component, as wasm32-wasip2 makes them: build the program for \
                 wasm32-wasip1"
            );
        }
        // What is damaged is read up to there.
        let seen = Seen::read(wasm).unwrap_or_default();
        ensure!(
            !seen.is_object,
            "it is an object file, which is not linked yet: give the file that rustc linked"
        );
        ensure!(
            !seen.is_core,
            "it is a core dump: give the file that rustc linked, of the program that was running"
        );
        ensure!(
            seen.bindgen || !seen.processed,
            "it has been processed by `cargo suspendable` already: give the file that rustc linked"
        );
        features::check(wasm, seen.waits || seen.shared && !seen.bindgen)?;
        if seen.bindgen {
            return Ok(Kind::Library);
        }
        ensure!(
            seen.wasi || seen.starts,
            "it has no wasm-bindgen section and is no program of WASI preview 1: give the file that \
             rustc linked (below target/wasm32-unknown-unknown/ or target/wasm32-wasip1/), not one \
             that wasm-bindgen has processed"
        );
        seen.check_program()?;
        Ok(Kind::Program { has_threads: seen.shared })
    }
}

/// What a module imports and exports, as far as it tells.
#[derive(Default)]
struct Seen {
    bindgen: bool,
    wasi: bool,
    starts: bool,
    memory: bool,
    shared: bool,
    /// Whether its standard library waits (`build --std`).
    waits: bool,
    /// Whether it is what this tool has made.
    processed: bool,
    is_object: bool,
    is_core: bool,
    spawns: bool,
    begins_threads: bool,
    /// The first import that is not of WASI preview 1.
    foreign: Option<String>,
}

impl Seen {
    fn read(wasm: &[u8]) -> Result<Seen> {
        let mut seen = Seen::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        // The linker gives the module one.
                        seen.is_object |=
                            import.module == "env" && import.name == "__linear_memory";
                        seen.processed |= import.module == NAMESPACE;
                        match (import.module, import.ty) {
                            (WASI, TypeRef::Func(_)) => seen.wasi = true,
                            ("wasi", _) if import.name == "thread-spawn" => seen.spawns = true,
                            (_, TypeRef::Memory(ty)) if ty.shared => seen.shared = true,
                            (module, _) => {
                                let name = format!("`{module}.{}`", import.name);
                                seen.foreign.get_or_insert(name);
                            }
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        seen.shared |= memory?.shared;
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        match export?.name {
                            "_start" => seen.starts = true,
                            "wasi_thread_start" => seen.begins_threads = true,
                            "memory" => seen.memory = true,
                            LIBRARY_WAIT => seen.waits = true,
                            name => seen.processed |= name.starts_with("suspendable_"),
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    seen.bindgen |= section.name() == BINDGEN;
                    seen.is_core |= section.name() == "core";
                }
                _ => {}
            }
        }
        Ok(seen)
    }

    fn check_program(&self) -> Result<()> {
        ensure!(
            !self.spawns || self.shared && self.begins_threads,
            "it starts threads with `wasi.thread-spawn`, but has no shared memory or does not export \
             `wasi_thread_start`: link it as wasm32-wasip1-threads does"
        );
        if let Some(foreign) = &self.foreign {
            bail!(
                "it imports {foreign}, and a program imports nothing but {WASI}: a library for \
                 JavaScript is built for wasm32-unknown-unknown, with the crate `suspendable`"
            );
        }
        ensure!(
            self.starts,
            "it has no `_start`, so it is no program: build a binary, not a library or a reactor"
        );
        ensure!(self.memory, "it does not export its memory as `memory`, which WASI needs");
        Ok(())
    }
}
