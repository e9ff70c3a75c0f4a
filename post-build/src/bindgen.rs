//! wasm-bindgen, as a library of exactly the version of the crate.

use anyhow::{Context, Result};
use std::collections::HashSet;
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
    let mut module = std::mem::take(output.wasm_mut());
    let read = |file: String| {
        let path = directory.path().join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let glue = shorten(&mut module, read(format!("{name}_bg.js"))?);
    Ok(Bound {
        module,
        glue,
        entry: read(format!("{name}.js"))?,
        types: read(format!("{name}.d.ts"))?,
        directory,
    })
}

/// Takes the hashes off the names of imports, `__wbg_get_2080c49015e35254`: they say nothing once all is linked, and do
/// not compress. Returns the glue with the same names.
fn shorten(module: &mut Module, mut glue: String) -> String {
    let mut taken: HashSet<String> =
        module.imports.iter().map(|import| import.name.clone()).collect();
    for import in module.imports.iter_mut() {
        let Some((short, hash)) = import.name.rsplit_once('_') else { continue };
        if hash.len() != 16 || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            continue;
        }
        let numbered = (2..).map(|number| format!("{short}{number}"));
        let mut names = std::iter::once(short.to_owned()).chain(numbered);
        let name = names.find(|name| !taken.contains(name) && !glue.contains(&format!(" {name}(")));
        let name = name.expect("there is always a further number");
        glue = glue.replace(&import.name, &name);
        taken.insert(name.clone());
        import.name = name;
    }
    glue
}

/// Where wasm-bindgen put the snippets.
pub fn snippets(directory: &Path) -> Option<std::path::PathBuf> {
    Some(directory.join("snippets")).filter(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::shorten;
    use walrus::Module;

    #[test]
    fn imports_have_short_names_of_their_own() {
        let wat = r#"(module
            (import "glue" "__wbg_get_2080c49015e35254" (func))
            (import "glue" "__wbg_get_0123456789abcdef" (func))
            (import "glue" "__wbg_set_wasm" (func)))"#;
        let mut module = Module::from_buffer(&wat::parse_str(wat).unwrap()).unwrap();
        let glue = "export function __wbg_get_2080c49015e35254() {}\nexport function __wbg_get_0123456789abcdef() {}";
        let glue = shorten(&mut module, glue.to_owned());
        assert_eq!(glue, "export function __wbg_get() {}\nexport function __wbg_get2() {}");
        let names: Vec<_> = module.imports.iter().map(|import| import.name.as_str()).collect();
        assert_eq!(names, ["__wbg_get", "__wbg_get2", "__wbg_set_wasm"]);
    }
}
