//! `memmap2` as it is, but for its file that is for systems without maps of files, where each map fails: there is one
//! in its place by which a map is read (sources/memmap2.rs). Crates that map what they read find it in memory.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

pub const NAME: &str = "memmap2";

/// What the file declares that ours takes the place of. Of another release, it stays as it is, and maps fail.
const DECLARED: [&str; 3] = [
    "pub fn map(_: usize, _: &File, _: u64, _: bool, _: bool, _: bool) -> io::Result<MmapInner>",
    "pub fn map_anon(_: usize, _: bool, _: bool, _: Option<u8>, _: bool) -> io::Result<MmapInner>",
    "pub fn check_safe_to_map(",
];

/// Makes a copy of the crate's sources with that file, beside what it is compiled to, and has rustc's `arguments` name
/// the copy.
pub fn read_instead(arguments: &mut [OsString]) -> Result<()> {
    let output =
        arguments.windows(2).find(|pair| pair[0] == "--out-dir").map(|pair| pair[1].clone());
    let root = arguments.iter_mut().find(|argument| argument.to_string_lossy().ends_with(".rs"));
    let (Some(output), Some(root)) = (output, root) else { return Ok(()) };
    let sources = Path::new(root).parent().context("the sources are in no folder")?.to_owned();
    let Ok(stub) = fs::read_to_string(sources.join("stub.rs")) else { return Ok(()) };
    if DECLARED.iter().any(|declared| stub.matches(declared).count() != 1) {
        return Ok(());
    }
    let copy = PathBuf::from(output).join("suspendable-memmap2");
    super::copy(&sources, &copy)?;
    let ours = copy.join("stub.rs");
    // As old as the tool: with another one, and only then, cargo compiles it anew.
    let tool = std::env::current_exe().and_then(|tool| tool.metadata()?.modified());
    fs::write(&ours, include_str!("sources/memmap2.rs"))
        .and_then(|()| super::date(&ours, tool?))
        .with_context(|| format!("cannot write {}", ours.display()))?;
    *root = copy.join(Path::new(root).file_name().unwrap_or_default()).into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};
    use tempfile::TempDir;

    /// A crate whose file declares this, in a folder of its own, and what rustc is given for it.
    fn given(declared: &str) -> (TempDir, Vec<OsString>) {
        let folder = tempfile::tempdir().unwrap();
        let sources = folder.path().join("src");
        fs::create_dir(&sources).unwrap();
        fs::write(sources.join("lib.rs"), "mod stub;").unwrap();
        fs::write(sources.join("stub.rs"), declared).unwrap();
        let root = sources.join("lib.rs");
        let arguments = vec![root.into(), "--out-dir".into(), folder.path().into()];
        (folder, arguments)
    }

    #[test]
    fn the_file_is_another_one() {
        let (folder, mut arguments) = given(&DECLARED.join("\n"));
        let old = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        crate::sysroot::date(&folder.path().join("src/lib.rs"), old).unwrap();
        read_instead(&mut arguments).unwrap();
        let copy = folder.path().join("suspendable-memmap2");
        assert_eq!(arguments[0], copy.join("lib.rs"));
        assert_eq!(fs::read_to_string(copy.join("lib.rs")).unwrap(), "mod stub;");
        let ours = fs::read_to_string(copy.join("stub.rs")).unwrap();
        assert!(ours.contains("fn read(len: usize"));
        let modified = |file: &Path| file.metadata().unwrap().modified().unwrap();
        assert_eq!(modified(&copy.join("lib.rs")), old);
        assert_eq!(modified(&copy.join("stub.rs")), modified(&std::env::current_exe().unwrap()));
    }

    #[test]
    fn another_release_is_left_alone() {
        let (_folder, mut arguments) = given("pub fn map(_: usize, _: &File)");
        let before = arguments.clone();
        read_instead(&mut arguments).unwrap();
        assert_eq!(arguments, before);
    }
}
