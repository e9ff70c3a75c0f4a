//! The cargo that can compile for WebAssembly.
//!
//! rustup's, with the target. Where `wasm32-unknown-unknown` cannot be had, Debian's `rustc-web` compiles the
//! standard library along with the crate.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// What libraries are compiled for, programs, and programs that have threads.
pub const LIBRARY: &str = "wasm32-unknown-unknown";
pub const PROGRAM: &str = "wasm32-wasip1";
pub const THREADS: &str = "wasm32-wasip1-threads";

/// The compiler of Debian's package `rustc-web`, and the library source of `rust-web-src`.
const DEBIAN: [&str; 2] = ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library"];

/// cargo, for a standard library that is not the toolchain's.
pub fn cargo_alone() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command that can compile for `target`.
pub fn cargo(target: &str) -> Result<Command> {
    let mut command = cargo_alone();
    if has_target(target)? {
        return Ok(command);
    }
    if target != LIBRARY || !DEBIAN.iter().all(|path| Path::new(path).exists()) {
        bail!("Rust has no target {target} here: run `rustup target add {target}`");
    }
    command.env("RUSTC", DEBIAN[0]).env("RUSTC_BOOTSTRAP", "1");
    command.args(["-Z", "build-std=std,panic_abort"]);
    Ok(command)
}

/// LLVM merges functions of the same code. With this, each keeps a symbol of its own.
const KEEP_SYMBOLS: &str = "-Cllvm-args=-mergefunc-preserve-debug-info";

/// Has all crates compiled with what the analysis needs to tell functions and calls by their names
/// (`analysis::named`): line tables, and a symbol for every function; and with these flags besides.
pub fn tell_functions_apart(command: &mut Command, target: &str, more: &[String]) -> Result<()> {
    let own = || [KEEP_SYMBOLS.to_owned()].into_iter().chain(more.iter().cloned());
    command.args(["--config", "profile.release.debug=\"line-tables-only\""]);
    // As cargo does, the first of these counts.
    for (variable, separator) in [("CARGO_ENCODED_RUSTFLAGS", "\x1f"), ("RUSTFLAGS", " ")] {
        if let Some(mut flags) = std::env::var_os(variable).filter(|flags| !flags.is_empty()) {
            for flag in own() {
                flags.push(separator);
                flags.push(flag);
            }
            command.env(variable, flags);
            return Ok(());
        }
    }
    // Flags of a target are joined, and hide those of `build`.
    let hidden = match configured(&format!("target.{target}.rustflags")) {
        None => configured("build.rustflags"),
        Some(_) => None,
    };
    let mut flags = hidden.unwrap_or_default();
    flags.extend(own());
    let flags = serde_json::to_string(&flags)?;
    command.args(["--config", &format!("target.{target}.rustflags={flags}")]);
    Ok(())
}

/// Flags in cargo's configuration, which only cargo knows how to put together.
pub fn configured(key: &str) -> Option<Vec<String>> {
    let output = cargo_alone()
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunstable-options", "config", "get", "--format=json-value", key])
        .output();
    match serde_json::from_slice(&output.ok()?.stdout).ok()? {
        serde_json::Value::String(flags) => {
            Some(flags.split_ascii_whitespace().map(str::to_owned).collect())
        }
        flags => serde_json::from_value(flags).ok(),
    }
}

/// The compiler that cargo would use.
pub fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Whether it comes with the target's standard library.
fn has_target(target: &str) -> Result<bool> {
    let output = rustc()
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot run rustc: install Rust from https://rustup.rs")?;
    let directory = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(directory.trim()).read_dir().is_ok_and(|mut files| files.next().is_some()))
}
