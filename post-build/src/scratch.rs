//! Temporary folders, which are removed also when the tool is interrupted: then no destructor runs.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use tempfile::TempDir;

/// Those that are there.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary folder, for as long as this is there.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Result<Self> {
        static WATCHED: Once = Once::new();
        WATCHED.call_once(remove_when_interrupted);
        let directory = tempfile::Builder::new()
            .prefix("suspendable-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        with_folders(|folders| folders.push(directory.path().to_owned()));
        Ok(Scratch(directory))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        with_folders(|folders| folders.retain(|folder| folder != self.path()));
    }
}

fn with_folders<T>(act: impl FnOnce(&mut Vec<PathBuf>) -> T) -> T {
    act(&mut FOLDERS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a signal ends is ended as without this, a little later.
#[cfg(unix)]
fn remove_when_interrupted() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    // Where there is no further thread, it ends as it always did.
    let _ = std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            with_folders(|folders| {
                folders.iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)))
            });
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
fn remove_when_interrupted() {}
