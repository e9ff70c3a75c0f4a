//! gitoxide, as it is, over `std::fs`: a repository on disk, or in OPFS.

pub mod repository;

use suspendable::suspendable;
use wasm_bindgen::prelude::*;

/// A repository, to read. Its calls run at once.
#[wasm_bindgen]
pub struct Repository(gix::ThreadSafeRepository);

#[suspendable]
impl Repository {
    /// Opens a repository: its folder, or that of its working tree.
    #[suspendable]
    pub fn open(folder: &str) -> Result<Repository, JsError> {
        gix::ThreadSafeRepository::open(folder).map(Repository).map_err(text)
    }

    /// The last so many commits, the newest first: hash, author, seconds since 1970, and subject.
    #[suspendable]
    pub fn log(&self, revision: &str, limit: usize) -> Result<Vec<String>, JsError> {
        repository::log(&self.0.to_thread_local(), revision, limit).map_err(text)
    }

    /// The paths of all files, in order.
    #[suspendable]
    pub fn files(&self, revision: &str) -> Result<Vec<String>, JsError> {
        repository::files(&self.0.to_thread_local(), revision).map_err(text)
    }

    /// What is in a file.
    #[suspendable]
    pub fn read(&self, revision: &str, path: &str) -> Result<Vec<u8>, JsError> {
        let bytes = repository::read(&self.0.to_thread_local(), revision, path).map_err(text)?;
        bytes.ok_or_else(|| JsError::new(&format!("there is no {path} in {revision}")))
    }
}

fn text(error: gix::Error) -> JsError {
    JsError::new(&format!("{error:#}"))
}
