//! A standard library that waits: built from the toolchain's own sources, once for each rustc, and kept.
//!
//! ```text
//! CACHE/std/RELEASE-HASH/
//!   library/    the sources of the component rust-src, with our edits (edits.rs)
//!   sysroot/    what rustc finds with --sysroot
//!   complete    written last
//! ```
//!
//! It is compiled with the target feature `atomics`, as all crates are that use it, so that its locks wait, each
//! thread has thread-locals, and crates that ask are told that there are threads. What the instructions become is in
//! transform/threads/library.rs. Crates that keep JavaScript's values are compiled without the feature: there is one
//! JavaScript, whatever thread calls it, and what they call thread-local is the instance's (wrapper.rs).

mod edits;
mod maps;
mod wrapper;

use crate::progress::Progress;
use crate::toolchain::{LIBRARY, rustc};
use anyhow::{Context, Result, bail, ensure};
use rustc_build_sysroot::{BuildMode, SysrootBuilder, SysrootConfig, rustc_sysroot_src};
use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
pub use wrapper::{run_if_wrapper, wrap};

/// What std and all crates are compiled with.
const FEATURES: &str = "-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals";

/// What std is compiled with besides: as the toolchain's own is, and as the analysis needs it
/// (`toolchain::tell_functions_apart`).
const OWN_FLAGS: [&str; 4] = [
    "-Cdebuginfo=line-tables-only",
    "-Cllvm-args=-mergefunc-preserve-debug-info",
    "-Cembed-bitcode=yes",
    "-Zunstable-options",
];

/// The flags with which a crate is compiled for that library, which is built if there is none yet.
pub fn flags(progress: &Progress) -> Result<Vec<String>> {
    let sysroot = find_or_build(progress)?;
    let sysroot = sysroot.to_str().context("the path of the cache is not UTF-8: set CARGO_HOME")?;
    Ok(["--cfg=suspendable_std", FEATURES, &format!("--sysroot={sysroot}"), &wrapper::flag()]
        .map(str::to_owned)
        .into())
}

fn find_or_build(progress: &Progress) -> Result<PathBuf> {
    let version = rustc_version()?;
    let line = |key: &str| {
        let found = version.lines().find_map(|line| line.strip_prefix(key));
        found.map(str::trim).with_context(|| format!("`rustc -vV` says nothing of its {key}"))
    };
    let release = line("release:")?;
    let mut hasher = DefaultHasher::new();
    (&version, FEATURES, OWN_FLAGS).hash(&mut hasher);
    edits::hash(&mut hasher);
    let folder = cache()?.join(format!("{release}-{:016x}", hasher.finish()));
    let sysroot = folder.join("sysroot");
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(sysroot);
    }
    let sources = rustc_sysroot_src(rustc()).context("cannot find the sources of std")?;
    ensure!(
        sources.join("std/Cargo.toml").exists(),
        "`--std` compiles the standard library, and its sources are not here ({}): run `rustup component add rust-src`",
        sources.display()
    );
    progress.step("std, once for this rustc", || {
        // A build that did not end leaves an incomplete folder.
        let library = folder.join("library");
        for left in [&library, &sysroot] {
            if left.exists() {
                fs::remove_dir_all(left)
                    .with_context(|| format!("cannot remove {}", left.display()))?;
            }
        }
        copy(&sources, &library)?;
        edits::apply(&library, release)?;
        build(&library, &sysroot, &version)?;
        fs::write(&complete, "").with_context(|| format!("cannot write {}", complete.display()))
    })?;
    Ok(sysroot)
}

fn build(library: &Path, sysroot: &Path, version: &str) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The sources use what only the toolchain itself may.
    cargo.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
    let commit =
        version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    // A panic names the places in std as it does anywhere; the line tables lead to the edited sources.
    let remap = format!("--remap-path-prefix={}=/rustc/{commit}/library", library.display());
    let flags = OWN_FLAGS.iter().map(|flag| (*flag).to_owned());
    let flags = flags.chain([FEATURES.to_owned(), remap, "--remap-path-scope=macro".to_owned()]);
    SysrootBuilder::new(sysroot, LIBRARY)
        .build_mode(BuildMode::Build)
        .sysroot_config(SysrootConfig::WithStd { std_features: Vec::new() })
        .rustflags(flags)
        .cargo(cargo)
        .build_from_source(library)
        .context("std cannot be built for `--std`")?;
    Ok(())
}

/// Where built libraries are kept: beside what cargo keeps.
fn cache() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    Ok(cargo.context("there is no home folder: set CARGO_HOME")?.join("suspendable/std"))
}

fn rustc_version() -> Result<String> {
    let output = rustc().arg("-vV").output();
    let output = output.context("cannot run rustc: install Rust from https://rustup.rs")?;
    if !output.status.success() {
        bail!("`rustc -vV` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn date(file: &Path, modified: SystemTime) -> io::Result<()> {
    File::options().write(true).open(file)?.set_modified(modified)
}

/// Copies a folder. Files are as old as they were: cargo compiles anew what has changed since it began.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in from.read_dir().with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            let copied = fs::copy(entry.path(), &target);
            copied
                .and_then(|_| date(&target, entry.metadata()?.modified()?))
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
