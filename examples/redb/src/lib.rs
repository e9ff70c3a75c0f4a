//! redb, as it is, over a file whose every read and write is a promise.
//!
//! redb asks for its file through [`StorageBackend`], whose methods return values. Here they block, and
//! nothing of the database knows.

use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use suspendable::sync::{Mutex, MutexGuard, PoisonError};
use suspendable::{Error, suspendable, suspending};
use wasm_bindgen::prelude::*;

#[suspending]
extern "C" {
    /// What JavaScript gives: a file, by promises.
    #[derive(Clone, Debug)]
    pub type AsyncFile;
    #[wasm_bindgen(method)]
    fn size(this: &AsyncFile) -> Result<f64, Error>;
    #[wasm_bindgen(method)]
    fn read(this: &AsyncFile, position: f64, length: u32) -> Result<Vec<u8>, Error>;
    #[wasm_bindgen(method)]
    fn write(this: &AsyncFile, position: f64, bytes: &[u8]) -> Result<(), Error>;
    #[wasm_bindgen(method)]
    fn truncate(this: &AsyncFile, size: f64) -> Result<(), Error>;
    #[wasm_bindgen(method)]
    fn sync(this: &AsyncFile) -> Result<(), Error>;
}

thread_local! {
    /// redb wants a backend that may go to other threads, which a JavaScript value may not: a backend is the
    /// number of its file.
    static FILES: RefCell<Vec<AsyncFile>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
struct Backend(usize);

impl Backend {
    fn new(file: AsyncFile) -> Backend {
        FILES.with_borrow_mut(|files| {
            files.push(file);
            Backend(files.len() - 1)
        })
    }

    fn file(&self) -> AsyncFile {
        FILES.with_borrow(|files| files[self.0].clone())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file().size()? as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.file().read(offset as f64, out.len() as u32)?;
        if bytes.len() != out.len() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        out.copy_from_slice(&bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Ok(self.file().truncate(len as f64)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(self.file().sync()?)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        Ok(self.file().write(offset as f64, data)?)
    }
}

const WORDS: TableDefinition<&str, u64> = TableDefinition::new("words");

/// How often words have been seen.
#[wasm_bindgen]
pub struct Words(Mutex<Database>);

#[suspendable]
impl Words {
    /// Opens the database in a file, or makes one in an empty file.
    #[suspendable]
    pub fn open(file: AsyncFile) -> Result<Words, String> {
        let database = Database::builder().create_with_backend(Backend::new(file)).map_err(text)?;
        Ok(Words(Mutex::new(database)))
    }

    /// Counts the words of a text, in one transaction: all of them, or none.
    #[suspendable]
    pub fn add(&self, words: &str) -> Result<(), String> {
        let database = self.database();
        let transaction = database.begin_write().map_err(text)?;
        {
            let mut table = transaction.open_table(WORDS).map_err(text)?;
            for word in words.split_whitespace() {
                let seen = table.get(word).map_err(text)?.map_or(0, |seen| seen.value());
                table.insert(word, seen + 1).map_err(text)?;
            }
        }
        transaction.commit().map_err(text)
    }

    /// All words and their counts, in order.
    #[suspendable]
    pub fn list(&self) -> Result<String, String> {
        let database = self.database();
        let transaction = database.begin_read().map_err(text)?;
        let table = transaction.open_table(WORDS).map_err(text)?;
        let mut list = String::new();
        for entry in table.iter().map_err(text)? {
            let (word, seen) = entry.map_err(text)?;
            list += &format!("{} {}\n", word.value(), seen.value());
        }
        Ok(list)
    }

    /// Others wait: redb's own locks are std's, which cannot.
    fn database(&self) -> MutexGuard<'_, Database> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}
