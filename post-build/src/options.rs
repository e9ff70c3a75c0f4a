//! What several commands take: which crate is built, and what becomes of the file that cargo makes of it.

use clap::Args;
use std::path::PathBuf;

/// Which crate is built, and how.
#[derive(Args)]
pub struct Selection {
    /// The crate, where the workspace has several
    #[arg(short, long)]
    pub package: Option<String>,
    /// The program, where the crate has a library as well, or several programs
    #[arg(long, value_name = "NAME")]
    pub bin: Option<String>,
    /// Build a program that has threads: for wasm32-wasip1-threads
    #[arg(long)]
    pub threads: bool,
    /// Build a library with a standard library that waits: std's threads, locks, clocks, files and sockets,
    /// in any crate
    #[arg(long, conflicts_with = "threads")]
    pub std: bool,
    /// Build with Cargo's release profile, and without names in the WebAssembly
    #[arg(long)]
    pub release: bool,
    /// Cargo features of the crate, separated by commas
    #[arg(short = 'F', long)]
    pub features: Option<String>,
}

/// How a package is made of that file.
#[derive(Args, Default)]
pub struct Output {
    /// Where the package goes
    #[arg(long, default_value = "pkg")]
    pub out_dir: PathBuf,
    /// The name of the package and its files [default: that of the crate]
    #[arg(long)]
    pub name: Option<String>,
    /// Write the figures of the build as JSON: functions, bytes, seconds
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Draw the functions that can suspend, and their calls
    #[arg(long, value_name = "FILE.svg")]
    pub graph: Option<PathBuf>,
    /// Add a function to the suspension set, by its Rust path (what an error says is missing)
    #[arg(long, value_name = "FUNCTION")]
    pub include: Vec<String>,
    /// Leave a function out of the suspension set: a call that suspends through it then fails
    #[arg(long, value_name = "FUNCTION")]
    pub exclude: Vec<String>,
    /// The file was compiled as docs/instrumented.md says for it: methods are told apart by their names in the sources
    #[arg(long)]
    pub true_names: bool,
    /// Say that a function never blocks, and nothing does that it alone draws into the suspension set: a call that
    /// suspends through it then fails
    #[arg(long, value_name = "FUNCTION")]
    pub cut: Vec<String>,
    /// Instrument only what a recorded run has had on its stack when it suspended; profiles add up
    #[arg(long, value_name = "FILE.json")]
    pub profile: Vec<PathBuf>,
    /// Carry the file with everything instrumented too, for the instance after a call that no profile has foreseen
    #[arg(long, requires = "profile")]
    pub profile_full: bool,
    /// Who instruments
    #[arg(long, value_name = "BY", value_enum, default_value_t)]
    pub asyncify: Instrumenter,
    /// Leave the names of functions in the WebAssembly, for stack traces and to record profiles
    #[arg(long)]
    pub keep_names: bool,
    /// Show the commands that are run
    #[arg(short, long)]
    pub verbose: bool,
}

/// Who instruments the functions of the suspension set.
#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Instrumenter {
    /// The tool
    #[default]
    Own,
    /// Binaryen's pass, to compare with: the functions of the suspension set
    Binaryen,
    /// The same, with the functions that it finds by itself
    BinaryenDefault,
}

impl Output {
    /// What the author says about the suspension set, by the names of the flags.
    pub fn choices(&self) -> [(&'static str, &[String]); 3] {
        [("cut", &self.cut), ("include", &self.include), ("exclude", &self.exclude)]
    }
}
