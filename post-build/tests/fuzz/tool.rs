//! One run of the tool, in a process that has limits.

use crate::cases::Case;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The largest of the inputs takes a third of a second.
const TIME: Duration = Duration::from_secs(60);
/// Kilobytes. The largest of the inputs takes a tenth.
const MEMORY: u32 = 2 << 20;

/// An error is a line; one that fills a screen is none.
const LONGEST: usize = 1000;

/// What stands for wasm-opt: it changes nothing.
const UNOPTIMISED: &str = "#!/bin/sh
if [ \"$1\" = --version ]; then echo 'wasm-opt version 132'; exit; fi
while [ $# -gt 1 ]; do
    case \"$1\" in -g) from=$2 ;; -o) to=$2 ;; esac
    shift
done
cp \"$from\" \"$to\"
";

pub struct Tool {
    program: &'static str,
    binaryen: PathBuf,
    folder: TempDir,
}

/// How a run ended.
pub enum Ended {
    Package(TempDir),
    Error(String),
    Failed(String),
}

impl Tool {
    pub fn new(root: &Path) -> Tool {
        let folder = tempfile::tempdir().unwrap();
        let stand_in = folder.path().join("wasm-opt");
        fs::write(&stand_in, UNOPTIMISED).unwrap();
        fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
        Tool {
            program: env!("CARGO_BIN_EXE_cargo-suspendable"),
            binaryen: root.join("node_modules/binaryen/bin/wasm-opt"),
            folder,
        }
    }

    pub fn run(&self, case: &Case, is_optimised: bool) -> Ended {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let [file, said] = ["input.wasm", "said"].map(|name| folder.path().join(name));
        fs::write(&file, &case.wasm).unwrap();
        let wasm_opt = match is_optimised {
            true => self.binaryen.clone(),
            false => self.folder.path().join("wasm-opt"),
        };
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -c 0 && ulimit -d {MEMORY} && exec \"$@\""),
                "sh",
                self.program,
            ])
            .args(["post-build", "input.wasm", "--name", "made"])
            .args(&case.options)
            .current_dir(folder.path())
            .env("WASM_OPT", wasm_opt)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .expect("the tool runs");
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > TIME {
                child.kill().unwrap();
                child.wait().unwrap();
                return Ended::Failed(format!("it did not end in {} s", TIME.as_secs()));
            }
            sleep(Duration::from_millis(2));
        };
        let said = String::from_utf8_lossy(&fs::read(&said).unwrap()).into_owned();
        if status.success() {
            return Ended::Package(folder);
        }
        // Steps that were done have their lines.
        let mut lines = said.lines().filter(|line| !line.starts_with("  ") && !line.is_empty());
        let line = lines.next().unwrap_or_default();
        match line.strip_prefix("error: ") {
            Some(error)
                if lines.next().is_none() && error.len() <= LONGEST && status.code() == Some(1) =>
            {
                Ended::Error(error.to_owned())
            }
            _ if status.signal().is_some() => Ended::Failed(format!("{status}: {said}")),
            _ => Ended::Failed(said),
        }
    }

    /// What repeats a case whose input is in a file.
    pub fn command_line(&self, file: &Path, case: &Case) -> String {
        format!(
            "{} post-build {} --name made --out-dir target/fuzz/pkg {}",
            self.program,
            file.display(),
            case.options.join(" ")
        )
    }
}
