//! What the tool says when something is wrong: the step, the file and the remedy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

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
        (
            program(&format!("{memory} {start} (func (export \"suspendable_start\"))")),
            &["has been processed"],
        ),
        (
            wat::parse_str(format!("(module (memory (export \"memory\") i64 1) {start})")).unwrap(),
            &["64-bit"],
        ),
    ] {
        assert_says(&post_build(&module), says);
    }
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
    let ours = wasm_bindgen_shared::version();
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
    let folder = project(&wasm_bindgen_shared::version());
    fs::write(folder.path().join("src/lib.rs"), "pub fn broken( {").unwrap();
    let message = error(tool(folder.path()).arg("explain"));
    assert_says(&message, &["step `cargo` failed", "cargo could not compile `program`"]);
    // A build looks first for what it needs behind the compiler.
    let message = error(tool(folder.path()).arg("build").env("WASM_OPT", "nowhere"));
    assert_says(&message, &["WASM_OPT is nowhere, which does not run"]);
}
