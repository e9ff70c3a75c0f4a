//! `cargo suspendable run`: runs a program with Node.js, as cargo runs a native one.
//!
//! ```sh
//! cargo suspendable run --release --bin hexyl -- notes.txt     # builds it, and runs it
//! cargo suspendable run hexyl.wasm notes.txt                   # a file: what cargo asks of a runner
//! export CARGO_TARGET_WASM32_WASIP1_RUNNER="cargo suspendable run"
//! export CARGO_TARGET_WASM32_WASIP1_THREADS_RUNNER="cargo suspendable run"
//! cargo suspendable run --release --profile profile.json -- notes.txt     # adds to a profile (`record.mjs`)
//! ```
//!
//! The package goes beside the file that was linked, and is made anew when that has changed: for the Node.js that is
//! here, and as it is, for what takes long is to optimise it. Where Node.js has JSPI, nothing is even analysed.

use crate::about::About;
use crate::build::{self, Built, Made};
use crate::fresh;
use crate::input::Input;
use crate::kind::Kind;
use crate::options::{Output, Selection};
use crate::profile::Profile;
use crate::program::{self, Backends};
use crate::progress::Progress;
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What runs a program and records a profile.
const RECORD: &str = include_str!("record.mjs");

/// Builds the selected program, or takes the file that is the first of `arguments`, and runs it. What is on its stack
/// when it waits is added to the `profile`.
pub fn run(
    selection: &Selection,
    profile: Option<&Path>,
    arguments: &[OsString],
    verbose: bool,
) -> Result<ExitCode> {
    // What is added to has to be one; whoever finds out last loses what was recorded.
    if let Some(profile) = profile.filter(|profile| profile.exists()) {
        Profile::read(&[profile.to_owned()], &[])?;
    }
    let is_file = |first: &&OsString| Path::new(first).extension().is_some_and(|end| end == "wasm");
    let (file, arguments) = match arguments.first().filter(is_file) {
        Some(file) => (PathBuf::from(file), &arguments[1..]),
        None => {
            let progress = Progress::new(verbose);
            let Built { file, made, .. } =
                build::compile_selected(&progress, selection, || Ok(()))?;
            ensure!(
                made == Made::Program,
                "this is a library, which JavaScript runs: `cargo suspendable build`. To run a program \
                 of the package, name it with --bin"
            );
            (file, arguments)
        }
    };
    let main = package(&file, verbose)?;
    let mut node = Command::new("node");
    match profile {
        None => node.arg(main),
        Some(profile) => node.arg(recorder(&main)?).arg(std::path::absolute(profile)?),
    };
    node.args(arguments);
    execute(node)
}

/// The module that runs the package of this main module, and records a profile.
fn recorder(main: &Path) -> Result<PathBuf> {
    let name = main.file_stem().context("the module has no name")?.to_string_lossy();
    let module = main.with_file_name("record.mjs");
    fs::write(&module, RECORD.replace("NAME", &name))?;
    Ok(module)
}

/// The main module of a file's package, which is made if need be.
fn package(file: &Path, verbose: bool) -> Result<PathBuf> {
    let wasm = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let kind = Kind::of(&wasm).with_context(|| format!("{} cannot be run", file.display()))?;
    let Kind::Program { has_threads } = kind else {
        bail!(
            "{} is a library, which JavaScript runs: make a package of it with `cargo suspendable \
             post-build`",
            file.display()
        );
    };
    let name = file.file_stem().context("the file has no name")?.to_string_lossy().into_owned();
    let folder = file.parent().unwrap_or(Path::new("")).join("suspendable").join(&name);
    let backends = if node_has_jspi()? { Backends::OnlyJspi } else { Backends::OnlyAsyncify };
    let main = folder.join(format!("{name}.js"));
    fresh::make_once(&folder, (&wasm, backends), || {
        let (wasm, about) = (wasm.clone(), About::only(name));
        let input = Input {
            file,
            wasm,
            about,
            keep_names: true,
            sources: None,
            is_optimised: false,
            tells_unsupported: false,
        };
        let output = Output { out_dir: folder.clone(), verbose, ..Output::default() };
        program::run(&Progress::quiet(verbose), &input, &output, backends, has_threads)
    })?;
    Ok(main)
}

/// Whether the Node.js on the `PATH` has JSPI.
fn node_has_jspi() -> Result<bool> {
    let status = Command::new("node")
        .args(["-e", "process.exit(WebAssembly.Suspending ? 0 : 1)"])
        .status()
        .context("cannot run `node`: install Node.js 20 or later, which runs the program")?;
    Ok(status.success())
}

/// Becomes that process, so that signals and the exit code are its own.
#[cfg(unix)]
fn execute(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot run `node`")
}

#[cfg(not(unix))]
fn execute(mut command: Command) -> Result<ExitCode> {
    let status = command.status().context("cannot run `node`")?;
    Ok(ExitCode::from(status.code().unwrap_or(1) as u8))
}
