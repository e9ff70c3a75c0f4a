//! Crates from crates.io that know files and sockets through `std::fs` and `std::net` alone, and std's own answers to
//! who asks where the program is.

use std::any::TypeId;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::{env, thread};
use suspendable::{Error, suspendable};
use wasm_bindgen::prelude::wasm_bindgen;

/// Another crate's error, as one of std's.
fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    io::Error::other(error).into()
}

/// Paths below a directory, in order, and with `/`.
fn below(directory: &Path, paths: impl Iterator<Item = PathBuf>) -> String {
    let relative = |path: PathBuf| path.strip_prefix(directory).unwrap().display().to_string();
    let mut paths: Vec<String> = paths.map(relative).filter(|path| !path.is_empty()).collect();
    paths.sort();
    paths.join(" ")
}

fn write_tree(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory.join("src/deep"))?;
    fs::create_dir_all(directory.join("target"))?;
    fs::write(directory.join("src/lib.rs"), "//! A file.\n")?;
    fs::write(directory.join("src/deep/a.log"), "ignored")?;
    fs::write(directory.join("src/deep/b.txt"), "b".repeat(100_000))?;
    fs::write(directory.join("target/out"), [0; 3])
}

#[suspendable]
pub fn walkdir(directory: &str) -> Result<String, Error> {
    let directory = Path::new(directory);
    write_tree(directory)?;
    let walk = walkdir::WalkDir::new(directory);
    let entries: Vec<_> = walk.into_iter().map(Result::unwrap).collect();
    let files = entries.iter().filter(|entry| entry.file_type().is_file());
    let bytes: u64 = files.map(|entry| entry.metadata().unwrap().len()).sum();
    let paths = entries.into_iter().map(|entry| entry.into_path());
    Ok(format!("{} {bytes}", below(directory, paths)))
}

/// Directories that are gone when they are dropped.
#[suspendable]
pub fn tempfile(directory: &str) -> Result<String, Error> {
    let temporary = tempfile::Builder::new().prefix("of-").suffix(".tmp").tempdir_in(directory)?;
    let path = temporary.path().to_owned();
    let other = tempfile::tempdir_in(directory)?;
    let name = path.file_name().unwrap().to_str().unwrap();
    let is_named = name.starts_with("of-") && name.ends_with(".tmp") && other.path() != path;
    fs::write(path.join("a.txt"), "in it")?;
    let text = fs::read_to_string(path.join("a.txt"))?;
    let was_there = path.exists() && path.is_dir() && path.join("a.txt").is_file();
    temporary.close()?;
    drop(other);
    let left = fs::read_dir(directory)?.count();
    Ok(format!("{is_named} {text} {was_there} {} {left}", path.exists()))
}

/// An archive that is written to a file, and read from it.
#[suspendable]
pub fn zip(directory: &str) -> Result<String, Error> {
    use zip::write::SimpleFileOptions;
    let path = Path::new(directory).join("archive.zip");
    let mut writer = zip::ZipWriter::new(File::create(&path)?);
    for (name, text) in [("a.txt", "a".repeat(300_000)), ("b/c.txt", "other".to_owned())] {
        let options = SimpleFileOptions::default();
        writer
            .start_file(name, options.compression_method(zip::CompressionMethod::Deflated))
            .map_err(failed)?;
        writer.write_all(text.as_bytes())?;
    }
    writer.finish().map_err(failed)?;
    let mut archive = zip::ZipArchive::new(File::open(&path)?).map_err(failed)?;
    let mut told = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        told.push(format!("{} {}", file.name().map_err(failed)?, text.len()));
    }
    let is_small = fs::metadata(&path)?.len() < 1_000;
    Ok(format!("{} {is_small}", told.join(" ")))
}

