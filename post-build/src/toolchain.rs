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

/// A command that can compile for `target`.
pub fn cargo(target: &str) -> Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
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

/// Whether the compiler that cargo would use comes with the target's standard library.
fn has_target(target: &str) -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot run rustc: install Rust from https://rustup.rs")?;
    let directory = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(directory.trim()).read_dir().is_ok_and(|mut files| files.next().is_some()))
}
