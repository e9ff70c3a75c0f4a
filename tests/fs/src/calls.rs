//! One thing at a time, for tests of hosts.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use suspendable::fs::{self, File, OpenOptions};
use suspendable::{Error, suspendable};
use wasm_bindgen::prelude::*;

/// Random operations against the model.
#[suspendable(js_name = runRandom)]
pub fn run_random(directory: &str, seed: u32, steps: u32, strict: bool) -> Result<(), String> {
    crate::random::run(Path::new(directory), seed.into(), steps, strict)
}

#[suspendable]
pub fn read(path: &str) -> Result<Vec<u8>, Error> {
    Ok(fs::read(path)?)
}

#[suspendable]
pub fn write(path: &str, bytes: &[u8]) -> Result<(), Error> {
    Ok(fs::write(path, bytes)?)
}

/// Writes, and waits until it lasts.
#[suspendable(js_name = writeAndSync)]
pub fn write_and_sync(path: &str, bytes: &[u8]) -> Result<(), Error> {
    let mut file = OpenOptions::new().write(true).create(true).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

/// What comes of an operation: a value, or the kind of its error.
#[suspendable]
pub fn attempt(operation: &str, path: &str, other: &str) -> String {
    attempt_it(operation, path, other)
}

/// The same, where nothing can block.
#[wasm_bindgen(js_name = attemptOutside)]
pub fn attempt_outside(operation: &str, path: &str) -> String {
    attempt_it(operation, path, "")
}

fn attempt_it(operation: &str, path: &str, other: &str) -> String {
    let open = || OpenOptions::new().read(true).write(true).open(path);
    let done = |()| "done".to_owned();
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let result = match operation {
        "read" => fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        "write" => fs::write(path, other).map(done),
        "create" => File::create(path).map(drop).map(done),
        "create_new" => File::create_new(path).map(drop).map(done),
        "append" => {
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.and_then(|mut file| file.write_all(other.as_bytes())).map(done)
        }
        "overwrite" => open().and_then(|mut file| file.write_all(other.as_bytes())).map(done),
        "sync" => open().and_then(|file| file.sync_all()).map(done),
        "set_len" => open().and_then(|file| file.set_len(1)).map(done),
        "seek" => open().and_then(|mut file| file.seek(SeekFrom::End(0))).map(|at| at.to_string()),
        "open" => File::open(path).map(|file| format!("{file:?}")),
        "metadata" => fs::metadata(path).map(|metadata| metadata.len().to_string()),
        "modified" => fs::metadata(path).and_then(|metadata| metadata.modified()).map(|_| done(())),
        "created" => fs::metadata(path).and_then(|metadata| metadata.created()).map(|_| done(())),
        "is_symlink" => {
            fs::symlink_metadata(path).map(|metadata| metadata.is_symlink().to_string())
        }
        "exists" => fs::exists(path).map(|exists| exists.to_string()),
        "canonicalize" => fs::canonicalize(path).map(text),
        "read_link" => fs::read_link(path).map(text),
        "read_dir" => fs::read_dir(path).and_then(|entries| {
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap()));
            let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
            names.sort();
            Ok(names.join(" "))
        }),
        "kinds" => fs::read_dir(path).and_then(|entries| {
            let kinds = entries.map(|entry| {
                let entry = entry?;
                Ok(format!("{:?} {}", entry.file_name(), entry.file_type()?.is_dir()))
            });
            let mut kinds = kinds.collect::<std::io::Result<Vec<_>>>()?;
            kinds.sort();
            Ok(kinds.join(" "))
        }),
        "create_dir" => fs::create_dir(path).map(done),
        "create_dir_all" => fs::create_dir_all(path).map(done),
        "remove_dir" => fs::remove_dir(path).map(done),
        "remove_dir_all" => fs::remove_dir_all(path).map(done),
        "remove_file" => fs::remove_file(path).map(done),
        "rename" => fs::rename(path, other).map(done),
        "copy" => fs::copy(path, other).map(|count| count.to_string()),
        "hard_link" => fs::hard_link(path, other).map(done),
        "set_permissions" => fs::metadata(path).and_then(|metadata| {
            let mut permissions = metadata.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(path, permissions).map(done)
        }),
        _ => panic!("no operation {operation}"),
    };
    match result {
        Ok(value) => value,
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

/// A file that stays open between the calls of JavaScript, which may all use it at once.
#[wasm_bindgen]
pub struct Shared(File);

#[suspendable]
impl Shared {
    /// Opens it for reading and writing.
    #[suspendable]
    pub fn open(path: &str) -> Result<Shared, Error> {
        Ok(Shared(OpenOptions::new().read(true).write(true).create(true).open(path)?))
    }

    /// One read, from where the position is.
    #[suspendable]
    pub fn read(&self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        let count = (&self.0).read(&mut bytes)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    /// Everything, whatever the host gives at a time.
    #[suspendable(js_name = readAll)]
    pub fn read_all(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        (&self.0).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// One write, at the position.
    #[suspendable]
    pub fn write(&self, bytes: &[u8]) -> Result<usize, Error> {
        Ok((&self.0).write(bytes)?)
    }

    /// As many writes as it takes.
    #[suspendable(js_name = writeAll)]
    pub fn write_all(&self, bytes: &[u8]) -> Result<(), Error> {
        Ok((&self.0).write_all(bytes)?)
    }

    /// Moves the position.
    #[suspendable]
    pub fn seek(&self, position: f64) -> Result<f64, Error> {
        Ok((&self.0).seek(SeekFrom::Start(position as u64))? as f64)
    }

    /// Waits until what was written lasts.
    #[suspendable]
    pub fn sync(&self) -> Result<(), Error> {
        Ok(self.0.sync_all()?)
    }
}

/// Whether an error of a host keeps its kind and its reason through other crates.
#[suspendable(js_name = reasonOf)]
pub fn reason_of(path: &str) -> Result<JsValue, JsValue> {
    let error = fs::read(path).expect_err("a host that fails");
    assert_ne!(error.kind(), ErrorKind::Unsupported);
    let error = Error::from(std::io::Error::other(error));
    Ok(error.cause().cloned().unwrap_or_default())
}
