//! Directories.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Result};
use std::path::Path;
use suspendable::fs::{self, DirBuilder, DirEntry};
use suspendable::thread;

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

pub fn before_and_after(directory: &Path) -> Result<()> {
    let path = directory.join("before_and_after");
    assert!(!fs::exists(&path)?);
    fs::create_dir(&path)?;
    assert!(fs::exists(&path)? && fs::metadata(&path)?.is_dir());
    assert!(!fs::metadata(&path)?.is_file());
    assert_eq!(kind(fs::create_dir(&path)), Some(ErrorKind::AlreadyExists));
    fs::remove_dir(&path)?;
    assert!(!fs::exists(&path)?);
    assert_eq!(kind(fs::remove_dir(&path)), Some(ErrorKind::NotFound));
    Ok(())
}

pub fn read_entries(directory: &Path) -> Result<()> {
    for name in ["b", "a", "c"] {
        fs::write(directory.join(name), name)?;
    }
    let mut entries =
        fs::read_dir(directory)?.map(|res| res.map(|e| e.path())).collect::<Result<Vec<_>>>()?;
    entries.sort();
    assert_eq!(entries, ["a", "b", "c"].map(|name| directory.join(name)));
    for path in entries {
        assert_eq!(fs::read_to_string(&path)?, path.file_name().unwrap().to_str().unwrap());
    }
    assert_eq!(kind(fs::read_dir(directory.join("none"))), Some(ErrorKind::NotFound));
    assert_eq!(kind(fs::read_dir(directory.join("a"))), Some(ErrorKind::NotADirectory));
    Ok(())
}

pub fn entry_methods(directory: &Path) -> Result<()> {
    fs::create_dir(directory.join("a"))?;
    fs::write(directory.join("b"), "four")?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        match entry.file_name().to_str() {
            Some("a") => {
                assert!(entry.file_type()?.is_dir() && entry.metadata()?.is_dir());
                assert_eq!(entry.path(), directory.join("a"));
            }
            Some("b") => {
                assert!(entry.file_type()?.is_file());
                assert_eq!(entry.metadata()?.len(), 4);
                assert!(format!("{entry:?}").contains('b'));
            }
            other => panic!("an entry {other:?}"),
        }
    }
    Ok(())
}

/// The example of `read_dir`.
pub fn visit(directory: &Path) -> Result<()> {
    fn visit_dirs(dir: &Path, cb: &mut dyn FnMut(&DirEntry)) -> Result<()> {
        if fs::metadata(dir)?.is_dir() {
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    visit_dirs(&entry.path(), cb)?;
                } else {
                    cb(&entry);
                }
            }
        }
        Ok(())
    }
    fs::create_dir_all(directory.join("x/y/z"))?;
    for path in ["1", "x/2", "x/y/3", "x/y/z/4"] {
        fs::write(directory.join(path), path)?;
    }
    let mut found = BTreeSet::new();
    visit_dirs(directory, &mut |entry| {
        found.insert(entry.file_name().into_string().unwrap());
    })?;
    assert_eq!(Vec::from_iter(found), ["1", "2", "3", "4"]);
    Ok(())
}

pub fn builder(directory: &Path) -> Result<()> {
    let path = directory.join("tmp/foo/bar/baz");
    assert_eq!(kind(DirBuilder::new().create(&path)), Some(ErrorKind::NotFound));
    DirBuilder::new().recursive(true).create(&path)?;
    assert!(fs::metadata(&path)?.is_dir());
    Ok(())
}

pub fn recursive(directory: &Path) -> Result<()> {
    let path = directory.join("d1/d2");
    fs::create_dir_all(&path)?;
    fs::create_dir_all(&path)?;
    fs::create_dir_all(path.join("."))?;
    assert!(fs::metadata(&path)?.is_dir());
    fs::create_dir_all("")?;
    fs::create_dir_all("/")?;
    Ok(())
}

