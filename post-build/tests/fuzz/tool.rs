//! One run of the tool, in a process that has limits.

use crate::cases::{Case, Way};
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
const MEMORY: &str = "2097152";

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

/// What stands for the Node.js of `run`: it says whether it has JSPI, and runs nothing. Binaryen needs a real one.
const NODE: &str = "#!/bin/sh
[ \"$1\" != -e ] || exit $NO_JSPI
";

/// The limits, and the folder in front of the `PATH`, if there is one. Set here it costs nothing: for a `Command` that
/// sets it, std copies this whole process.
const LIMITED: &str = "ulimit -c 0 && ulimit -d \"$0\" && PATH=$IN_FRONT$PATH && exec \"$@\"";

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
        for (name, text) in [("wasm-opt", UNOPTIMISED), ("node", NODE)] {
            let stand_in = folder.path().join(name);
            fs::write(&stand_in, text).unwrap();
            fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Tool {
            program: env!("CARGO_BIN_EXE_cargo-suspendable"),
            binaryen: root.join("node_modules/binaryen/bin/wasm-opt"),
            folder,
        }
    }

    pub fn run(&self, case: &Case, is_optimised: bool) -> Ended {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let [file, said] = ["made.wasm", "said"].map(|name| folder.path().join(name));
        fs::write(&file, &case.wasm).unwrap();
        if let Some(profile) = &case.profile {
            fs::write(folder.path().join("profile.json"), profile).unwrap();
        }
        let (in_front, no_jspi) = match case.way {
            Way::PostBuild => (String::new(), ""),
            Way::Run { has_jspi } => {
                (format!("{}:", self.folder.path().display()), if has_jspi { "0" } else { "1" })
            }
        };
        let wasm_opt = match is_optimised {
            true => self.binaryen.clone(),
            false => self.folder.path().join("wasm-opt"),
        };
        let mut child = Command::new("sh")
            .args(["-c", LIMITED, MEMORY, self.program])
            .args(arguments(case, "made.wasm", "profile.json"))
            .current_dir(folder.path())
            .env("IN_FRONT", in_front)
            .env("NO_JSPI", no_jspi)
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
            // It is about this machine, and says nothing of the file.
            Some(error) if error.contains("WASM_OPT") => Ended::Failed(error.to_owned()),
            Some(error)
                if lines.next().is_none() && error.len() <= LONGEST && status.code() == Some(1) =>
            {
                Ended::Error(error.to_owned())
            }
            _ if status.signal().is_some() => Ended::Failed(format!("{status}: {said}")),
            _ => Ended::Failed(said),
        }
    }

    /// What repeats a case whose input is in files.
    pub fn command_line(&self, file: &Path, profile: &Path, case: &Case) -> String {
        let [file, profile] = [file, profile].map(|path| path.display().to_string());
        let out = if case.way == Way::PostBuild { " --out-dir target/fuzz/pkg" } else { "" };
        format!("{} {}{out}", self.program, arguments(case, &file, &profile).join(" "))
    }
}

fn arguments<'a>(case: &Case, file: &'a str, profile: &'a str) -> Vec<&'a str> {
    let mut arguments = match case.way {
        Way::PostBuild => vec!["post-build", file, "--name", "made"],
        Way::Run { .. } => vec!["run", file],
    };
    if case.profile.is_some() {
        arguments.extend(["--profile", profile]);
    }
    arguments.extend(&case.options);
    arguments
}
