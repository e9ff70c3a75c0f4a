//! A file whose small writes are put together.
//!
//! SQLite writes a journal in pieces of 4 and 4096 bytes, one behind the other. Each write of a host's costs
//! much more than the bytes. So they are kept until something depends on them: the journal is read, synced
//! or closed, or the database is written, whose old bytes they are.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use suspendable::fs::File;

/// How many bytes are kept.
const MOST: usize = 256 * 1024;

/// A journal.
pub struct Pieces {
    file: Rc<File>,
    /// Where they belong, and the bytes. Nothing is borrowed while the host writes.
    unwritten: RefCell<(u64, Vec<u8>)>,
}

thread_local! {
    static JOURNALS: RefCell<HashMap<PathBuf, Weak<Pieces>>> = RefCell::default();
}

impl Pieces {
    /// Of the journal at a path.
    pub fn of(path: &Path, file: Rc<File>) -> Rc<Pieces> {
        let pieces = Rc::new(Pieces { file, unwritten: RefCell::default() });
        JOURNALS.with_borrow_mut(|journals| {
            journals.retain(|_, journal| journal.strong_count() > 0);
            journals.insert(path.to_owned(), Rc::downgrade(&pieces));
        });
        pieces
    }

    /// Keeps what is to be written.
    pub fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let fits = {
            let (start, unwritten) = &*self.unwritten.borrow();
            let end = start + unwritten.len() as u64;
            unwritten.is_empty() || (end == offset && unwritten.len() + bytes.len() <= MOST)
        };
        if !fits {
            self.flush()?;
        }
        let (start, unwritten) = &mut *self.unwritten.borrow_mut();
        if unwritten.is_empty() {
            *start = offset;
        }
        unwritten.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes what has been kept. If that fails it is still kept.
    pub fn flush(&self) -> io::Result<()> {
        let (start, bytes) = self.unwritten.take();
        if bytes.is_empty() {
            return Ok(());
        }
        let mut file = &*self.file;
        let written = file.seek(SeekFrom::Start(start)).and_then(|_| file.write_all(&bytes));
        if written.is_err() {
            self.unwritten.replace((start, bytes));
        }
        written
    }
}

/// Writes what is kept of the journal at a path, if it is open.
pub fn flush_journal(path: &Path) -> io::Result<()> {
    let journal = JOURNALS.with_borrow(|journals| journals.get(path).and_then(Weak::upgrade));
    journal.map_or(Ok(()), |journal| journal.flush())
}
