//! std's files: each hook is the function of [`crate::fs`] that it is named after.
//!
//! std declares them with the same types: one rustc compiles both. What it keeps of an open file is the address of a
//! [`File`]. What it lends (a path, bytes, that file) is in the frames of who calls it, or owned by them, and these stay
//! where they are while the call is suspended.

use crate::fs::own::{self, File, FileTimes, OpenOptions, Permissions};
use crate::time::SystemTime;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What is known of a file: its kind, its length, its mode, and when it was written, read and made.
type Known = (u8, u64, u32, [Option<SystemTime>; 3]);

macro_rules! hooks {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty = $does:expr;)*) => {$(
        #[unsafe(no_mangle)]
        fn $name($($argument: $type),*) -> $result {
            $does
        }
    )*};
}
pub(super) use hooks;

hooks! {
    fn __suspendable_std_fs_open(path: &Path, wanted: u32) -> io::Result<*const File> =
        Ok(super::keep(OpenOptions::of(wanted).open(path)?));
    fn __suspendable_std_fs_clone(file: &File) -> *const File =
        super::keep(file.again());
    fn __suspendable_std_fs_read(file: &File, out: &mut [u8]) -> io::Result<usize> =
        (&*file).read(out);
    fn __suspendable_std_fs_read_at(file: &File, out: &mut [u8], position: u64) -> io::Result<usize> =
        file.read_at(out, position);
    fn __suspendable_std_fs_write(file: &File, bytes: &[u8]) -> io::Result<usize> =
        (&*file).write(bytes);
    fn __suspendable_std_fs_seek(file: &File, to: SeekFrom) -> io::Result<u64> =
        (&*file).seek(to);
    fn __suspendable_std_fs_sync_all(file: &File) -> io::Result<()> =
        file.sync_all();
    fn __suspendable_std_fs_sync_data(file: &File) -> io::Result<()> =
        file.sync_data();
    fn __suspendable_std_fs_set_len(file: &File, size: u64) -> io::Result<()> =
        file.set_len(size);
    fn __suspendable_std_fs_stat_file(file: &File) -> io::Result<Known> =
        Ok(file.metadata()?.known());
    fn __suspendable_std_fs_chmod_file(file: &File, mode: u32) -> io::Result<()> =
        file.set_permissions(Permissions { mode });
    fn __suspendable_std_fs_utimes_file(
        file: &File,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>
    ) -> io::Result<()> =
        file.set_times(FileTimes { accessed, modified });
    fn __suspendable_std_fs_show(file: &File, f: &mut fmt::Formatter<'_>) -> fmt::Result =
        fmt::Debug::fmt(file, f);

    fn __suspendable_std_fs_stat(path: &Path, follows: bool) -> io::Result<Known> =
        Ok(own::stat(path, follows)?.known());
    fn __suspendable_std_fs_read_dir(path: &Path) -> io::Result<Vec<(String, u8)>> =
        own::read_dir(path)?.map(|entry| Ok(entry?.into_name_and_kind())).collect();
    fn __suspendable_std_fs_create_dir(path: &Path) -> io::Result<()> =
        own::create_dir(path);
    fn __suspendable_std_fs_remove_dir(path: &Path) -> io::Result<()> =
        own::remove_dir(path);
    fn __suspendable_std_fs_remove_file(path: &Path) -> io::Result<()> =
        own::remove_file(path);
    fn __suspendable_std_fs_rename(from: &Path, to: &Path) -> io::Result<()> =
        own::rename(from, to);
    fn __suspendable_std_fs_copy(from: &Path, to: &Path) -> io::Result<u64> =
        own::copy(from, to);
    fn __suspendable_std_fs_hard_link(original: &Path, link: &Path) -> io::Result<()> =
        own::hard_link(original, link);
    fn __suspendable_std_fs_soft_link(original: &Path, link: &Path) -> io::Result<()> =
        own::soft_link(original, link);
    fn __suspendable_std_fs_read_link(path: &Path) -> io::Result<PathBuf> =
        own::read_link(path);
    fn __suspendable_std_fs_canonicalize(path: &Path) -> io::Result<PathBuf> =
        own::canonicalize(path);
    fn __suspendable_std_fs_chmod(path: &Path, mode: u32) -> io::Result<()> =
        own::set_permissions(path, Permissions { mode });
    fn __suspendable_std_fs_utimes(
        path: &Path,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
        follows: bool
    ) -> io::Result<()> =
        own::set_times(path, FileTimes { accessed, modified }, follows);

    fn __suspendable_std_fs_current_dir() -> io::Result<PathBuf> =
        own::current_dir();
    fn __suspendable_std_fs_temp_dir() -> PathBuf =
        own::temp_dir();
}

/// Closes a file, in the background.
#[unsafe(no_mangle)]
unsafe fn __suspendable_std_fs_close(file: *const File) {
    // SAFETY: std was given it, and gives it back once.
    unsafe { super::give_back(file) }
}
