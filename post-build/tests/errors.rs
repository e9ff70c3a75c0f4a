//! What the tool says when something is wrong: the step, the file and the remedy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use wasm_bindgen_shared::version;

fn tool(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-suspendable"));
    command.current_dir(folder).env_remove("WASM_OPT");
    command
}

/// Runs the tool, which has to fail, and returns what it says.
fn error(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().expect("the tool runs");
    assert!(!status.success(), "it succeeded");
    String::from_utf8(stderr).expect("UTF-8")
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

fn folder_with(name: &str, content: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

fn post_build(content: &[u8]) -> String {
    post_build_with(content, &[])
}

fn post_build_with(content: &[u8], options: &[&str]) -> String {
    let folder = folder_with("input.wasm", content);
    error(tool(folder.path()).args(["post-build", "input.wasm"]).args(options))
}

#[test]
fn a_file_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let message = error(tool(folder.path()).args(["post-build", "nothing.wasm"]));
    assert_says(&message, &["cannot read nothing.wasm", "No such file"]);
}

#[test]
fn a_profile_of_cargos() {
    let program = program("(memory (export \"memory\") 1) (func (export \"_start\"))");
    let message = post_build_with(&program, &["--profile", "release"]);
    assert_says(&message, &["cannot read the profile release", "chosen with `--release`"]);
}

#[test]
fn a_program_through_binaryen() {
    let program = program("(memory (export \"memory\") 1) (func (export \"_start\"))");
    let message = post_build_with(&program, &["--asyncify", "binaryen"]);
    assert_says(&message, &["input.wasm is a program", "is for libraries: leave it out"]);
}

#[test]
fn a_file_of_another_kind() {
    assert_says(
        &post_build(b"#!/bin/sh"),
        &["input.wasm cannot be used", "not a WebAssembly file"],
    );
}

#[test]
fn a_file_that_was_cut_short() {
    let module =
        wat::parse_str("(module (func (export \"f\") (result i32) (i32.const 1)))").unwrap();
    let message = post_build(&module[..module.len() - 3]);
    assert_says(&message, &["input.wasm cannot be used", "cut short", "build it again"]);
}

#[test]
fn a_module_without_wasm_bindgen() {
    let module = wat::parse_str("(module)").unwrap();
    assert_says(&post_build(&module), &["no wasm-bindgen section", "the file that rustc linked"]);
}

/// A program in text, with these fields besides what every program has.
fn program(fields: &str) -> Vec<u8> {
    let imported = "(import \"wasi_snapshot_preview1\" \"sched_yield\" (func (result i32)))";
    wat::parse_str(format!("(module {imported} {fields})")).unwrap()
}

#[test]
fn what_is_no_program_of_wasi_preview_1() {
    let memory = "(memory (export \"memory\") 1)";
    let start = "(func (export \"_start\"))";
    for (module, says) in [
        (wat::parse_str("(component)").unwrap(), &["a component", "wasm32-wasip1"][..]),
        (program(memory), &["no `_start`", "build a binary"]),
        (program(start), &["does not export its memory"]),
        (
            wat::parse_str(format!(
                "(module (import \"wasi\" \"thread-spawn\" (func (param i32) (result i32))) \
                 (memory (export \"memory\") 1 2 shared) {start})"
            ))
            .unwrap(),
            &["starts threads", "`wasi_thread_start`", "wasm32-wasip1-threads"],
        ),
        (
            wat::parse_str(format!("(module (import \"env\" \"f\" (func)) {memory} {start})"))
                .unwrap(),
            &["it imports `env.f`", "wasm32-unknown-unknown"],
        ),
    ] {
        assert_says(&post_build(&module), says);
    }
}

#[test]
fn files_of_other_kinds() {
    let module = |fields: &str| wat::parse_str(format!("(module {fields})")).unwrap();
    for (file, says) in [
        (vec![], &["it is empty", "build it again"][..]),
        (b"(module)".to_vec(), &["as text", "the binary file"]),
        (b"\n  (module (func))".to_vec(), &["as text"]),
        (b"\x7fELF\x02\x01\x01".to_vec(), &["not a WebAssembly file"]),
        (module("(import \"env\" \"__linear_memory\" (memory 0))"), &["an object file", "linked"]),
        (with_section(module(""), "core", &[0, 0]), &["a core dump", "the file that rustc linked"]),
        (module("(import \"suspendable\" \"wait\" (func))"), &["processed", "already"]),
        (module("(func (export \"suspendable_start\"))"), &["processed", "already"]),
    ] {
        assert_says(&post_build(&file), says);
    }
}

#[test]
fn what_not_every_engine_has() {
    let memory = "(memory (export \"memory\") 1)";
    for (fields, says) in [
        ("(memory (export \"memory\") i64 1)", &["64-bit addresses", "wasm32"][..]),
        (&format!("{memory} (func $f (return_call $f))"), &["tail calls", "+tail-call"]),
        (&format!("{memory} (tag $t) (func (throw $t))"), &["exceptions", "panic = \"abort\""]),
        (&format!("{memory} (memory 1)"), &["several memories"]),
    ] {
        let says = [&["cannot be used", "does not support"], says].concat();
        assert_says(&post_build(&program(&format!("{fields} (func (export \"_start\"))"))), &says);
    }
    // Programs have threads.
    let library = library("(memory 1 2 shared)", &description(&version()));
    let says = ["atomic instructions or shared memory", "+atomics", "--threads"];
    assert_says(&post_build(&library), &says);
}

fn with_section(mut wasm: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let section = wasm_encoder::CustomSection { name: name.into(), data: data.into() };
    wasm_encoder::Section::append_to(&section, &mut wasm);
    wasm
}

/// A library in text, with what wasm-bindgen's macros have left in it.
fn library(fields: &str, description: &[u8]) -> Vec<u8> {
    let module = wat::parse_str(format!("(module {fields})")).unwrap();
    with_section(module, "__wasm_bindgen_unstable", description)
}

/// What the macros of this version say first.
fn description(version: &str) -> Vec<u8> {
    let json = format!("{{\"schema_version\":\"{version}\",\"version\":\"{version}\"}}");
    [&(json.len() as u32).to_le_bytes(), json.as_bytes()].concat()
}

#[test]
fn a_file_with_another_version_of_wasm_bindgen() {
    let message = post_build(&library("", &[description("0.2.95"), vec![0; 4]].concat()));
    assert_says(&message, &["wasm-bindgen 0.2.95", &format!("wasm-bindgen = \"={}\"", version())]);
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// It panics, or asks for more memory than there is.
#[test]
fn wasm_bindgen_does_not_end_with_a_backtrace() {
    let ends_too_early = vec![3, 0, 0, 0, 1, 0, 1];
    let promises_too_much = b"\x05\0\0\0\xff\xff\xff\xff\x0f".to_vec();
    for description in [
        vec![1, 2, 3],
        description(&version()),
        [description(&version()), ends_too_early].concat(),
        [description(&version()), promises_too_much].concat(),
    ] {
        let message = post_build(&library("", &description));
        let ours = format!("wasm-bindgen {} cannot process input.wasm", version());
        assert_says(&message, &[&ours, "`__wasm_bindgen_unstable`", "damaged: build it again"]);
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

/// A program with two functions, four bytes of data, and what the linker says of them: symbols, and relocations in the
/// code and in the data.
fn linked(symbols: &[u8], code: &[u8], data: &[u8]) -> Vec<u8> {
    let mut wasm = program(
        "(memory (export \"memory\") 1) (data (i32.const 0) \"abcd\") (func (export \"_start\"))",
    );
    let linking = [&[2, 8, symbols.len() as u8], symbols].concat();
    for (name, data) in [("linking", &linking[..]), ("reloc.CODE", code), ("reloc.DATA", data)] {
        wasm = with_section(wasm, name, data);
    }
    wasm
}

/// Of kind, offset and symbol.
fn relocation(kind: u8, offset: u8, symbol: u8) -> Vec<u8> {
    vec![0, 1, kind, offset, symbol]
}

#[test]
fn damaged_sections_of_the_linker() {
    let is_damaged = "are damaged: build it again";
    let [function, no_function] = [1, 9].map(|index| vec![1, 0, 0, index, 1, b'f']);
    let object = |offset: &[u8], size: &[u8]| [&[1, 1, 0, 1, b'o', 0], offset, size].concat();
    // Numbers of tables, in code and in data.
    let [in_code, in_data] = [1, 2].map(|kind| relocation(kind, 6, 0));
    for (module, says) in [
        (linked(&no_function, &in_code, &[0, 0]), &[is_damaged, "a symbol is of no function"][..]),
        (linked(&function, &relocation(1, 0, 9), &[0, 0]), &[is_damaged, "no symbol"]),
        (linked(&function, &in_code, &relocation(2, 90, 0)), &[is_damaged, "outside the data"]),
        (
            linked(&object(&[1], &[0xff, 0xff, 0xff, 0xff, 0x0f]), &in_code, &[0, 0]),
            &[is_damaged, "the object `o` has no end"],
        ),
        (linked(&function, &[], &[0, 0]), &["the section `reloc.CODE` is damaged"]),
        (linked(&[0xff], &in_code, &[0, 0]), &["the section `linking` is damaged"]),
        (
            with_section(linked(&function, &in_code, &[0, 0]), "name", &[1, 9]),
            &["the section `name` is damaged"],
        ),
    ] {
        assert_says(&post_build(&module), says);
    }
    // What is longer than it is stored has been read: what comes next is missed.
    let longer = linked(&object(&[0], &[8]), &in_code, &in_data);
    let folder = folder_with("input.wasm", &longer);
    let mut tool = tool(folder.path());
    tool.args(["post-build", "input.wasm"]).env("WASM_OPT", "nowhere");
    assert_says(&error(&mut tool), &["WASM_OPT is nowhere"]);
}

#[test]
fn a_program_that_a_package_has_not() {
    let folder = project("0.2.95");
    let message = error(tool(folder.path()).args(["build", "--bin", "x"]));
    assert_says(&message, &["package `program` has no programs"]);
}

#[test]
fn no_cargo_project() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(&error(tool(folder.path()).arg("build")), &["cannot read the Cargo project"]);
}

/// A project with a package that calls itself wasm-bindgen.
fn project(version: &str) -> TempDir {
    let folder = folder_with(
        "Cargo.toml",
        b"[package]\nname = \"program\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
          [dependencies]\nwasm-bindgen = { path = \"wasm-bindgen\" }\n[workspace]\n",
    );
    let file = |path: &str, content: String| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    file("src/lib.rs", String::new());
    file("wasm-bindgen/src/lib.rs", String::new());
    let manifest = format!(
        "[package]\nname = \"wasm-bindgen\"\nversion = \"{version}\"\nedition = \"2024\"\n"
    );
    file("wasm-bindgen/Cargo.toml", manifest);
    folder
}

#[test]
fn another_version_of_wasm_bindgen() {
    let folder = project("0.2.95");
    let message = error(tool(folder.path()).arg("build"));
    let ours = version();
    assert_says(&message, &["0.2.95", &ours, &format!("wasm-bindgen = \"={ours}\"")]);
}

#[test]
fn a_package_that_is_not_there() {
    let folder = project("0.2.95");
    let message = error(tool(folder.path()).args(["build", "-p", "progam"]));
    assert_says(&message, &["no package `progam`", "it has: program"]);
}

#[test]
fn a_crate_that_does_not_compile() {
    let folder = project(&version());
    fs::write(folder.path().join("src/lib.rs"), "pub fn broken( {").unwrap();
    let message = error(tool(folder.path()).arg("explain"));
    assert_says(&message, &["step `cargo` failed", "cargo could not compile `program`"]);
    // A build looks first for what it needs behind the compiler.
    let message = error(tool(folder.path()).arg("build").env("WASM_OPT", "nowhere"));
    assert_says(&message, &["WASM_OPT is nowhere, which does not run"]);
}

#[test]
fn a_command_with_a_typing_error() {
    let folder = tempfile::tempdir().unwrap();
    let message = error(tool(folder.path()).arg("buid"));
    assert_says(
        &message,
        &["unrecognized subcommand 'buid'", "a similar subcommand exists: 'build'"],
    );
}
