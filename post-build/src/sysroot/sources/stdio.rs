//! The standard streams of the host: the crate `suspendable` (src/hooks/streams.rs) has the other half.
//!
//! To read waits. To write does not, so that what prints need not be able to wait: the host keeps what it has not
//! written yet, in order.

use crate::io::{self, BorrowedCursor};

unsafe extern "C" {
    fn __suspendable_std_read(out: *mut u8, length: usize, result: *mut io::Result<usize>);
    fn __suspendable_std_write(
        number: u32,
        bytes: *const u8,
        length: usize,
        result: *mut io::Result<usize>,
    );
}

/// Reads into a cursor, and says of nothing else that it is there.
pub fn fill(
    mut cursor: BorrowedCursor<'_>,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    // SAFETY: what is read is written there, and nothing else is looked at.
    unsafe {
        let out = &raw mut *cursor.as_mut() as *mut [u8];
        let count = read(&mut *out)?;
        cursor.advance_unchecked(count);
    }
    Ok(())
}

/// What Rust 1.96 calls otherwise.
#[allow(dead_code)]
trait Advance {
    unsafe fn advance_unchecked(&mut self, count: usize);
}

impl Advance for BorrowedCursor<'_> {
    #[allow(unused_unsafe)]
    unsafe fn advance_unchecked(&mut self, count: usize) {
        unsafe { self.advance(count) };
    }
}

pub struct Stdin;
pub struct Stdout;
pub struct Stderr;

impl Stdin {
    pub const fn new() -> Stdin {
        Stdin
    }
}

impl io::Read for Stdin {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut result = Ok(0);
        // SAFETY: the bytes are there to be written.
        unsafe { __suspendable_std_read(out.as_mut_ptr(), out.len(), &mut result) };
        result
    }
}

impl Stdout {
    pub const fn new() -> Stdout {
        Stdout
    }
}

impl Stderr {
    pub const fn new() -> Stderr {
        Stderr
    }
}

fn write(number: u32, bytes: &[u8]) -> io::Result<usize> {
    let mut result = Ok(0);
    // SAFETY: the bytes are there to be read.
    unsafe { __suspendable_std_write(number, bytes.as_ptr(), bytes.len(), &mut result) };
    result
}

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(1, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(2, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub const STDIN_BUF_SIZE: usize = 8 * 1024;

pub fn is_ebadf(_: &io::Error) -> bool {
    false
}

/// What a panic says is what its call is rejected with.
pub fn panic_output() -> Option<Vec<u8>> {
    None
}
