//! What is done with files by their paths.

use std::io::{ErrorKind, Read, Result, Write};
use std::path::Path;
use suspendable::fs::{self, File, OpenOptions};

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

pub fn missing(directory: &Path) -> Result<()> {
    for path in [directory.join("none"), directory.join("none/either"), "".into()] {
        let missing = Some(ErrorKind::NotFound);
        assert_eq!(kind(File::open(&path)), missing);
        assert_eq!(kind(fs::read(&path)), missing);
        assert_eq!(kind(fs::metadata(&path)), missing);
        assert_eq!(kind(fs::symlink_metadata(&path)), missing);
        assert_eq!(kind(fs::remove_file(&path)), missing);
        assert_eq!(kind(fs::rename(&path, directory.join("other"))), missing);
        assert_eq!(kind(fs::copy(&path, directory.join("other"))), missing);
        assert_eq!(kind(fs::canonicalize(&path)), missing);
    }
    assert_eq!(kind(fs::write(directory.join("none/file"), "")), Some(ErrorKind::NotFound));
    Ok(())
}

pub fn copies(directory: &Path) -> Result<()> {
    let (from, to) = (directory.join("foo.txt"), directory.join("bar.txt"));
    fs::write(&from, "hello")?;
    fs::write(&to, "something longer than that")?;
    assert_eq!(fs::copy(&from, &to)?, 5);
    assert_eq!(fs::read(&from)?, b"hello");
    assert_eq!(fs::read(&to)?, b"hello");
    Ok(())
}

pub fn copy_errors(directory: &Path) -> Result<()> {
    let file = directory.join("file");
    fs::write(&file, "kept")?;
    fs::create_dir(directory.join("folder"))?;
    let missing = fs::copy(directory.join("none"), &file);
    assert_eq!(kind(missing), Some(ErrorKind::NotFound));
    assert_eq!(fs::read(&file)?, b"kept");
    assert_eq!(kind(fs::copy(directory, &file)), Some(ErrorKind::InvalidInput));
    let onto_folder = fs::copy(&file, directory.join("folder"));
    assert_eq!(kind(onto_folder), Some(ErrorKind::IsADirectory));
    Ok(())
}

pub fn renames(directory: &Path) -> Result<()> {
    let (from, to) = (directory.join("a.txt"), directory.join("b.txt"));
    fs::write(&from, "new")?;
    fs::write(&to, "old")?;
    fs::rename(&from, &to)?;
    assert!(!fs::exists(&from)?);
    assert_eq!(fs::read(&to)?, b"new");
    fs::create_dir(directory.join("folder"))?;
    fs::rename(&to, directory.join("folder/c.txt"))?;
    assert_eq!(fs::read(directory.join("folder/c.txt"))?, b"new");
    Ok(())
}

pub fn rename_directory(directory: &Path) -> Result<()> {
    let old = directory.join("foo/bar/baz");
    fs::create_dir_all(&old)?;
    fs::write(old.join("temp.txt"), "within")?;
    fs::create_dir(directory.join("empty"))?;
    fs::rename(directory.join("foo"), directory.join("empty"))?;
    assert_eq!(fs::read(directory.join("empty/bar/baz/temp.txt"))?, b"within");
    assert!(!fs::exists(directory.join("foo"))?);
    let into_itself = fs::rename(directory.join("empty"), directory.join("empty/bar/more"));
    assert_eq!(kind(into_itself), Some(ErrorKind::InvalidInput));
    Ok(())
}

pub fn removes(directory: &Path) -> Result<()> {
    let path = directory.join("a.txt");
    fs::write(&path, "")?;
    fs::remove_file(&path)?;
    assert_eq!(kind(fs::remove_file(&path)), Some(ErrorKind::NotFound));
    assert!(fs::remove_file(directory).is_err());
    assert!(fs::exists(directory)?);
    Ok(())
}

pub fn exists(directory: &Path) -> Result<()> {
    assert!(!fs::exists(directory.join("does_not_exist.txt"))?);
    assert!(fs::exists(directory)?);
    Ok(())
}

pub fn unlinked_while_open(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    let mut file = OpenOptions::new().read(true).write(true).create(true).open(&path)?;
    file.write_all(b"first")?;
    fs::remove_file(&path)?;
    assert!(!fs::exists(&path)?);
    file.write_all(b", still")?;
    fs::write(&path, "second")?;
    let mut text = String::new();
    std::io::Seek::rewind(&mut file)?;
    file.read_to_string(&mut text)?;
    assert_eq!(text, "first, still");
    file.sync_all()?;
    drop(file);
    assert_eq!(fs::read(&path)?, b"second");
    Ok(())
}

pub fn renamed_while_open(directory: &Path) -> Result<()> {
    fs::create_dir(directory.join("folder"))?;
    let mut file = File::create(directory.join("folder/file"))?;
    file.write_all(b"a")?;
    fs::rename(directory.join("folder/file"), directory.join("folder/other"))?;
    file.write_all(b"b")?;
    fs::rename(directory.join("folder"), directory.join("moved"))?;
    file.write_all(b"c")?;
    assert_eq!(fs::read(directory.join("moved/other"))?, b"abc");
    file.sync_all()?;
    drop(file);
    assert_eq!(fs::read(directory.join("moved/other"))?, b"abc");
    assert_eq!(fs::read_dir(directory)?.count(), 1);
    Ok(())
}

pub fn invalid(directory: &Path) -> Result<()> {
    let nul = directory.join("a\0b");
    assert_eq!(kind(File::open(&nul)), Some(ErrorKind::InvalidInput));
    assert_eq!(kind(fs::create_dir(&nul)), Some(ErrorKind::InvalidInput));
    assert_eq!(kind(fs::rename(directory, &nul)), Some(ErrorKind::InvalidInput));
    Ok(())
}
