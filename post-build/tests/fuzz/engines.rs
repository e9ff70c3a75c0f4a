//! What engines say of packages: wasmparser first, which says where; then Node.js, many packages at once.

use crate::cases::{ARGUMENTS, Case};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};
use tempfile::TempDir;
use wasmparser::{Validator, WasmFeatures};

/// A package that the tool has made.
pub struct Made {
    pub name: String,
    pub case: Case,
    pub folder: TempDir,
}

impl Made {
    fn package(&self) -> PathBuf {
        self.folder.path().join(self.case.way.folder())
    }
}

/// What is wrong with each of the packages, if something is.
pub fn judge(made: &[Made]) -> Vec<Option<String>> {
    if made.is_empty() {
        return Vec::new();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/engines.mjs");
    let mut node = Command::new(env::var_os("NODE").unwrap_or_else(|| "node".into()))
        .args(["--experimental-vm-modules", "--no-warnings"])
        .arg(script)
        .args(ARGUMENTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js runs");
    let mut input = node.stdin.take().expect("it is piped");
    for made in made {
        let expected = made.case.expected.map_or(String::new(), |text| text.replace('\n', "\\n"));
        let file = made.folder.path().join("made.wasm");
        writeln!(input, "{}\t{expected}\t{}", made.package().display(), file.display()).unwrap();
    }
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "engines.mjs failed");
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<_> = said.lines().collect();
    assert_eq!(said.len(), made.len(), "a line for each package");
    let said = said.into_iter().map(|line| Some(line.to_owned()).filter(|line| !line.is_empty()));
    made.iter().zip(said).map(|(made, said)| invalid(made).or(said)).collect()
}

fn invalid(made: &Made) -> Option<String> {
    for file in ["made.wasm", "made.asyncify.wasm", "made.full.wasm"] {
        // Most packages have no full one, and some are for one of the backends.
        let Ok(wasm) = fs::read(made.package().join(file)) else { continue };
        let features = WasmFeatures::WASM2 | WasmFeatures::EXCEPTIONS;
        if let Err(error) = Validator::new_with_features(features).validate_all(&wasm) {
            return Some(format!("{file}: {error}"));
        }
    }
    None
}
