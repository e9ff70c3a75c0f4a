//! wasm-bindgen, as a library of exactly the version of the crate.
//!
//! It takes what it reads for granted. Where that is damaged, it panics, asks for more memory than there is, or calls
//! itself without end, and the last two end the process. So it has one of its own, which is this program again.

use crate::kind::BINDGEN;
use crate::one_line::one_line;
use crate::scratch::Scratch;
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, panic};
use walrus::{Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{Parser, Payload};

/// What wasm-bindgen made.
pub struct Bound {
    pub module: Module,
    /// The JavaScript around the module: every export, and every function that the module imports.
    pub glue: String,
    /// The module that re-exports from the glue what the author exported.
    pub entry: String,
    pub types: String,
    /// The folder with `snippets/`, if there are any. wasm-bindgen wrote the rest there as well.
    pub directory: Scratch,
}

/// The version of wasm-bindgen that the tool understands.
pub fn version() -> String {
    wasm_bindgen_shared::version()
}

/// What is given to the process of its own, in the folder where it writes.
const INPUT: &str = "input.wasm";

/// The command for that, whose name is like no other one's: it is nobody's typing error.
pub const HERE: &str = "__wasm-bindgen";

/// How it ends when wasm-bindgen has panicked.
const PANICKED: i32 = 101;

/// Runs wasm-bindgen in a process of its own.
pub fn bind(wasm: &[u8], name: &str) -> Result<Bound> {
    check_version(wasm)?;
    let directory = Scratch::new()?;
    fs::write(directory.path().join(INPUT), wasm)?;
    let output = Command::new(env::current_exe()?)
        .arg(HERE)
        .arg(directory.path())
        .arg(name)
        // A panic's message can have one in it.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .context("it cannot be run")?;
    if !output.status.success() {
        // Some errors of its own are paragraphs.
        let said = one_line(&output.stderr);
        let is_broken = output.status.code().is_none_or(|code| code == PANICKED);
        ensure!(is_broken, "{}", said.trim_start_matches("error: "));
        bail!(
            "its section `{BINDGEN}`, or the code that describes its exports and imports, is damaged: \
             build it again ({said})"
        );
    }
    let read = |file: &str| {
        let path = directory.path().join(file);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let text = |file: &str| anyhow::Ok(String::from_utf8(read(file)?)?);
    // Each of its features is one that it has put in itself, or that the input was allowed to have.
    let mut module =
        ModuleConfig::new().strict_validate(false).parse(&read(&format!("{name}_bg.wasm"))?)?;
    // It has been read, and wasm-opt would go by it and write another one.
    module.customs.remove_raw("target_features");
    let glue = shorten(&mut module, text(&format!("{name}_bg.js"))?);
    Ok(Bound {
        module,
        glue,
        entry: text(&format!("{name}.js"))?,
        types: text(&format!("{name}.d.ts"))?,
        directory,
    })
}

/// What that process does. wasm-bindgen is told to write for bundlers: its glue then neither loads nor instantiates
/// anything.
pub fn bind_here(directory: &Path, name: &str) -> Result<()> {
    panic::set_hook(Box::new(|panic| eprintln!("{}", panic.payload_as_str().unwrap_or("?"))));
    Bindgen::new()
        .input_bytes(name, fs::read(directory.join(INPUT))?)
        .bundler(true)?
        .typescript(true)
        // Demangled names are not unique, and the suspension set is a list of names.
        .demangle(false)
        .generate_output()?
        .emit(directory)
}

/// wasm-bindgen's crate and its tool speak a protocol that changes with every release. Each crate with macros of its
/// has left two pieces in the module: JSON, which says what release it was, and what it exports and imports.
fn check_version(wasm: &[u8]) -> Result<()> {
    let ours = version();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else { continue };
        if section.name() != BINDGEN {
            continue;
        }
        let mut rest = section.data();
        while !rest.is_empty() {
            let release = take_piece(&mut rest).and_then(release).zip(take_piece(&mut rest));
            let ((schema, theirs), _) = release
                .with_context(|| format!("its section `{BINDGEN}` is damaged: build it again"))?;
            ensure!(
                schema == wasm_bindgen_shared::SCHEMA_VERSION,
                "it was compiled with wasm-bindgen {theirs}, and this tool is made for {ours}. In Cargo.toml, write \
                 `wasm-bindgen = \"={ours}\"`, or run `cargo update -p wasm-bindgen --precise {ours}`"
            );
        }
    }
    Ok(())
}

/// A length of four bytes, and what is so long.
fn take_piece<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = bytes.split_first_chunk()?;
    let (piece, rest) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(piece)
}

/// The version of the protocol, and of wasm-bindgen.
fn release(json: &[u8]) -> Option<(String, String)> {
    let json: serde_json::Value = serde_json::from_slice(json).ok()?;
    let word = |key| json[key].as_str().map(str::to_owned);
    Some((word("schema_version")?, word("version")?))
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
