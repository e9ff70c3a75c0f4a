//! What `memmap2` does on a system that maps no files, in the place of its file of this name: a map is what was read.
//!
//! Whoever maps a file to read it, or to change what nobody else sees, cannot tell the difference, except that the
//! file's later changes are not seen. A map that would write into its file is not there.

use std::fs::File;
use std::io::{self, ErrorKind};

unsafe extern "Rust" {
    /// Std's (sources/fs.rs): reads at a place, and leaves alone where the file is read next.
    safe fn __suspendable_std_read_at(file: &File, out: &mut [u8], position: u64) -> io::Result<usize>;
}

/// A map begins at a multiple of this, counted from where its file begins: who maps numbers finds them aligned.
const PAGE: usize = 4096;

pub struct MmapInner {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl MmapInner {
    /// A map of zeros.
    fn new(len: usize, offset: u64) -> io::Result<MmapInner> {
        let size = len.checked_add(2 * PAGE).ok_or(ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).map_err(|_| ErrorKind::OutOfMemory)?;
        bytes.resize(size, 0);
        let start = bytes.as_ptr().align_offset(PAGE) + (offset % PAGE as u64) as usize;
        Ok(MmapInner { bytes, start, len })
    }

    /// Who maps more than there is finds zeros behind it.
    fn read(len: usize, file: &File, offset: u64) -> io::Result<MmapInner> {
        let mut map = MmapInner::new(len, offset)?;
        let out = &mut map.bytes[map.start..][..len];
        let mut read = 0;
        while read < len {
            match __suspendable_std_read_at(file, &mut out[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(map)
    }

    pub fn map(
        len: usize,
        file: &File,
        offset: u64,
        _: bool,
        _: bool,
        _: bool,
    ) -> io::Result<MmapInner> {
        MmapInner::read(len, file, offset)
    }

    pub fn map_copy(
        len: usize,
        file: &File,
        offset: u64,
        _: bool,
        _: bool,
        _: bool,
    ) -> io::Result<MmapInner> {
        MmapInner::read(len, file, offset)
    }

    pub fn map_copy_read_only(
        len: usize,
        file: &File,
        offset: u64,
        _: bool,
        _: bool,
        _: bool,
    ) -> io::Result<MmapInner> {
        MmapInner::read(len, file, offset)
    }

    pub fn map_anon(len: usize, _: bool, _: bool, _: Option<u8>, _: bool) -> io::Result<MmapInner> {
        MmapInner::new(len, 0)
    }

    pub fn map_mut(_: usize, _: &File, _: u64, _: bool, _: bool, _: bool) -> io::Result<MmapInner> {
        Err(ErrorKind::Unsupported.into())
    }

    pub fn map_exec(
        _: usize,
        _: &File,
        _: u64,
        _: bool,
        _: bool,
        _: bool,
    ) -> io::Result<MmapInner> {
        Err(ErrorKind::Unsupported.into())
    }

    pub fn flush(&self, _: usize, _: usize) -> io::Result<()> {
        Ok(())
    }

    pub fn flush_async(&self, _: usize, _: usize) -> io::Result<()> {
        Ok(())
    }

    pub fn make_read_only(&mut self) -> io::Result<()> {
        Ok(())
    }

    pub fn make_exec(&mut self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub fn make_mut(&mut self) -> io::Result<()> {
        Ok(())
    }

    pub fn ptr(&self) -> *const u8 {
        self.bytes[self.start..].as_ptr()
    }

    pub fn mut_ptr(&mut self) -> *mut u8 {
        self.bytes[self.start..].as_mut_ptr()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Nobody changes what was read.
    pub fn check_safe_to_map(_: &File, _: u64, _: usize) -> Result<(), crate::MapIfSafeError> {
        Ok(())
    }
}

pub fn file_len(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len())
}
