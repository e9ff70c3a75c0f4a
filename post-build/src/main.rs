//! `cargo suspendable`: turns a Rust cdylib into a package that runs on every JavaScript engine.
//!
//! ```text
//! main        the command line
//! options     what several commands take
//! new/        a project to begin with
//! build       cargo, then post_build; watch: again and again
//! explain     cargo, then analysis: why the suspension set is what it is
//! run         a program, with Node.js
//! test/       the tests of a library, with Node.js or in browsers; fresh: a package that is made once for both
//! picture/    the suspension set as SVG
//! profile     which members are instrumented, if it is not all
//! input       what goes into a pipeline
//! post_build  the pipeline: analysis, wasm-bindgen, transform, wasm-opt, package
//! program/    the pipeline of whole programs
//! kind        what a file is; features: what of WebAssembly it may use
//! analysis/   the suspension set
//! bindgen     wasm-bindgen as a library, in a process of its own
//! transform/  our changes to the WebAssembly
//! wasm_opt    Binaryen
//! typed       the types of `Serde<T>`
//! glue        wasm-bindgen's JavaScript as a function that makes instances
//! package     the files that are written; guarded: what the guard's errors say
//! about       what they say of themselves
//! runtime     js/, of which packages carry what they reach
//! progress    a line a step; beside: two steps at once
//! similar     what may have been meant; one_line: what another program has said
//! scratch     temporary folders
//! sysroot/    the standard library of --std
//! report      how much is instrumented, sizes, times
//! ```

mod about;
mod analysis;
mod beside;
mod bindgen;
mod build;
mod calls;
mod explain;
mod fails;
mod features;
mod fresh;
mod glue;
mod guarded;
mod input;
mod kind;
mod new;
mod one_line;
mod options;
mod package;
mod picture;
mod post_build;
mod profile;
mod program;
mod progress;
mod report;
mod run;
mod runtime;
mod scratch;
mod similar;
mod sysroot;
mod test;
mod toolchain;
mod transform;
mod typed;
mod wasm_opt;
mod watch;

use clap::{Parser, Subcommand};
use options::{Output, Selection};
use std::path::PathBuf;
use std::process::ExitCode;

/// Synchronous Rust that blocks on asynchronous JavaScript, on every engine.
#[derive(Parser)]
#[command(name = "cargo-suspendable", bin_name = "cargo suspendable", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a project that runs, to begin with
    New {
        /// Its folder, which gives it its name
        path: PathBuf,
    },
    /// Compile a crate and make a package of it
    Build {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        output: Output,
        /// Build again when a source has changed
        #[arg(long)]
        watch: bool,
    },
    /// Make a package of a WebAssembly file that rustc has linked (before wasm-bindgen)
    PostBuild {
        /// The file: target/wasm32-unknown-unknown/release/NAME.wasm
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// wasm-bindgen, for this tool itself (bindgen.rs)
    #[command(hide = true, name = bindgen::HERE)]
    Bind { directory: PathBuf, name: String },
    /// Run a program (of WASI preview 1) with Node.js: that of a crate, or a file, as a runner of cargo's
    Run {
        #[command(flatten)]
        selection: Selection,
        /// Add what is on the stack when the program waits to a profile, for `build --profile`
        #[arg(long, value_name = "FILE.json")]
        profile: Option<PathBuf>,
        /// Show the commands that are run
        #[arg(short, long)]
        verbose: bool,
        /// A file, if there is one, and the program's arguments
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "[FILE.wasm] ARGUMENTS"
        )]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Run the functions of a library that `#[suspendable_test]` is on, with Node.js or in browsers
    Test {
        /// Run those that have one of these in their paths
        filters: Vec<String>,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        choice: test::Choice,
        /// Show the commands that are run
        #[arg(short, long)]
        verbose: bool,
    },
    /// Compile a crate, and show which of its functions can suspend and why
    Explain {
        /// Show how the functions with this in their path come to suspend
        name: Option<String>,
        #[command(flatten)]
        selection: Selection,
        /// Draw the functions that can suspend, and their calls
        #[arg(long, value_name = "FILE.svg")]
        graph: Option<PathBuf>,
        /// Leave out a function that never blocks, and what it alone draws in: to see what that would give
        #[arg(long, value_name = "FUNCTION")]
        cut: Vec<String>,
        /// Show the commands that are run
        #[arg(short, long)]
        verbose: bool,
    },
}

fn main() -> ExitCode {
    if let Some(code) = sysroot::run_if_wrapper() {
        return code;
    }
    // As `cargo suspendable …`, cargo passes the subcommand's own name first.
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "suspendable") {
        arguments.remove(1);
    }
    let done = |()| ExitCode::SUCCESS;
    let result = match Cli::parse_from(arguments).command {
        Command::New { path } => new::new(&path).map(done),
        Command::Build { selection, output, watch: false } => {
            build::build(&selection, &output).map(done)
        }
        Command::Build { selection, output, watch: true } => {
            watch::watch(&selection, &output).map(done)
        }
        Command::Explain { name, selection, graph, cut, verbose } => {
            explain::explain(&selection, name.as_deref(), graph.as_deref(), &cut, verbose).map(done)
        }
        Command::PostBuild { file, output } => post_build::run_on_file(&file, &output).map(done),
        Command::Bind { directory, name } => bindgen::bind_here(&directory, &name).map(done),
        Command::Run { selection, profile, verbose, arguments } => {
            run::run(&selection, profile.as_deref(), &arguments, verbose)
        }
        Command::Test { filters, selection, choice, verbose } => {
            test::test(&selection, &filters, &choice, verbose)
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
