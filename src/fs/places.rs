//! Where the program is, for [`std::env`].

use super::host;
use std::io;
use std::path::PathBuf;

/// Where relative paths begin, as [`std::env::current_dir`].
pub fn current_dir() -> io::Result<PathBuf> {
    Ok(host::current_directory().map_err(host::failure)?.into())
}

/// Where temporary files are, as [`std::env::temp_dir`]: nobody has looked whether there is such a directory.
pub fn temp_dir() -> PathBuf {
    host::temporary_directory().unwrap_or_else(|_| "/tmp".to_owned()).into()
}
