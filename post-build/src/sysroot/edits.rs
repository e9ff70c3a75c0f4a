//! What is changed in the sources of std, and what is added to them.
//!
//! An edit finds its text exactly once, or nothing is built: a std that is half ours would fail at run time, far from
//! the reason. Most of std stays as it is: with the target feature `atomics` it waits by instructions, which the tool
//! replaces, so that `Condvar`, `Once`, channels and parking need little or no edit.
//!
//! ```text
//! platform   threads, clocks, streams
//! host       files, sockets, where the program is
//! poison     what becomes of the `Mutex` of a thread that panics
//! rwlock     the same of what it reads or writes
//! ```

mod host;
mod platform;
mod poison;
mod rwlock;

use anyhow::{Context, Result, bail};
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// A text in a file, below `library/std/src`, and what is put in its place.
#[derive(Hash)]
struct Edit {
    file: &'static str,
    find: &'static str,
    replace: &'static str,
}

/// In the order in which they are made.
const EDITS: [&[Edit]; 4] = [&platform::EDITS, &host::EDITS, &poison::EDITS, &rwlock::EDITS];

/// What is made before those, in several places, and in how many.
const REPEATED: [&[(Edit, usize)]; 2] = [&poison::REPEATED, &rwlock::REPEATED];

/// New files, below the same folder.
const FILES: [(&str, &str); 6] = [
    ("sys/thread/suspendable.rs", include_str!("sources/thread.rs")),
    ("sys/stdio/suspendable.rs", include_str!("sources/stdio.rs")),
    ("sys/sync/mutex/suspendable.rs", include_str!("sources/mutex.rs")),
    ("sys/sync/rwlock/suspendable.rs", include_str!("sources/rwlock.rs")),
    ("sys/fs/suspendable.rs", include_str!("sources/fs.rs")),
    ("sys/net/connection/suspendable.rs", include_str!("sources/net.rs")),
];

/// Where a file of one release is in a later one.
const MOVED: [(&str, &str); 1] = [("sys/pal/unsupported/os.rs", "sys/paths/unsupported.rs")];

fn locate(folder: &Path, file: &str) -> PathBuf {
    let path = folder.join(file);
    match MOVED.into_iter().find(|(before, _)| *before == file) {
        Some((_, now)) if !path.exists() => folder.join(now),
        _ => path,
    }
}

/// All edits, with how often each finds its text.
fn all() -> impl Iterator<Item = (&'static Edit, usize)> {
    let repeated = REPEATED.into_iter().flatten().map(|(edit, times)| (edit, *times));
    repeated.chain(EDITS.into_iter().flatten().map(|edit| (edit, 1)))
}

/// What makes an edited std another one.
pub fn hash(hasher: &mut impl Hasher) {
    (EDITS, FILES, REPEATED, MOVED).hash(hasher);
}

/// Edits the sources in a folder `library` of this release.
pub fn apply(library: &Path, release: &str) -> Result<()> {
    let folder = library.join("std/src");
    for (file, text) in FILES {
        let path = folder.join(file);
        if path.exists() {
            bail!("std of Rust {release} has a file {file} of its own: {}", remedy());
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for (&Edit { file, find, replace }, times) in all() {
        let path = locate(&folder, file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let count = text.matches(find).count();
        if count != times {
            bail!(
                "std of Rust {release} is not as `--std` knows it: {file} has {count} times, and not {times}:\n{find}{}",
                remedy()
            );
        }
        let text = text.replace(find, replace);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn remedy() -> String {
    format!(
        "build with a Rust that this tool ({}) was made for, or without `--std`",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::{Edit, FILES, REPEATED, all, apply, locate};
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Command;

    #[test]
    fn a_std_that_is_not_known_is_an_error_that_says_where() {
        let library = tempfile::tempdir().unwrap();
        let sources = library.path().join("std/src");
        for file in FILES.map(|(file, _)| file).into_iter().chain(all().map(|(edit, _)| edit.file))
        {
            fs::create_dir_all(sources.join(file).parent().unwrap()).unwrap();
        }
        for (Edit { file, find, .. }, times) in REPEATED.into_iter().flatten() {
            let text = fs::read_to_string(sources.join(file)).unwrap_or_default();
            fs::write(sources.join(file), text + &find.repeat(*times)).unwrap();
        }
        fs::write(sources.join("sys/thread/mod.rs"), "cfg_select! {}").unwrap();
        let error = apply(library.path(), "1.999.0").unwrap_err().to_string();
        assert!(error.contains("std of Rust 1.999.0"), "{error}");
        assert!(error.contains("sys/thread/mod.rs has 0 times"), "{error}");
        assert!(error.contains("mod wasm;"), "{error}");
    }

    /// Of the compiler that this is tested with, if its sources are here.
    #[test]
    fn each_edit_finds_its_text() {
        let sources = rustc_build_sysroot::rustc_sysroot_src(Command::new("rustc")).unwrap();
        let sources = sources.join("std/src");
        if !sources.exists() {
            return;
        }
        let mut texts = BTreeMap::new();
        for (edit, times) in all() {
            let text = texts
                .entry(edit.file)
                .or_insert_with(|| fs::read_to_string(locate(&sources, edit.file)).unwrap());
            assert_eq!(text.matches(edit.find).count(), times, "{}: {}", edit.file, edit.find);
            *text = text.replace(edit.find, edit.replace);
        }
    }
}
