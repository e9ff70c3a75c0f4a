//! What is done with files by their paths.

use super::host::{self, ask, text};
#[cfg(suspendable_std)]
use super::own::FileTimes;
use super::own::{Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What is known of the file at `path`, as [`std::fs::metadata`]: symbolic links are followed.
///
/// # Errors
///
/// As in std.
pub fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    stat(path.as_ref(), true)
}

/// What is known of the file at `path`, or of the symbolic link there, as
/// [`std::fs::symlink_metadata`].
///
/// # Errors
///
/// As in std.
pub fn symlink_metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    stat(path.as_ref(), false)
}

pub(crate) fn stat(path: &Path, follows: bool) -> io::Result<Metadata> {
    let path = text(path)?;
    Metadata::of(&ask(|| host::stat(path, follows))?)
}

/// Whether there is something at `path`, as [`std::fs::exists`].
///
/// # Errors
///
/// If that cannot be found out.
///
/// ```no_run
/// assert!(!suspendable::fs::exists("does_not_exist.txt")?);
/// # std::io::Result::Ok(())
/// ```
pub fn exists<P: AsRef<Path>>(path: P) -> io::Result<bool> {
    match metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives a file another name, as [`std::fs::rename`]: one that has it already is replaced.
///
/// # Errors
///
/// As in std.
pub fn rename<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    let (from, to) = (text(from.as_ref())?, text(to.as_ref())?);
    ask(|| host::rename(from, to)).map(drop)
}

/// Copies a file's bytes, and as far as the host has any its permissions, as [`std::fs::copy`].
/// Returns how many bytes they are.
///
/// # Errors
///
/// As in std: `from` has to be a regular file.
pub fn copy<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<u64> {
    let (from, to) = (from.as_ref(), to.as_ref());
    if !metadata(from)?.is_file() {
        let what = "the source path is neither a regular file nor a symlink to a regular file";
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    let (source, target) = (text(from)?, text(to)?);
    ask(|| host::copy_file(source, target))?;
    Ok(metadata(to)?.len())
}

/// Makes a hard link, as [`std::fs::hard_link`].
///
/// # Errors
///
/// As in std.
pub fn hard_link<P: AsRef<Path>, Q: AsRef<Path>>(original: P, link: Q) -> io::Result<()> {
    let (original, link) = (text(original.as_ref())?, text(link.as_ref())?);
    ask(|| host::link(original, link)).map(drop)
}

/// Makes a symbolic link, as [`std::fs::soft_link`]. There may be nothing where it leads.
///
/// # Errors
///
/// As in std.
pub fn soft_link<P: AsRef<Path>, Q: AsRef<Path>>(original: P, link: Q) -> io::Result<()> {
    let (original, link) = (text(original.as_ref())?, text(link.as_ref())?);
    ask(|| host::symlink(original, link)).map(drop)
}

/// Where a symbolic link leads, as [`std::fs::read_link`].
///
/// # Errors
///
/// As in std: [`ErrorKind::InvalidInput`] if it is none.
pub fn read_link<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    let path = text(path.as_ref())?;
    path_of(&ask(|| host::readlink(path))?)
}

/// The path from the root on in which nothing is a symbolic link, as [`std::fs::canonicalize`].
///
/// # Errors
///
/// As in std.
pub fn canonicalize<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    let path = text(path.as_ref())?;
    path_of(&ask(|| host::realpath(path))?)
}

fn path_of(value: &wasm_bindgen::JsValue) -> io::Result<PathBuf> {
    let text = value.as_string().ok_or_else(|| crate::io::wrong_type("path", value))?;
    Ok(text.into())
}

/// Removes a file, as [`std::fs::remove_file`]. Those who have it open keep it.
///
/// # Errors
///
/// As in std.
pub fn remove_file<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = text(path.as_ref())?;
    ask(|| host::unlink(path)).map(drop)
}

/// Says who may do what with a file, as [`std::fs::set_permissions`].
///
/// # Errors
///
/// As in std.
pub fn set_permissions<P: AsRef<Path>>(path: P, perm: Permissions) -> io::Result<()> {
    let path = text(path.as_ref())?;
    ask(|| host::chmod(path, perm.mode & 0o7777)).map(drop)
}

/// Says when a file, or the symbolic link there, was read and written last.
#[cfg(suspendable_std)]
pub(crate) fn set_times(path: &Path, times: FileTimes, follows: bool) -> io::Result<()> {
    let (accessed, modified) = times.in_seconds(&stat(path, follows)?)?;
    let path = text(path)?;
    ask(|| host::utimes(path, accessed, modified, follows)).map(drop)
}
