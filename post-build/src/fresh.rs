//! A package beside the file that it is made of, for `run` and `test`: it is made anew when that file has changed, or
//! this tool.

use anyhow::Result;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Has `make` fill the folder, unless that has been done already from the same.
pub fn make_once(folder: &Path, from: impl Hash, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut hasher = DefaultHasher::new();
    let tool = fs::metadata(std::env::current_exe()?)?.len();
    (from, env!("CARGO_PKG_VERSION"), tool).hash(&mut hasher);
    let made_from = format!("{:x}", hasher.finish());
    let stamp = folder.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == made_from) {
        return Ok(());
    }
    make()?;
    fs::write(&stamp, made_from)?;
    Ok(())
}
