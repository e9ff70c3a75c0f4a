//! What `memmap2` does on a system that maps no files, in the place of its file of this name: a map is what was read.
//!
//! Whoever maps a file to read it, or to change what nobody else sees, cannot tell the difference, except that the
//! file's later changes are not seen. A map that would write into its file is not there.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

pub struct MmapInner {
    bytes: Vec<u8>,
}

impl MmapInner {
    fn read(len: usize, mut file: &File, offset: u64) -> io::Result<MmapInner> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| ErrorKind::OutOfMemory)?;
        let before = file.stream_position()?;
        file.seek(SeekFrom::Start(offset))?;
        let read = file.take(len as u64).read_to_end(&mut bytes);
        file.seek(SeekFrom::Start(before))?;
        read?;
        // Who maps more than there is finds zeros behind it.
        bytes.resize(len, 0);
        Ok(MmapInner { bytes })
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
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| ErrorKind::OutOfMemory)?;
        bytes.resize(len, 0);
        Ok(MmapInner { bytes })
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
        self.bytes.as_ptr()
    }

    pub fn mut_ptr(&mut self) -> *mut u8 {
        self.bytes.as_mut_ptr()
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Nobody changes what was read.
    pub fn check_safe_to_map(_: &File, _: u64, _: usize) -> Result<(), crate::MapIfSafeError> {
        Ok(())
    }
}

pub fn file_len(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len())
}
