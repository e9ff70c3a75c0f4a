//! wasm-bindgen, as a library of exactly the version of the crate.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use walrus::Module;
use wasm_bindgen_cli_support::Bindgen;

/// What wasm-bindgen made.
pub struct Bound {
    pub module: Module,
    /// The JavaScript around the module: every export, and every function that the module imports.
    pub glue: String,
    /// The module that re-exports from the glue what the author exported.
    pub entry: String,
    pub types: String,
    /// The folder with `snippets/`, if there are any. wasm-bindgen wrote the rest there as well.
    pub directory: tempfile::TempDir,
}

/// The version of wasm-bindgen that the tool understands.
pub fn version() -> String {
    wasm_bindgen_shared::version()
}

/// Runs wasm-bindgen for bundlers: its glue then neither loads nor instantiates anything.
pub fn bind(wasm: Vec<u8>, name: &str) -> Result<Bound> {
    let directory = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut output = Bindgen::new()
        .input_bytes(name, wasm)
        .bundler(true)?
        .typescript(true)
        // Demangled names are not unique, and the suspension set is a list of names.
        .demangle(false)
        .generate_output()?;
    output.emit(directory.path())?;
    let module = std::mem::take(output.wasm_mut());
    let read = |file: String| {
        let path = directory.path().join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(Bound {
        module,
        glue: read(format!("{name}_bg.js"))?,
        entry: read(format!("{name}.js"))?,
        types: read(format!("{name}.d.ts"))?,
        directory,
    })
}

/// Where wasm-bindgen put the snippets.
pub fn snippets(directory: &Path) -> Option<std::path::PathBuf> {
    Some(directory.join("snippets")).filter(|path| path.is_dir())
}
