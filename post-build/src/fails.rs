//! What a build says of the parts of std that it calls and that never work.
//!
//! ```text
//! std::thread never works in a library: sleep (rhai-1.27.0/src/packages/lang_core.rs:144, and 1 other place). Use
//! suspendable::thread, or build with `--std`
//! ```

use crate::analysis::Unsupported;
use crate::progress::Progress;
use std::path::{Component, Path, PathBuf};

/// What to do where a module of std does not work.
fn remedy(module: &str) -> &'static str {
    match module {
        "std::fs" | "std::path" => "Use suspendable::fs, or build with `--std`",
        "std::net" => "Use suspendable::net, or build with `--std`",
        "std::thread" => "Use suspendable::thread, or build with `--std`",
        "std::time" => "Use suspendable::time, or build with `--std`",
        "std::env" => "JavaScript can pass what is wanted; or build with `--std`",
        _ => "JavaScript can do what is wanted",
    }
}

/// Writes a line for each module.
pub fn report(progress: &Progress, found: &[Unsupported]) {
    let here = std::env::current_dir().unwrap_or_default();
    for of_module in found.chunk_by(|one, next| one.module == next.module) {
        let module = of_module[0].module;
        let calls: Vec<_> = of_module.iter().map(|call| of(call, &here)).collect();
        progress.note(&format!(
            "{module} never works in a library: {}. {}",
            calls.join(", "),
            remedy(module)
        ));
    }
}

fn of(call: &Unsupported, here: &Path) -> String {
    let mut places = call.places.iter();
    let (file, line) = places.next().expect("a place for what is called");
    let others = match places.count() {
        0 => String::new(),
        1 => ", and 1 other place".to_owned(),
        count => format!(", and {count} other places"),
    };
    format!("{} ({}:{line}{others})", call.function, short(file, here).display())
}

/// A file from here, or from where cargo keeps a crate.
fn short(file: &Path, here: &Path) -> PathBuf {
    if let Ok(file) = file.strip_prefix(here) {
        return file.to_owned();
    }
    let parts: Vec<_> = file.components().collect();
    let behind = |folders: [&str; 2]| {
        let is_there = |pair: &[Component]| {
            pair[0].as_os_str() == folders[0] && pair[1].as_os_str() == folders[1]
        };
        Some(parts.windows(2).position(is_there)? + 2)
    };
    // Below the first of them there is a folder for each registry.
    let kept =
        behind(["registry", "src"]).map(|at| at + 1).or_else(|| behind(["git", "checkouts"]));
    kept.and_then(|at| parts.get(at..)).map_or(file.to_owned(), |parts| parts.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::short;
    use std::path::Path;

    #[test]
    fn files_are_named_from_where_a_reader_looks() {
        let cases = [
            ("/home/me/app/src/lib.rs", "src/lib.rs"),
            ("/home/me/.cargo/registry/src/index-1/tar-0.4.1/src/lib.rs", "tar-0.4.1/src/lib.rs"),
            ("/home/me/.cargo/git/checkouts/tar-12/34/src/lib.rs", "tar-12/34/src/lib.rs"),
            ("/home/me/other/src/lib.rs", "/home/me/other/src/lib.rs"),
        ];
        for (file, expected) in cases {
            assert_eq!(short(Path::new(file), Path::new("/home/me/app")), Path::new(expected));
        }
    }
}
