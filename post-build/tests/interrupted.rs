//! Whoever interrupts the tool finds nothing of it among the temporary files.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SIGINT: i32 = 2;

/// A `wasm-opt` that does not come to an end before it is ended.
const ENDLESS: &str = "#!/bin/sh
case $1 in
--version) echo 'wasm-opt version 132' ;;
*) exec sleep 10 ;;
esac
";

const PROGRAM: &str = "(module
    (import \"wasi_snapshot_preview1\" \"sched_yield\" (func $yield (result i32)))
    (memory (export \"memory\") 1)
    (func (export \"_start\") (drop (call $yield))))";

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn its_temporary_folders_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let temporary = at("temporary");
    fs::create_dir(&temporary).unwrap();
    fs::write(at("wasm-opt"), ENDLESS).unwrap();
    fs::set_permissions(at("wasm-opt"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("input.wasm"), wat::parse_str(PROGRAM).unwrap()).unwrap();
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cargo-suspendable"))
        .args(["post-build", "input.wasm"])
        .current_dir(folder.path())
        .env("WASM_OPT", at("wasm-opt"))
        .env("TMPDIR", &temporary)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while names(&temporary).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "it has no temporary folder");
        assert_eq!(tool.try_wait().unwrap(), None, "it has ended");
        sleep(Duration::from_millis(10));
    }
    let interrupt = Command::new("kill").args(["-INT", &tool.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(tool.wait().unwrap().signal(), Some(SIGINT));
    assert_eq!(names(&temporary), [""; 0]);
}
