//! SQLite's files over `suspendable::fs`.
//!
//! What SQLite has for a file, and gives to each function, is memory of its own with a `Slot` in it: what C has
//! to find there, and then the file as Rust knows it.

use crate::locks::{self, Locks};
use crate::pieces::{self, Pieces};
use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::slice;
use suspendable::fs::{self, File};
use suspendable::sync::OnceLock;
use suspendable::time::Duration;

/// How long a path may be.
const LONGEST: usize = 1024;

#[repr(C)]
struct Slot {
    base: ffi::sqlite3_file,
    /// Of a box, while the file is open.
    file: *mut OpenFile,
}

struct OpenFile {
    file: Rc<File>,
    path: PathBuf,
    /// Of a database.
    locks: Option<Locks>,
    /// Of a database: where its journal is, when there is one.
    journal: Option<PathBuf>,
    /// Of a journal.
    pieces: Option<Rc<Pieces>>,
    /// A new file is one that lasts when its directory has been synced too.
    is_new: bool,
    /// Nobody wants it any more when it is closed.
    is_temporary: bool,
}

impl OpenFile {
    /// Writes what has been kept.
    fn flush(&self) -> io::Result<()> {
        self.pieces.as_ref().map_or(Ok(()), |pieces| pieces.flush())
    }

    /// The same, and what has to be written before this file is.
    fn flush_both(&self) -> io::Result<()> {
        self.journal.as_ref().map_or(Ok(()), |journal| pieces::flush_journal(journal))?;
        self.flush()
    }

    fn seek_to(&self, offset: i64) -> io::Result<()> {
        (&*self.file).seek(SeekFrom::Start(offset as u64)).map(drop)
    }
}

/// Makes it the VFS of all connections. The first call does, others find it made.
pub fn register() {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        // SAFETY: SQLite has been initialised by the call, has another VFS, which it never frees, and keeps
        // this one, which lives for ever.
        let result = unsafe {
            let default = ffi::sqlite3_vfs_find(std::ptr::null());
            let vfs = ffi::sqlite3_vfs {
                iVersion: 1,
                szOsFile: size_of::<Slot>() as c_int,
                mxPathname: LONGEST as c_int,
                pNext: std::ptr::null_mut(),
                zName: c"suspendable".as_ptr(),
                pAppData: default.cast(),
                xOpen: Some(open),
                xDelete: Some(delete),
                xAccess: Some(access),
                xFullPathname: Some(full_path),
                xDlOpen: None,
                xDlError: None,
                xDlSym: None,
                xDlClose: None,
                xRandomness: Some(randomness),
                xSleep: Some(sleep),
                xCurrentTime: Some(current_time),
                ..*default
            };
            ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1)
        };
        assert_eq!(result, ffi::SQLITE_OK, "SQLite takes a VFS");
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// The code for SQLite.
fn code(result: io::Result<()>, otherwise: c_int) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(error) if error.kind() == ErrorKind::StorageFull => ffi::SQLITE_FULL,
        Err(_) => otherwise,
    }
}

/// # Safety
///
/// A file that `open` has opened, and that is not closed. SQLite uses it for one thing at a time.
unsafe fn open_file<'a>(file: *mut ffi::sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: what `open` has put there, says the caller.
    unsafe { &mut *(*file.cast::<Slot>()).file }
}

/// # Safety
///
/// A string of C's.
unsafe fn path_of<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: says the caller.
    let name = unsafe { CStr::from_ptr(name) };
    Path::new(name.to_str().unwrap_or_default())
}

