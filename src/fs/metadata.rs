//! What is known of a file.

use super::host;
use crate::time::{Duration, SystemTime, UNIX_EPOCH};
use std::fmt;
use std::io::{self, ErrorKind};
use wasm_bindgen::JsValue;

/// What is known of a file, as [`std::fs::Metadata`].
#[derive(Clone)]
pub struct Metadata {
    kind: FileType,
    length: u64,
    mode: Option<u32>,
    modified: Option<SystemTime>,
    accessed: Option<SystemTime>,
    created: Option<SystemTime>,
}

impl Metadata {
    /// Of a `Stats` of the host's.
    pub(super) fn of(stats: &JsValue) -> io::Result<Metadata> {
        let mut numbers = [f64::NAN; 9];
        host::numbers(stats, &mut numbers).map_err(host::failure)?;
        let [kind, length, mode, rest @ ..] = numbers;
        let time = |at: usize| time(rest[at], rest[at + 1]);
        Ok(Metadata {
            kind: FileType(kind as u8),
            length: length as u64,
            mode: (!mode.is_nan()).then_some(mode as u32),
            modified: time(0),
            accessed: time(2),
            created: time(4),
        })
    }

    /// What std keeps of it.
    #[cfg(suspendable_std)]
    pub(crate) fn known(&self) -> (u8, u64, u32, [Option<SystemTime>; 3]) {
        let times = [self.modified, self.accessed, self.created];
        (self.kind.0, self.length, self.permissions().mode, times)
    }

    /// What kind of file it is.
    pub fn file_type(&self) -> FileType {
        self.kind
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind.is_dir()
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind.is_file()
    }

    /// Whether it is a symbolic link, which only [`symlink_metadata`](super::symlink_metadata) finds.
    pub fn is_symlink(&self) -> bool {
        self.kind.is_symlink()
    }

    /// How many bytes it has.
    #[allow(clippy::len_without_is_empty, reason = "as in std")]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Who may do what with it.
    pub fn permissions(&self) -> Permissions {
        Permissions { mode: self.mode.unwrap_or(0o666) }
    }

    /// When it was written last.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if the host does not know.
    pub fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| unknown("written last"))
    }

    /// When it was read last.
    ///
    /// # Errors
    ///
    /// As [`modified`](Self::modified).
    pub fn accessed(&self) -> io::Result<SystemTime> {
        self.accessed.ok_or_else(|| unknown("read last"))
    }

    /// When it was made.
    ///
    /// # Errors
    ///
    /// As [`modified`](Self::modified).
    pub fn created(&self) -> io::Result<SystemTime> {
        self.created.ok_or_else(|| unknown("made"))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("file_type", &self.kind)
            .field("permissions", &self.permissions())
            .field("len", &self.length)
            .field("modified", &self.modified)
            .field("accessed", &self.accessed)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

fn time(seconds: f64, nanoseconds: f64) -> Option<SystemTime> {
    let rest = Duration::from_nanos(nanoseconds as u64);
    let whole = Duration::try_from_secs_f64(seconds.abs()).ok()?;
    let second = match seconds < 0.0 {
        true => UNIX_EPOCH.checked_sub(whole),
        false => UNIX_EPOCH.checked_add(whole),
    };
    second?.checked_add(rest)
}

#[cold]
fn unknown(when: &str) -> io::Error {
    let what = format!("the host does not know when the file was {when}");
    io::Error::new(ErrorKind::Unsupported, what)
}

/// A file, a directory, a symbolic link or something else, as [`std::fs::FileType`].
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct FileType(u8);

/// The host's names of entries come without kinds.
pub(super) const UNKNOWN: u8 = 4;

impl FileType {
    /// Of the number that the host's side has for it.
    pub(super) fn new(kind: u8) -> Self {
        FileType(kind)
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.0 == 1
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.0 == 0
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.0 == 2
    }
}

impl fmt::Debug for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileType")
            .field("is_file", &self.is_file())
            .field("is_dir", &self.is_dir())
            .field("is_symlink", &self.is_symlink())
            .finish_non_exhaustive()
    }
}

/// Who may do what with a file, as [`std::fs::Permissions`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permissions {
    pub(crate) mode: u32,
}

impl Permissions {
    /// Whether nobody may write it.
    pub fn readonly(&self) -> bool {
        self.mode & 0o222 == 0
    }

    /// Lets nobody write it, or everybody, once they are
    /// [`set`](super::set_permissions).
    pub fn set_readonly(&mut self, readonly: bool) {
        self.mode = if readonly { self.mode & !0o222 } else { self.mode | 0o222 };
    }
}

/// Times of a file, as [`std::fs::FileTimes`].
#[derive(Copy, Clone, Debug, Default)]
pub struct FileTimes {
    pub(crate) accessed: Option<SystemTime>,
    pub(crate) modified: Option<SystemTime>,
}

impl FileTimes {
    /// Both stay as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// When it was read last.
    pub fn set_accessed(mut self, time: SystemTime) -> Self {
        self.accessed = Some(time);
        self
    }

    /// When it was written last.
    pub fn set_modified(mut self, time: SystemTime) -> Self {
        self.modified = Some(time);
        self
    }

    /// Both, as hosts take them: what stays as it is they are told again.
    pub(super) fn in_seconds(self, now: &Metadata) -> io::Result<(f64, f64)> {
        let accessed = self.accessed.map_or_else(|| now.accessed(), Ok)?;
        let modified = self.modified.map_or_else(|| now.modified(), Ok)?;
        Ok((seconds(accessed), seconds(modified)))
    }
}

fn seconds(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}