/// A map is what is read of the file, wherever that is read next; numbers in it are aligned.
#[suspendable]
pub fn memmap2(directory: &str) -> Result<String, Error> {
    use memmap2::{Mmap, MmapMut, MmapOptions};
    let path = Path::new(directory).join("mapped");
    let bytes: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &bytes)?;
    let mut file = File::open(&path)?;
    file.read_exact(&mut [0; 10])?;
    // SAFETY: nobody writes the file.
    let (whole, part, mut own) = unsafe {
        let mut options = MmapOptions::new();
        let part = options.offset(4096 + 8).len(12).map(&file)?;
        (Mmap::map(&file)?, part, MmapOptions::new().map_copy(&file)?)
    };
    // SAFETY: every byte is one of a number.
    let (before, numbers, after) = unsafe { part.align_to::<u32>() };
    let is_aligned = before.is_empty() && after.is_empty() && whole.as_ptr().addr() % 4096 == 0;
    own[0] = 9;
    let is_own = fs::read(&path)? == bytes && own[..4] == [9, 0, 0, 0] && own[4..] == bytes[4..];
    let next = io::Seek::stream_position(&mut file)?;
    // SAFETY: as above.
    let shared = unsafe { MmapMut::map_mut(&file) }.map_err(|error| error.kind());
    let zeros = MmapMut::map_anon(5)?;
    Ok(format!(
        "{} {numbers:?} {is_aligned} {is_own} {next} {shared:?} {:?}",
        whole[..] == bytes[..],
        &zeros[..]
    ))
}

const SQUARES: redb::TableDefinition<u64, u64> = redb::TableDefinition::new("squares");

/// A database in a file, which is opened again, and read by two threads at once.
#[suspendable]
pub fn redb(directory: &str) -> Result<String, Error> {
    use redb::{Database, ReadableDatabase};
    let path = Path::new(directory).join("squares.redb");
    let database = Database::create(&path).map_err(failed)?;
    let writing = database.begin_write().map_err(failed)?;
    {
        let mut table = writing.open_table(SQUARES).map_err(failed)?;
        for number in 0..1_000 {
            table.insert(number, number * number).map_err(failed)?;
        }
    }
    writing.commit().map_err(failed)?;
    drop(database);

    let database = Database::open(&path).map_err(failed)?;
    let sum = |from: u64| -> Result<u64, redb::Error> {
        let table = database.begin_read()?.open_table(SQUARES)?;
        table.range(from..)?.map(|entry| Ok(entry?.1.value())).sum()
    };
    let sums = thread::scope(|scope| {
        let (all, rest) = (scope.spawn(|| sum(0)), scope.spawn(|| sum(990)));
        [all, rest].map(|thread| thread.join().unwrap().unwrap())
    });
    Ok(format!("{sums:?}"))
}

/// A server with threads of its own, and clients in others.
#[suspendable]
pub fn http(clients: u32) -> Result<String, Error> {
    let server = tiny_http::Server::http("127.0.0.1:0").map_err(io::Error::other)?;
    let port = server.server_addr().to_ip().unwrap().port();
    let answers = thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..clients {
                let mut request = server.recv().unwrap();
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let answer = format!("{} {} {body}", request.method(), request.url());
                request.respond(tiny_http::Response::from_string(answer)).unwrap();
            }
        });
        let ask = |index: u32| {
            let request = minreq::post(format!("http://127.0.0.1:{port}/{index}"));
            let answer = request.with_body("body ".repeat(index as usize)).send().unwrap();
            format!("{} {}", answer.status_code, answer.as_str().unwrap().trim())
        };
        let asked: Vec<_> = (0..clients).map(|index| scope.spawn(move || ask(index))).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    Ok(answers.join(", "))
}

/// Where relative paths begin, and where temporary files are.
#[suspendable]
pub fn places() -> Result<Vec<String>, Error> {
    let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
    let is_absolute = Path::new("/a").is_absolute() && !Path::new("a").is_absolute();
    Ok(vec![text(env::current_dir()?), text(env::temp_dir()), is_absolute.to_string()])
}

/// What a call that cannot block says, of a file and of a socket.
#[wasm_bindgen(js_name = hostOutside)]
pub fn host_outside() -> Vec<String> {
    let kind = |error: io::Error| format!("{:?}: {error}", error.kind());
    vec![
        kind(File::open("a").unwrap_err()),
        kind(TcpStream::connect("127.0.0.1:9").unwrap_err()),
        Path::new("/").exists().to_string(),
    ]
}

/// Whether the names of `suspendable` are std's.
#[wasm_bindgen(js_name = sameTypes)]
pub fn same_types() -> Vec<String> {
    fn same<T: 'static, U: 'static>() -> String {
        (TypeId::of::<T>() == TypeId::of::<U>()).to_string()
    }
    vec![
        same::<suspendable::fs::File, File>(),
        same::<suspendable::fs::Metadata, fs::Metadata>(),
        same::<suspendable::net::UdpSocket, std::net::UdpSocket>(),
        same::<suspendable::time::SystemTime, std::time::SystemTime>(),
    ]
}
