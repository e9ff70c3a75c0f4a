//! `std::fs`, with files that block.
//!
//! Where the target is not WebAssembly, and with `build --std`, this is [`std::fs`]. In WebAssembly it has
//! the same names, signatures, semantics and errors, and a port changes its `use` lines:
//!
//! ```no_run
//! use std::io::{Result, Seek, SeekFrom, Write};
//! use suspendable::fs::{self, File};
//!
//! fn note(text: &str) -> Result<String> {
//!     fs::create_dir_all("notes/today")?;
//!     let mut file = File::create("notes/today/first.txt")?;
//!     writeln!(file, "{text}")?;
//!     file.seek(SeekFrom::Start(0))?;
//!     file.sync_all()?;
//!     fs::read_to_string("notes/today/first.txt")
//! }
//! ```
//!
//! **Whose files:** those of the host, through the promise API of Node.js's `fs`: `node:fs/promises` on
//! Node.js, Deno and Bun, the origin's private file system (OPFS) in pages and workers. The option `fs`
//! of `init` gives others: a directory of the host's that no path leaves, an object with that API, a
//! `FileSystemDirectoryHandle`. Where there are none, every call is
//! [`ErrorKind::Unsupported`](std::io::ErrorKind::Unsupported).
//!
//! **What blocks:** everything that asks the host: all but building options, moving a file's position
//! (other than from its end), and what a [`DirEntry`] or a [`Metadata`] knows. A dropped [`File`] is closed
//! in the background. Where no call can block ([`can_block`](crate::can_block)), nothing happens and the
//! error is [`Error::CannotBlock`](crate::Error::CannotBlock).
//!
//! # What changes for a port
//!
//! - `exists`, `is_file`, `is_dir`, `metadata`, `canonicalize`, `read_dir` as methods of
//!   [`Path`](std::path::Path) stay std's, and find nothing: use the functions of this module. With `build --std`
//!   they work.
//! - Paths are text, as JavaScript's are: one that is not UTF-8 is
//!   [`InvalidInput`](std::io::ErrorKind::InvalidInput). A relative one begins at the working directory
//!   where the files are the host's own, and at `/` elsewhere.
//! - Times are of [`time::SystemTime`](crate::time::SystemTime). What a host does not know or cannot
//!   do is [`Unsupported`](std::io::ErrorKind::Unsupported). In OPFS, what it has not (links, permissions, times) is
//!   kept in a file of ours.
//! - A file that several threads use at once serves one after the other, in their order: a read or a
//!   write is one step with regard to the position that they share.
//! - In OPFS, what is written lasts from [`File::sync_all`], [`File::sync_data`] or closing on, all at
//!   once. Until then it is in memory, and this instance alone sees it. To sync costs a copy of the file,
//!   and to rename a directory moves its files one by one.
//! - Locks between processes (`File::lock`) are not there: no host has them.
//!
//! # Errors
//!
//! As in std: the [`ErrorKind`](std::io::ErrorKind) comes from the code of the host's error (`ENOENT`), or
//! from the name of a `DOMException` (`NotFoundError`). An [`Error`](crate::Error) with the reason as it
//! came is inside, and `?` gets it back.

#[cfg(target_arch = "wasm32")]
mod directory;
#[cfg(target_arch = "wasm32")]
mod file;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod metadata;
#[cfg(target_arch = "wasm32")]
mod options;
#[cfg(target_arch = "wasm32")]
mod paths;
#[cfg(suspendable_std)]
mod places;

#[cfg(all(target_arch = "wasm32", not(suspendable_std)))]
pub use own::*;
#[cfg(any(not(target_arch = "wasm32"), suspendable_std))]
pub use std::fs::*;

/// What is here in WebAssembly. With `build --std`, std's own end in it.
#[cfg(target_arch = "wasm32")]
#[cfg_attr(suspendable_std, expect(unused_imports))]
pub(crate) mod own {
    #[cfg(suspendable_std)]
    pub(crate) use super::paths::{set_times, stat};
    #[cfg(suspendable_std)]
    pub use super::places::{current_dir, temp_dir};
    pub use super::{
        directory::{
            DirBuilder, DirEntry, ReadDir, create_dir, create_dir_all, read_dir, remove_dir,
            remove_dir_all,
        },
        file::{File, read, read_to_string, write},
        metadata::{FileTimes, FileType, Metadata, Permissions},
        options::OpenOptions,
        paths::{
            canonicalize, copy, exists, hard_link, metadata, read_link, remove_file, rename,
            set_permissions, soft_link, symlink_metadata,
        },
    };
}