pub fn recursive_failure(directory: &Path) -> Result<()> {
    let file = directory.join("f1");
    fs::write(&file, "foo")?;
    assert_eq!(kind(fs::create_dir_all(&file)), Some(ErrorKind::AlreadyExists));
    let inside = kind(fs::create_dir_all(file.join("g1/h1")));
    assert_eq!(inside, Some(ErrorKind::NotADirectory));
    assert_eq!(fs::read(&file)?, b"foo");
    Ok(())
}

/// As `concurrent_recursive_mkdir` of std.
pub fn recursive_at_once(directory: &Path) -> Result<()> {
    let path = directory.join("a/b/c/d/e/f/g/h");
    thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| fs::create_dir_all(&path))).collect();
        all.into_iter().for_each(|one| one.join().unwrap().unwrap());
    });
    assert!(fs::metadata(&path)?.is_dir());
    Ok(())
}

pub fn removes_all(directory: &Path) -> Result<()> {
    let path = directory.join("d1");
    fs::create_dir_all(path.join("t/t/t"))?;
    fs::create_dir_all(path.join("t2"))?;
    fs::write(path.join("t/t/file"), "foo")?;
    assert_eq!(kind(fs::remove_dir(&path)), Some(ErrorKind::DirectoryNotEmpty));
    fs::remove_dir_all(&path)?;
    assert!(!fs::exists(&path)?);
    assert_eq!(fs::read_dir(directory)?.count(), 0);
    Ok(())
}

pub fn removes_all_fails(directory: &Path) -> Result<()> {
    assert_eq!(kind(fs::remove_dir_all(directory.join("none"))), Some(ErrorKind::NotFound));
    let file = directory.join("file");
    fs::write(&file, "foo")?;
    assert_eq!(kind(fs::remove_dir_all(&file)), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::remove_dir(&file)), Some(ErrorKind::NotADirectory));
    assert!(fs::exists(&file)?);
    Ok(())
}

pub fn many_entries(directory: &Path) -> Result<()> {
    for number in 0..300 {
        fs::write(directory.join(format!("file-{number}")), "")?;
    }
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>>>()?;
    let names: BTreeSet<_> = entries.iter().map(DirEntry::file_name).collect();
    assert_eq!((entries.len(), names.len()), (300, 300));
    Ok(())
}

pub fn trailing_slash(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory.join("a/"))?;
    fs::create_dir(directory.join("b/"))?;
    assert!(fs::metadata(directory.join("b/"))?.is_dir());
    fs::write(directory.join("file"), "")?;
    assert_eq!(kind(fs::metadata(directory.join("file/"))), Some(ErrorKind::NotADirectory));
    assert_eq!(kind(fs::read(directory.join("file/."))), Some(ErrorKind::NotADirectory));
    Ok(())
}

pub fn unicode(directory: &Path) -> Result<()> {
    let path = directory.join("test-가一ー你好");
    fs::create_dir(&path)?;
    assert!(fs::metadata(&path)?.is_dir());
    fs::write(path.join("ünicode \u{1F600}.txt"), "ä")?;
    let entry = fs::read_dir(&path)?.next().unwrap()?;
    assert_eq!(entry.file_name(), "ünicode \u{1F600}.txt");
    assert_eq!(fs::read_to_string(entry.path())?, "ä");
    Ok(())
}

pub fn canonical(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory.join("a/b"))?;
    fs::write(directory.join("a/foo.txt"), "")?;
    let whole = fs::canonicalize(directory)?.join("a/foo.txt");
    for other in ["a/foo.txt", "./a/./foo.txt", "a//b/../foo.txt", "a/b/../../a/foo.txt"] {
        assert_eq!(fs::canonicalize(directory.join(other))?, whole, "{other}");
    }
    assert_eq!(kind(fs::canonicalize(directory.join("a/none"))), Some(ErrorKind::NotFound));
    assert_eq!(kind(fs::metadata(directory.join("none/../a"))), Some(ErrorKind::NotFound));
    Ok(())
}
