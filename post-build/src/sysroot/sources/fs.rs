//! Files of the host: the crate `suspendable` (src/hooks/fs.rs) has the other half.
//!
//! What a call reads into, or writes from, is in memory that its caller lends until the call returns. The host never
//! sees it: it works on buffers of its own, and bytes are copied while the fiber runs. So a call that is cancelled, or
//! whose thread ends, leaves nothing behind that writes there.

use crate::ffi::OsString;
use crate::fmt;
use crate::fs::TryLockError;
use crate::io::{self, BorrowedCursor, ErrorKind, IoSlice, IoSliceMut, SeekFrom};
use crate::path::{Path, PathBuf};
use crate::sync::Arc;
pub use crate::sys::fs::common::{Dir, exists, remove_dir_all};
use crate::sys::time::SystemTime;
use crate::sys::{AsInner, FromInner, IntoInner, unsupported};
use crate::time::SystemTime as Time;
use crate::vec;

// Both sides are compiled by one rustc, and say the same types.
unsafe extern "Rust" {
    safe fn __suspendable_std_fs_open(path: &Path, wanted: u32) -> io::Result<*const ()>;
    fn __suspendable_std_fs_close(file: *const ());
    fn __suspendable_std_fs_clone(file: *const ()) -> *const ();
    fn __suspendable_std_fs_read(file: *const (), out: &mut [u8]) -> io::Result<usize>;
    fn __suspendable_std_fs_read_at(
        file: *const (),
        out: &mut [u8],
        position: u64,
    ) -> io::Result<usize>;
    fn __suspendable_std_fs_write(file: *const (), bytes: &[u8]) -> io::Result<usize>;
    fn __suspendable_std_fs_seek(file: *const (), to: SeekFrom) -> io::Result<u64>;
    fn __suspendable_std_fs_sync_all(file: *const ()) -> io::Result<()>;
    fn __suspendable_std_fs_sync_data(file: *const ()) -> io::Result<()>;
    fn __suspendable_std_fs_set_len(file: *const (), size: u64) -> io::Result<()>;
    fn __suspendable_std_fs_stat_file(file: *const ()) -> io::Result<Known>;
    fn __suspendable_std_fs_chmod_file(file: *const (), mode: u32) -> io::Result<()>;
    fn __suspendable_std_fs_utimes_file(
        file: *const (),
        accessed: Option<Time>,
        modified: Option<Time>,
    ) -> io::Result<()>;
    fn __suspendable_std_fs_show(file: *const (), f: &mut fmt::Formatter<'_>) -> fmt::Result;

    safe fn __suspendable_std_fs_stat(path: &Path, follows: bool) -> io::Result<Known>;
    safe fn __suspendable_std_fs_read_dir(path: &Path) -> io::Result<Vec<(String, u8)>>;
    safe fn __suspendable_std_fs_create_dir(path: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_remove_dir(path: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_remove_file(path: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_rename(from: &Path, to: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_copy(from: &Path, to: &Path) -> io::Result<u64>;
    safe fn __suspendable_std_fs_hard_link(original: &Path, link: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_soft_link(original: &Path, link: &Path) -> io::Result<()>;
    safe fn __suspendable_std_fs_read_link(path: &Path) -> io::Result<PathBuf>;
    safe fn __suspendable_std_fs_canonicalize(path: &Path) -> io::Result<PathBuf>;
    safe fn __suspendable_std_fs_chmod(path: &Path, mode: u32) -> io::Result<()>;
    safe fn __suspendable_std_fs_utimes(
        path: &Path,
        accessed: Option<Time>,
        modified: Option<Time>,
        follows: bool,
    ) -> io::Result<()>;
}

/// What is known of a file: its kind, its length, its mode, and when it was written, read and made.
type Known = (u8, u64, u32, [Option<Time>; 3]);

/// The address of a file of the crate `suspendable`, which is this one's until it is dropped.
pub struct File(*const ());

// SAFETY: there is one thread of the machine's.
unsafe impl Send for File {}
// SAFETY: as above.
unsafe impl Sync for File {}

#[derive(Clone)]
pub struct FileAttr(Known);

pub struct ReadDir {
    folder: Arc<Path>,
    entries: vec::IntoIter<(String, u8)>,
}

pub struct DirEntry {
    folder: Arc<Path>,
    name: String,
    kind: u8,
}

/// The bits of the crate `suspendable`.
#[derive(Clone, Debug)]
pub struct OpenOptions(u32);

#[derive(Copy, Clone, Debug, Default)]
pub struct FileTimes {
    accessed: Option<Time>,
    modified: Option<Time>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePermissions {
    mode: u32,
}

#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct FileType(u8);

/// Of the kinds: what the host's names of entries come with that come without kinds.
const UNKNOWN: u8 = 4;

#[derive(Debug)]
pub struct DirBuilder {}

fn time(known: Option<Time>) -> io::Result<SystemTime> {
    let unknown = io::const_error!(ErrorKind::Unsupported, "the host does not know this time of the file");
    known.map(IntoInner::into_inner).ok_or(unknown)
}

impl FileAttr {
    pub fn size(&self) -> u64 {
        self.0.1
    }

    pub fn perm(&self) -> FilePermissions {
        FilePermissions { mode: self.0.2 }
    }

    pub fn file_type(&self) -> FileType {
        FileType(self.0.0)
    }

    pub fn modified(&self) -> io::Result<SystemTime> {
        time(self.0.3[0])
    }

    pub fn accessed(&self) -> io::Result<SystemTime> {
        time(self.0.3[1])
    }

    pub fn created(&self) -> io::Result<SystemTime> {
        time(self.0.3[2])
    }
}

impl FilePermissions {
    pub fn readonly(&self) -> bool {
        self.mode & 0o222 == 0
    }

    pub fn set_readonly(&mut self, readonly: bool) {
        self.mode = if readonly { self.mode & !0o222 } else { self.mode | 0o222 };
    }
}

impl FileTimes {
    pub fn set_accessed(&mut self, t: SystemTime) {
        self.accessed = Some(Time::from_inner(t));
    }

    pub fn set_modified(&mut self, t: SystemTime) {
        self.modified = Some(Time::from_inner(t));
    }
}

impl FileType {
    pub fn is_dir(&self) -> bool {
        self.0 == 1
    }

    pub fn is_file(&self) -> bool {
        self.0 == 0
    }

    pub fn is_symlink(&self) -> bool {
        self.0 == 2
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.folder, f)
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<io::Result<DirEntry>> {
        let (name, kind) = self.entries.next()?;
        Some(Ok(DirEntry { folder: self.folder.clone(), name, kind }))
    }
}

impl DirEntry {
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    pub fn file_name(&self) -> OsString {
        OsString::from(&self.name)
    }

    pub fn metadata(&self) -> io::Result<FileAttr> {
        lstat(&self.path())
    }

    pub fn file_type(&self) -> io::Result<FileType> {
        match self.kind {
            UNKNOWN => Ok(self.metadata()?.file_type()),
            kind => Ok(FileType(kind)),
        }
    }
}

impl OpenOptions {
    pub fn new() -> OpenOptions {
        OpenOptions(0)
    }

    fn set(&mut self, bit: u32, to: bool) {
        self.0 = if to { self.0 | bit } else { self.0 & !bit };
    }

    pub fn read(&mut self, read: bool) {
        self.set(1, read);
    }

    pub fn write(&mut self, write: bool) {
        self.set(2, write);
    }

    pub fn append(&mut self, append: bool) {
        self.set(4, append);
    }

    pub fn truncate(&mut self, truncate: bool) {
        self.set(8, truncate);
    }

    pub fn create(&mut self, create: bool) {
        self.set(16, create);
    }

    pub fn create_new(&mut self, create_new: bool) {
        self.set(32, create_new);
    }
}

// SAFETY, of all calls here: the file is this one's, and open.
impl File {
    pub fn open(path: &Path, opts: &OpenOptions) -> io::Result<File> {
        __suspendable_std_fs_open(path, opts.0).map(File)
    }

    pub fn file_attr(&self) -> io::Result<FileAttr> {
        unsafe { __suspendable_std_fs_stat_file(self.0) }.map(FileAttr)
    }

    pub fn fsync(&self) -> io::Result<()> {
        unsafe { __suspendable_std_fs_sync_all(self.0) }
    }

    pub fn datasync(&self) -> io::Result<()> {
        unsafe { __suspendable_std_fs_sync_data(self.0) }
    }

    pub fn lock(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn lock_shared(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn try_lock(&self) -> Result<(), TryLockError> {
        unsupported().map_err(TryLockError::Error)
    }

    pub fn try_lock_shared(&self) -> Result<(), TryLockError> {
        unsupported().map_err(TryLockError::Error)
    }

    pub fn unlock(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn truncate(&self, size: u64) -> io::Result<()> {
        unsafe { __suspendable_std_fs_set_len(self.0, size) }
    }

    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        unsafe { __suspendable_std_fs_read(self.0, buf) }
    }

    pub fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        io::default_read_vectored(|buf| self.read(buf), bufs)
    }

    pub fn is_read_vectored(&self) -> bool {
        false
    }

    pub fn read_buf(&self, cursor: BorrowedCursor<'_>) -> io::Result<()> {
        crate::sys::stdio::fill(cursor, |buf| self.read(buf))
    }

    pub fn write(&self, buf: &[u8]) -> io::Result<usize> {
        unsafe { __suspendable_std_fs_write(self.0, buf) }
    }

    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        io::default_write_vectored(|buf| self.write(buf), bufs)
    }

    pub fn is_write_vectored(&self) -> bool {
        false
    }

    pub fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn seek(&self, pos: SeekFrom) -> io::Result<u64> {
        unsafe { __suspendable_std_fs_seek(self.0, pos) }
    }

    pub fn size(&self) -> Option<io::Result<u64>> {
        None
    }

    pub fn tell(&self) -> io::Result<u64> {
        self.seek(SeekFrom::Current(0))
    }

    pub fn duplicate(&self) -> io::Result<File> {
        Ok(File(unsafe { __suspendable_std_fs_clone(self.0) }))
    }

    pub fn set_permissions(&self, perm: FilePermissions) -> io::Result<()> {
        unsafe { __suspendable_std_fs_chmod_file(self.0, perm.mode) }
    }

    pub fn set_times(&self, times: FileTimes) -> io::Result<()> {
        unsafe { __suspendable_std_fs_utimes_file(self.0, times.accessed, times.modified) }
    }
}

/// Reads at a place, for `memmap2` (sources/memmap2.rs): where the file is read next stays.
#[unsafe(no_mangle)]
fn __suspendable_std_read_at(
    file: &crate::fs::File,
    out: &mut [u8],
    position: u64,
) -> io::Result<usize> {
    unsafe { __suspendable_std_fs_read_at(file.as_inner().0, out, position) }
}

impl Drop for File {
    fn drop(&mut self) {
        unsafe { __suspendable_std_fs_close(self.0) }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unsafe { __suspendable_std_fs_show(self.0, f) }
    }
}

impl DirBuilder {
    pub fn new() -> DirBuilder {
        DirBuilder {}
    }

    pub fn mkdir(&self, p: &Path) -> io::Result<()> {
        __suspendable_std_fs_create_dir(p)
    }
}

pub fn readdir(p: &Path) -> io::Result<ReadDir> {
    let entries = __suspendable_std_fs_read_dir(p)?.into_iter();
    Ok(ReadDir { folder: p.into(), entries })
}

pub fn unlink(p: &Path) -> io::Result<()> {
    __suspendable_std_fs_remove_file(p)
}

pub fn rename(old: &Path, new: &Path) -> io::Result<()> {
    __suspendable_std_fs_rename(old, new)
}

pub fn set_perm(p: &Path, perm: FilePermissions) -> io::Result<()> {
    __suspendable_std_fs_chmod(p, perm.mode)
}

pub fn set_times(p: &Path, times: FileTimes) -> io::Result<()> {
    __suspendable_std_fs_utimes(p, times.accessed, times.modified, true)
}

pub fn set_times_nofollow(p: &Path, times: FileTimes) -> io::Result<()> {
    __suspendable_std_fs_utimes(p, times.accessed, times.modified, false)
}

pub fn rmdir(p: &Path) -> io::Result<()> {
    __suspendable_std_fs_remove_dir(p)
}

pub fn readlink(p: &Path) -> io::Result<PathBuf> {
    __suspendable_std_fs_read_link(p)
}

pub fn symlink(original: &Path, link: &Path) -> io::Result<()> {
    __suspendable_std_fs_soft_link(original, link)
}

pub fn link(src: &Path, dst: &Path) -> io::Result<()> {
    __suspendable_std_fs_hard_link(src, dst)
}

pub fn stat(p: &Path) -> io::Result<FileAttr> {
    __suspendable_std_fs_stat(p, true).map(FileAttr)
}

pub fn lstat(p: &Path) -> io::Result<FileAttr> {
    __suspendable_std_fs_stat(p, false).map(FileAttr)
}

pub fn canonicalize(p: &Path) -> io::Result<PathBuf> {
    __suspendable_std_fs_canonicalize(p)
}

pub fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    __suspendable_std_fs_copy(from, to)
}
