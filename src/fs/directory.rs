//! Directories.

use super::host::{self, ask, text};
use super::metadata::{FileType, Metadata, UNKNOWN};
use super::own::{metadata, remove_file, symlink_metadata};
use crate::io::wrong_type;
use js_sys::Array;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is in a directory, as [`std::fs::read_dir`]. The order is the host's.
///
/// All names are read at once.
///
/// # Errors
///
/// As in std.
///
/// ```no_run
/// for entry in suspendable::fs::read_dir(".")? {
///     println!("{}", entry?.path().display());
/// }
/// # std::io::Result::Ok(())
/// ```
pub fn read_dir<P: AsRef<Path>>(path: P) -> io::Result<ReadDir> {
    let path = path.as_ref();
    let name = text(path)?;
    let entries = host::listed(&ask(|| host::readdir(name))?).map_err(host::failure)?;
    Ok(ReadDir { folder: path.into(), entries, next: 0 })
}

/// The entries of a directory, as [`std::fs::ReadDir`].
pub struct ReadDir {
    folder: Rc<Path>,
    /// Names and kinds, in turn.
    entries: Array,
    next: u32,
}

// SAFETY: as of `File`.
unsafe impl Send for ReadDir {}
// SAFETY: as of `File`.
unsafe impl Sync for ReadDir {}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.entries.length() {
            return None;
        }
        let (name, kind) = (self.entries.get(self.next), self.entries.get(self.next + 1));
        self.next += 2;
        let Some(name) = name.as_string() else {
            return Some(Err(wrong_type("name", &name).into()));
        };
        let kind = kind.as_f64().map_or(UNKNOWN, |kind| kind as u8);
        Some(Ok(DirEntry { folder: self.folder.clone(), name, kind }))
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadDir").field(&self.folder).finish()
    }
}

/// An entry of a directory, as [`std::fs::DirEntry`].
pub struct DirEntry {
    folder: Rc<Path>,
    name: String,
    kind: u8,
}

// SAFETY: as of `File`.
unsafe impl Send for DirEntry {}
// SAFETY: as of `File`.
unsafe impl Sync for DirEntry {}

impl DirEntry {
    /// What std keeps of it.
    #[cfg(suspendable_std)]
    pub(crate) fn into_name_and_kind(self) -> (String, u8) {
        (self.name, self.kind)
    }

    /// The path that was read, and the name.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// The name alone.
    pub fn file_name(&self) -> OsString {
        OsString::from(&self.name)
    }

    /// What is known of it; a symbolic link is not followed.
    ///
    /// # Errors
    ///
    /// As [`symlink_metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        symlink_metadata(self.path())
    }

    /// What kind of file it is; a symbolic link is not followed.
    ///
    /// # Errors
    ///
    /// As [`symlink_metadata`], for hosts that list names alone.
    pub fn file_type(&self) -> io::Result<FileType> {
        match self.kind {
            UNKNOWN => Ok(self.metadata()?.file_type()),
            kind => Ok(FileType::new(kind)),
        }
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path()).finish()
    }
}

/// Makes directories, as [`std::fs::DirBuilder`].
#[derive(Debug)]
pub struct DirBuilder {
    recursive: bool,
}

impl DirBuilder {
    /// One directory at a time.
    #[allow(clippy::new_without_default, reason = "as in std")]
    pub fn new() -> DirBuilder {
        DirBuilder { recursive: false }
    }

    /// With all directories that lead to it; then it may be there already.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Makes the directory.
    ///
    /// # Errors
    ///
    /// As [`create_dir`] or [`create_dir_all`].
    pub fn create<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        if self.recursive { make_all(path.as_ref()) } else { make(path.as_ref()) }
    }
}

/// Makes a directory, as [`std::fs::create_dir`].
///
/// # Errors
///
/// As in std.
pub fn create_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    make(path.as_ref())
}

/// Makes a directory and all that lead to it, as far as they are not there, as
/// [`std::fs::create_dir_all`].
///
/// # Errors
///
/// As in std.
pub fn create_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    make_all(path.as_ref())
}

fn make(path: &Path) -> io::Result<()> {
    let path = text(path)?;
    ask(|| host::mkdir(path)).map(drop)
}

fn make_all(path: &Path) -> io::Result<()> {
    // From the longest path on that can be made.
    let mut missing = Vec::new();
    for path in path.ancestors() {
        if path.as_os_str().is_empty() {
            break;
        }
        match make_or_find(path) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(path),
            Err(error) => return Err(error),
        }
    }
    missing.into_iter().rev().try_for_each(make_or_find)
}

fn make_or_find(path: &Path) -> io::Result<()> {
    make(path).or_else(|error| match metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        _ => Err(error),
    })
}

/// Removes an empty directory, as [`std::fs::remove_dir`].
///
/// # Errors
///
/// As in std.
pub fn remove_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = text(path.as_ref())?;
    ask(|| host::rmdir(path)).map(drop)
}

/// Removes a directory and all that is in it, as [`std::fs::remove_dir_all`]. A symbolic link is
/// removed, and what it leads to is not.
///
/// # Errors
///
/// As in std.
pub fn remove_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = path.as_ref();
    match symlink_metadata(path)?.is_symlink() {
        true => remove_file(path),
        false => remove_all(path),
    }
}

fn remove_all(path: &Path) -> io::Result<()> {
    for entry in read_dir(path)? {
        let entry = entry?;
        let removed = match entry.file_type()?.is_dir() {
            true => remove_all(&entry.path()),
            false => remove_file(entry.path()),
        };
        // Somebody else may have been quicker.
        removed.or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
    }
    remove_dir(path)
}
