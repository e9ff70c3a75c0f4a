//! `std::fs::Permissions`.

use std::io::Result;
use std::path::Path;
use suspendable::fs::{self, File};

pub fn read_only(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    let file = File::create(&path)?;
    let mut permissions = file.metadata()?.permissions();
    assert!(!permissions.readonly());
    permissions.set_readonly(true);
    assert!(permissions.readonly());
    assert!(!fs::metadata(&path)?.permissions().readonly(), "nothing has been changed yet");
    fs::set_permissions(&path, permissions.clone())?;
    assert!(fs::metadata(&path)?.permissions().readonly());
    permissions.set_readonly(false);
    file.set_permissions(permissions)?;
    assert!(!fs::metadata(&path)?.permissions().readonly());
    let missing = fs::set_permissions(directory.join("none"), file.metadata()?.permissions());
    assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    Ok(())
}

pub fn bits_are_copied(directory: &Path) -> Result<()> {
    let (from, to) = (directory.join("in.txt"), directory.join("out.txt"));
    fs::write(&from, "")?;
    let mut permissions = fs::metadata(&from)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&from, permissions)?;
    fs::copy(&from, &to)?;
    assert!(fs::metadata(&to)?.permissions().readonly());
    Ok(())
}
