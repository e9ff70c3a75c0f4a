//! redb, as it is, over `suspendable::fs`.
//!
//! redb asks for its file through [`StorageBackend`], whose methods return values. Here they block, and
//! nothing of the database knows. Its own locks are std's, which cannot wait: so one call of a database at
//! a time.

use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};
use suspendable::fs::{File, OpenOptions};
use suspendable::io::{self, Read, Seek, SeekFrom, Write};
use suspendable::suspendable;
use wasm_bindgen::prelude::*;

#[derive(Debug)]
struct Backend(File);

impl Backend {
    fn at(&self, offset: u64) -> io::Result<&File> {
        (&self.0).seek(SeekFrom::Start(offset))?;
        Ok(&self.0)
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.at(offset)?.read_exact(out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.at(offset)?.write_all(data)
    }
}

const WORDS: TableDefinition<&str, u64> = TableDefinition::new("words");

/// How often words have been seen.
#[wasm_bindgen]
pub struct Words(Database);

#[suspendable(exclusive)]
impl Words {
    /// Opens a database, or makes one.
    #[suspendable]
    pub fn open(path: &str) -> Result<Words, String> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).open(path).map_err(text)?;
        Ok(Words(Database::builder().create_with_backend(Backend(file)).map_err(text)?))
    }

    /// Counts the words of a text, in one transaction: all of them, or none.
    #[suspendable]
    pub fn add(&self, words: &str) -> Result<(), String> {
        let transaction = self.0.begin_write().map_err(text)?;
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
        let transaction = self.0.begin_read().map_err(text)?;
        let table = transaction.open_table(WORDS).map_err(text)?;
        let mut list = String::new();
        for entry in table.iter().map_err(text)? {
            let (word, seen) = entry.map_err(text)?;
            list += &format!("{} {}\n", word.value(), seen.value());
        }
        Ok(list)
    }

    /// Closes the database: all is on disk.
    #[suspendable]
    pub fn close(self) {
        drop(self.0);
    }
}

fn text(error: impl std::error::Error) -> String {
    error.to_string()
}
