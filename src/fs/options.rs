//! How a file is opened.

use super::own::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// How a file is opened, as [`std::fs::OpenOptions`].
///
/// ```no_run
/// use suspendable::fs::OpenOptions;
///
/// let log = OpenOptions::new().append(true).create(true).open("log.txt")?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions(u32);

// The bits that js/host/fs.js has too.
pub(super) const READ: u32 = 1;
pub(super) const WRITE: u32 = 2;
pub(super) const APPEND: u32 = 4;
const TRUNCATE: u32 = 8;
const CREATE: u32 = 16;
const NEW: u32 = 32;

impl OpenOptions {
    /// Nothing is wanted yet.
    #[allow(clippy::new_without_default, reason = "as in std")]
    pub fn new() -> Self {
        OpenOptions(0)
    }

    /// Those with these bits.
    #[cfg(suspendable_std)]
    pub(crate) fn of(wanted: u32) -> Self {
        OpenOptions(wanted)
    }

    fn set(&mut self, bit: u32, to: bool) -> &mut Self {
        self.0 = if to { self.0 | bit } else { self.0 & !bit };
        self
    }

    /// The file can be read.
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.set(READ, read)
    }

    /// The file can be written.
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.set(WRITE, write)
    }

    /// What is written goes to the end, wherever the position is.
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.set(APPEND, append)
    }

    /// A file that is there is emptied.
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.set(TRUNCATE, truncate)
    }

    /// A file that is not there is made.
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.set(CREATE, create)
    }

    /// The file is made, and may not be there.
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.set(NEW, create_new)
    }

    /// Opens the file.
    ///
    /// # Errors
    ///
    /// As [`std::fs::OpenOptions::open`]. What cannot be wanted at once is
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn open<P: AsRef<Path>>(&self, path: P) -> io::Result<File> {
        self.check().map_err(|what| io::Error::new(ErrorKind::InvalidInput, what))?;
        File::with_options(path.as_ref(), self.0)
    }

    /// The rules of std.
    fn check(&self) -> Result<(), &'static str> {
        let has = |bit| self.0 & bit != 0;
        let is_not_written = !has(WRITE | APPEND) && has(TRUNCATE | CREATE | NEW);
        // What is appended to cannot be cut.
        if is_not_written || has(APPEND) && has(TRUNCATE) && !has(NEW) {
            return Err("creating or truncating a file requires write or append access");
        }
        if !has(READ | WRITE | APPEND) {
            return Err("must specify at least one of read, write, or append access");
        }
        Ok(())
    }
}