// SAFETY of all that follow: SQLite gives them what its documentation of `sqlite3_vfs` and
// `sqlite3_io_methods` says, and as long as they run, it does not use the file for something else.

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: above. Without methods SQLite does not close it.
    unsafe { (*file).pMethods = std::ptr::null() };
    let has = |flag| flags & flag != 0;
    if name.is_null() {
        // Temporary files of no name are kept in memory: SQLITE_TEMP_STORE.
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: above.
    let path = unsafe { path_of(name) };
    let is_database = has(ffi::SQLITE_OPEN_MAIN_DB);
    let opened = || -> io::Result<OpenFile> {
        let mut options = File::options();
        options.read(true).write(has(ffi::SQLITE_OPEN_READWRITE));
        options.create(has(ffi::SQLITE_OPEN_CREATE));
        options.create_new(has(ffi::SQLITE_OPEN_EXCLUSIVE) && has(ffi::SQLITE_OPEN_CREATE));
        let file = Rc::new(options.open(path)?);
        let is_journal = has(ffi::SQLITE_OPEN_MAIN_JOURNAL);
        let locks = is_database.then(|| fs::canonicalize(path)).transpose()?;
        Ok(OpenFile {
            pieces: is_journal.then(|| Pieces::of(path, file.clone())),
            journal: is_database.then(|| PathBuf::from(format!("{}-journal", path.display()))),
            file,
            path: path.to_owned(),
            locks: locks.map(|path| Locks::of(&path)),
            is_new: has(ffi::SQLITE_OPEN_CREATE),
            is_temporary: has(ffi::SQLITE_OPEN_DELETEONCLOSE),
        })
    };
    let Ok(opened) = opened() else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: above; there is room for a `Slot`.
    unsafe {
        (*file.cast::<Slot>()).file = Box::into_raw(Box::new(opened));
        (*file).pMethods = &METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: above; it is closed once.
    let file = *unsafe { Box::from_raw((*file.cast::<Slot>()).file) };
    let flushed = file.flush();
    let OpenFile { path, is_temporary, .. } = file;
    if is_temporary {
        let _ = fs::remove_file(path);
    }
    code(flushed, ffi::SQLITE_IOERR_CLOSE)
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: above.
    let (file, mut rest) = unsafe {
        (open_file(file), slice::from_raw_parts_mut(buffer.cast::<u8>(), length as usize))
    };
    if file.flush().and_then(|()| file.seek_to(offset)).is_err() {
        return ffi::SQLITE_IOERR_READ;
    }
    let mut file = &*file.file;
    while !rest.is_empty() {
        match file.read(rest) {
            // Whatever lies behind the end has to be zeros.
            Ok(0) => {
                rest.fill(0);
                return ffi::SQLITE_IOERR_SHORT_READ;
            }
            Ok(count) => rest = &mut rest[count..],
            Err(_) => return ffi::SQLITE_IOERR_READ,
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: above.
    let (file, bytes) =
        unsafe { (open_file(file), slice::from_raw_parts(buffer.cast::<u8>(), length as usize)) };
    let written = match &file.pieces {
        Some(pieces) => pieces.write(bytes, offset as u64),
        None => file
            .flush_both()
            .and_then(|()| file.seek_to(offset))
            .and_then(|()| (&*file.file).write_all(bytes)),
    };
    code(written, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: above.
    let file = unsafe { open_file(file) };
    let truncated = file.flush_both().and_then(|()| file.file.set_len(length as u64));
    code(truncated, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: above.
    let file = unsafe { open_file(file) };
    let synced = file.flush_both().and_then(|()| match flags & ffi::SQLITE_SYNC_DATAONLY {
        0 => file.file.sync_all(),
        _ => file.file.sync_data(),
    });
    if synced.is_ok() && file.is_new {
        if sync_directory(&file.path).is_err() {
            return ffi::SQLITE_IOERR_DIR_FSYNC;
        }
        file.is_new = false;
    }
    code(synced, ffi::SQLITE_IOERR_FSYNC)
}

/// Makes it last that there is a file of this name, or none.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let opened = File::open(directory.unwrap_or(Path::new(".")));
    match opened.and_then(|directory| directory.sync_all()) {
        // Not every system has that for directories.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied
                    | ErrorKind::IsADirectory
                    | ErrorKind::InvalidInput
                    | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: above.
    let file = unsafe { open_file(file) };
    let length = file.flush().and_then(|()| file.file.metadata()).map(|metadata| {
        // SAFETY: above.
        unsafe { *size = metadata.len() as i64 };
    });
    code(length, ffi::SQLITE_IOERR_FSTAT)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: above.
    let OpenFile { locks, .. } = unsafe { open_file(file) };
    locks.as_mut().map_or(ffi::SQLITE_OK, |locks| locks.lock(level))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: above.
    let OpenFile { locks, .. } = unsafe { open_file(file) };
    locks.iter_mut().for_each(|locks| locks.unlock(level));
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is: *mut c_int) -> c_int {
    // SAFETY: above.
    unsafe { *is = open_file(file).locks.as_ref().is_some_and(Locks::is_reserved).into() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, lasts: c_int) -> c_int {
    // SAFETY: above.
    let path = unsafe { path_of(name) };
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
        Ok(()) => {
            if lasts != 0 && sync_directory(path).is_err() {
                return ffi::SQLITE_IOERR_DIR_FSYNC;
            }
            ffi::SQLITE_OK
        }
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    is: *mut c_int,
) -> c_int {
    // SAFETY: above.
    let exists = fs::exists(unsafe { path_of(name) }).map(|exists| {
        // SAFETY: above.
        unsafe { *is = exists.into() };
    });
    code(exists, ffi::SQLITE_IOERR_ACCESS)
}

unsafe extern "C" fn full_path(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: above.
    let path = unsafe { path_of(name) };
    let absolute = match path.is_absolute() {
        true => path.to_owned(),
        false => match fs::canonicalize(".") {
            Ok(directory) => directory.join(path),
            Err(_) => return ffi::SQLITE_CANTOPEN,
        },
    };
    let bytes = absolute.as_os_str().as_encoded_bytes();
    if bytes.len() >= length as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: above; the text and its end are as long as there is room.
    unsafe {
        out.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len());
        out.add(bytes.len()).write(0);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(
    vfs: *mut ffi::sqlite3_vfs,
    count: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: above; `register` has put the default there, which has all of the first version.
    unsafe {
        let default = (*vfs).pAppData.cast::<ffi::sqlite3_vfs>();
        (*default).xRandomness.map_or(0, |randomness| randomness(default, count, out))
    }
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: as in `randomness`.
    unsafe {
        let default = (*vfs).pAppData.cast::<ffi::sqlite3_vfs>();
        (*default).xCurrentTime.map_or(ffi::SQLITE_ERROR, |time| time(default, out))
    }
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    locks::sleep(Duration::from_micros(microseconds.max(0) as u64));
    microseconds
}
