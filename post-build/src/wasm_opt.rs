//! Binaryen's `wasm-opt`.
//!
//! A native one on the `PATH` if it is recent enough; otherwise the npm package `binaryen`, from the
//! nearest `node_modules`. `WASM_OPT` names another.

use crate::one_line::one_line;
use crate::progress::Progress;
use crate::scratch::Scratch;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Display, Path, PathBuf};
use std::process::Command;

/// The oldest version that knows all of the options below.
const OLDEST: u32 = 120;
const REMEDY: &str = "install it with `npm install --save-dev binaryen@132`, or set WASM_OPT to the \
                      path of a wasm-opt of version 120 or later";

/// A `wasm-opt` that can be run.
pub struct WasmOpt {
    program: Program,
    exceptions: bool,
}

/// What is run: a native program, or npm's, which is JavaScript. Not every system runs that by its first line.
enum Program {
    Native(PathBuf),
    Npm(PathBuf),
}

impl Program {
    fn command(&self) -> Command {
        match self {
            Program::Native(path) => Command::new(path),
            Program::Npm(path) => {
                let mut command = Command::new("node");
                command.arg(path);
                command
            }
        }
    }

    fn path(&self) -> Display<'_> {
        let (Program::Native(path) | Program::Npm(path)) = self;
        path.display()
    }

    /// The version that `wasm-opt --version` prints: `wasm-opt version 132 (version_132)`.
    fn version(&self) -> Result<u32> {
        let output = self.command().arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let word = text.split_whitespace().find_map(|word| word.parse().ok());
        word.with_context(|| format!("`{} --version` printed {text:?}", self.path()))
    }
}

impl WasmOpt {
    /// Finds one that is recent enough, for modules with exception handlers or without.
    pub fn find(exceptions: bool) -> Result<Self> {
        Ok(WasmOpt { program: locate()?, exceptions })
    }

    /// Optimises a module that has names, and keeps them; inlines no function whose name begins with
    /// `mark`.
    pub fn run(&self, progress: &Progress, wasm: &[u8], mark: &str) -> Result<Vec<u8>> {
        self.run_with(progress, wasm, &[&format!("--no-inline={mark}*")])
    }

    /// Instruments a module with Binaryen's Asyncify: all functions that can come to the import `MODULE.NAME`, but
    /// for those whose names begin with `mark`.
    pub fn asyncify(
        &self,
        progress: &Progress,
        wasm: &[u8],
        import: &str,
        mark: &str,
    ) -> Result<Vec<u8>> {
        let imports = format!("--pass-arg=asyncify-imports@{import}");
        let others = format!("--pass-arg=asyncify-removelist@{mark}*");
        let arguments = ["--asyncify", &imports, &others, &format!("--no-inline={mark}*")];
        self.run_with(progress, wasm, &arguments)
    }

    fn run_with(&self, progress: &Progress, wasm: &[u8], arguments: &[&str]) -> Result<Vec<u8>> {
        let directory = Scratch::new()?;
        let (input, output) =
            (directory.path().join("input.wasm"), directory.path().join("output.wasm"));
        fs::write(&input, wasm)?;
        let mut command = self.program.command();
        command.args(FEATURES);
        if self.exceptions {
            command.arg("--enable-exception-handling");
        }
        command.args(arguments).args(PASSES);
        command.arg("-g").arg(&input).arg("-o").arg(&output);
        progress.show(&command);
        let result =
            command.output().with_context(|| format!("cannot run {}", self.program.path()))?;
        ensure!(
            result.status.success(),
            "{} cannot optimise it ({}): {}",
            self.program.path(),
            result.status,
            one_line(&result.stderr)
        );
        fs::read(&output).context("wasm-opt wrote no file")
    }
}

/// The features that rustc enables by default, vectors, which a function can enable for itself, and
/// no other: an encoding that an engine does not know makes the whole package unusable there.
const FEATURES: [&str; 9] = [
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// What LLVM has not done already: inlining where the suspension set is concerned, and the locals,
/// which rustc's output has many of.
///
/// All of `-O2` takes several times as long, for files that are a little smaller, or gzipped a little
/// larger, and no faster: it inlines and cleans up what LLVM has weighed before.
const PASSES: [&str; 8] = [
    "--optimize-level=2",
    "--shrink-level=1",
    "--inlining",
    "--remove-unused-module-elements",
    "--simplify-locals",
    "--coalesce-locals",
    "--reorder-locals",
    "--vacuum",
];

fn locate() -> Result<Program> {
    if let Some(path) = std::env::var_os("WASM_OPT") {
        let path = PathBuf::from(path);
        let program = if is_npms(&path) { Program::Npm(path) } else { Program::Native(path) };
        let path = program.path();
        let version =
            program.version().with_context(|| format!("WASM_OPT is {path}, which does not run"))?;
        ensure!(
            version >= OLDEST,
            "WASM_OPT is {path}, of version {version}; {OLDEST} or later is needed"
        );
        return Ok(program);
    }
    let native = Program::Native("wasm-opt".into());
    let found = native.version();
    if matches!(found, Ok(version) if version >= OLDEST) {
        return Ok(native);
    }
    if let Some(npm) = from_npm()? {
        return Ok(npm);
    }
    match found {
        Ok(version) => bail!("the wasm-opt on the PATH is version {version}, too old: {REMEDY}"),
        Err(_) => bail!("cannot find Binaryen's wasm-opt: {REMEDY}"),
    }
}

/// Whether a path leads to the script of the npm package.
fn is_npms(path: &Path) -> bool {
    path.ends_with("binaryen/bin/wasm-opt")
}

/// `node_modules/binaryen/bin/wasm-opt` here, or in a folder above.
fn from_npm() -> Result<Option<Program>> {
    let here = std::env::current_dir()?;
    let program = |folder: &Path| folder.join("node_modules/binaryen/bin/wasm-opt");
    let Some(found) = here.ancestors().map(program).find(|path| path.exists()) else {
        return Ok(None);
    };
    let found = Program::Npm(found);
    let version = found
        .version()
        .with_context(|| format!("{} does not run: is Node.js installed?", found.path()))?;
    ensure!(version >= OLDEST, "{} is version {version}, too old: {REMEDY}", found.path());
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::{Program, is_npms};
    use std::path::Path;

    #[test]
    fn what_npm_brings_is_run_by_node() {
        assert!(is_npms(Path::new("/my project/node_modules/binaryen/bin/wasm-opt")));
        assert!(!is_npms(Path::new("/opt/binaryen-132/bin/wasm-opt")));
        assert_eq!(Program::Npm("a b/wasm-opt".into()).command().get_program(), "node");
        assert_eq!(Program::Native("wasm-opt".into()).command().get_program(), "wasm-opt");
    }
}
