//! Files.

use std::io::Read;
use suspendable::fs::File;
use suspendable::{Error, suspendable};

/// Reads a file in steps, `times` times, and returns how many bytes they were.
#[suspendable(js_name = readFile)]
pub fn read_file(path: &str, step: usize, times: u32) -> Result<f64, Error> {
    let mut bytes = vec![0; step];
    let mut total = 0;
    for _ in 0..times {
        let mut file = File::open(path)?;
        loop {
            match file.read(&mut bytes)? {
                0 => break,
                count => total += count,
            }
        }
    }
    Ok(total as f64)
}
