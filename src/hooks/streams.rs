//! std's standard streams.
//!
//! A result is written where std says: it is of the same type there.

use crate::io::stdio;
use std::io::{self, Read};

/// Reads from the standard input, and waits until something is there.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_read(
    out: *mut u8,
    length: usize,
    result: *mut io::Result<usize>,
) {
    // SAFETY: std lends both.
    unsafe {
        let out = std::slice::from_raw_parts_mut(out, length);
        *result = stdio::stdin().read(out);
    }
}

/// Writes to the standard output, 1, or error, 2, and does not wait.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_std_write(
    number: u32,
    bytes: *const u8,
    length: usize,
    result: *mut io::Result<usize>,
) {
    // SAFETY: std lends both.
    unsafe {
        let bytes = std::slice::from_raw_parts(bytes, length);
        *result = stdio::write_now(number, bytes);
    }
}
