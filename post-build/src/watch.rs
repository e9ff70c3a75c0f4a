//! `cargo suspendable build --watch`: builds again when a source has changed.
//!
//! What is watched are the folders of the package and of those that it depends on by path, without what cargo, npm and this
//! tool write there, and without other packages below. A change that the linked file does not show makes no new package:
//! so it does not matter that some are of no source.

use crate::build::{self, Local};
use crate::options::{Output, Selection};
use crate::progress::Progress;
use anyhow::{Context, Result};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// An editor saves a file in several steps, and several files at once.
const QUIET: Duration = Duration::from_millis(100);

/// Builds until it is ended. Errors of a build are shown, and it goes on.
pub fn watch(selection: &Selection, output: &Output) -> Result<()> {
    let mut local = build::local(selection)?;
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(sender).context("cannot watch for changes")?;
    let mut packaged = None;
    loop {
        // Before the build, so that nothing is missed that changes meanwhile.
        let written = [local.target.clone(), std::path::absolute(&output.out_dir)?];
        watch_all(&mut watcher, &local, &written)?;
        if let Err(error) = build_again(selection, output, &mut packaged) {
            eprintln!("error: {error:#}");
        }
        eprintln!("  waiting for changes: Ctrl-C ends");
        let changed = next(&events, &written)?;
        eprintln!("\n  {} has changed", changed.display());
        // While Cargo.toml is half written, they are those of before.
        local = build::local(selection).unwrap_or(local);
    }
}

/// Compiles, and makes a package if what is linked is not what the last one was made of.
fn build_again(
    selection: &Selection,
    output: &Output,
    packaged: &mut Option<Vec<u8>>,
) -> Result<()> {
    let progress = Progress::new(output.verbose);
    let built = build::compile_selected(&progress, selection, build::has_tools)?;
    let linked =
        fs::read(&built.file).with_context(|| format!("cannot read {}", built.file.display()))?;
    if packaged.as_ref() == Some(&linked) {
        progress.note("the same was linked: the package stays as it is");
        return Ok(());
    }
    build::package(&progress, built, selection, output)?;
    *packaged = Some(linked);
    Ok(())
}

/// Waits for a change, and until no further one comes.
fn next(events: &Receiver<notify::Result<Event>>, written: &[PathBuf]) -> Result<PathBuf> {
    let changed = loop {
        let event = events.recv().context("nobody watches any more")?.context("cannot watch")?;
        if let Some(path) = source(&event, written) {
            break path.to_owned();
        }
    };
    while events.recv_timeout(QUIET).is_ok() {}
    Ok(changed)
}

/// The path of what was written, made or removed, unless it is no source.
fn source<'a>(event: &'a Event, written: &[PathBuf]) -> Option<&'a Path> {
    let path = event.paths.first().filter(|_| !event.kind.is_access())?;
    let name = path.file_name()?.to_string_lossy();
    let is_source = !name.starts_with('.')
        && !name.ends_with('~')
        && !written.iter().any(|folder| path == folder || is_made_as(folder, path));
    is_source.then_some(path)
}

/// cargo gives its folder a name with six letters more until the folder is ready.
fn is_made_as(folder: &Path, path: &Path) -> bool {
    let whole = folder.to_string_lossy();
    path.to_string_lossy().strip_prefix(&*whole).is_some_and(|more| more.len() == 6)
}

fn watch_all(watcher: &mut RecommendedWatcher, local: &Local, written: &[PathBuf]) -> Result<()> {
    let mut folders = Vec::new();
    for package in &local.packages {
        collect(package, written, &mut folders)?;
    }
    for folder in folders {
        watcher
            .watch(&folder, RecursiveMode::NonRecursive)
            .with_context(|| format!("cannot watch {}", folder.display()))?;
    }
    Ok(())
}

/// A folder of sources, and those below it.
fn collect(folder: &Path, written: &[PathBuf], folders: &mut Vec<PathBuf>) -> Result<()> {
    folders.push(folder.to_owned());
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_other = name.to_string_lossy().starts_with('.')
            || name == "node_modules"
            || written.contains(&path)
            || path.join("Cargo.toml").exists();
        if !is_other && entry.file_type()?.is_dir() {
            collect(&path, written, folders)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{collect, source};
    use notify::event::{AccessKind, CreateKind};
    use notify::{Event, EventKind};
    use std::fs;

    #[test]
    fn what_is_written_by_tools_is_not_watched() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in
            ["src/a", "target/debug", "pkg/runtime", "node_modules/x", ".git/x", "other/src"]
        {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("other/Cargo.toml"), "").unwrap();
        let mut folders = Vec::new();
        collect(root, &["target", "pkg"].map(|name| root.join(name)), &mut folders).unwrap();
        assert_eq!(folders, [root.to_owned(), root.join("src"), root.join("src/a")]);
    }

    #[test]
    fn what_editors_leave_and_what_is_read_is_no_change() {
        let event = |kind, name: &str| Event::new(kind).add_path(name.into());
        let made = EventKind::Create(CreateKind::File);
        let source = |event| source(&event, &["target".into(), "pkg".into()]).is_some();
        for name in ["src/lib.rs", "targets.rs", "pkg.rs"] {
            assert!(source(event(made, name)), "{name}");
        }
        for name in ["src/.lib.rs.swp", "src/lib.rs~", "pkg", "target", "targetYR54nf"] {
            assert!(!source(event(made, name)), "{name}");
        }
        assert!(!source(event(EventKind::Access(AccessKind::Read), "src/lib.rs")));
    }
}
