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

/// std has them by this name everywhere, and says that they are not the same everywhere.
#[allow(deprecated)]
pub fn symbolic(directory: &Path) -> Result<()> {
    let (file, link) = (directory.join("folder/a.txt"), directory.join("folder/link"));
    fs::create_dir(directory.join("folder"))?;
    // It leads from where it is, whatever is there.
    fs::soft_link("a.txt", &link)?;
    assert_eq!(fs::read_link(&link)?, Path::new("a.txt"));
    assert!(!fs::exists(&link)?);
    fs::write(&link, "through it")?;
    assert_eq!(fs::read(&file)?, b"through it");
    assert!(fs::symlink_metadata(&link)?.is_symlink());
    assert!(fs::metadata(&link)?.is_file());
    assert_eq!(fs::canonicalize(&link)?, fs::canonicalize(&file)?);
    let again = fs::soft_link("b.txt", &link).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    fs::soft_link("folder", directory.join("to-folder"))?;
    assert_eq!(fs::read(directory.join("to-folder/a.txt"))?, b"through it");
    fs::remove_file(directory.join("to-folder"))?;
    assert!(fs::exists(&file)?);
    Ok(())
}

pub fn not_a_link(directory: &Path) -> Result<()> {
    let path = directory.join("a.txt");
    fs::write(&path, "")?;
    assert_eq!(fs::read_link(&path).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(fs::read_link(directory.join("b")).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}
