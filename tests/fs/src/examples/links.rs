//! Links.

use std::io::{ErrorKind, Result};
use std::path::Path;
use suspendable::fs;

pub fn hard(directory: &Path) -> Result<()> {
    let (a, b) = (directory.join("a.txt"), directory.join("b.txt"));
    fs::write(&a, "one")?;
    fs::hard_link(&a, &b)?;
    fs::write(&a, "other")?;
    assert_eq!(fs::read(&b)?, b"other");
    fs::remove_file(&a)?;
    assert_eq!(fs::read(&b)?, b"other");
    assert_eq!(fs::hard_link(&a, &b).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

pub fn not_a_link(directory: &Path) -> Result<()> {
    let path = directory.join("a.txt");
    fs::write(&path, "")?;
    assert_eq!(fs::read_link(&path).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(fs::read_link(directory.join("b")).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}
