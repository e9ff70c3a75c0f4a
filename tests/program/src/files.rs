//! What a program does with files, and what it finds: the same everywhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

pub fn all(folder: &str, out: &mut impl Write) -> io::Result<()> {
    let folder = Path::new(folder);
    let at = |name: &str| folder.join(name);
    let kind = |error: io::Error| error.kind();

    fs::create_dir_all(at("a/b"))?;
    fs::write(at("a/text"), "one\ntwo\n")?;
    writeln!(out, "{:?}", fs::read_to_string(at("a/text"))?)?;

    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create_new(true).open(at("a/b/file"))?;
    file.write_all(b"0123456789")?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(b"xyz")?;
    let mut tail = String::new();
    file.seek(SeekFrom::End(-5))?;
    file.read_to_string(&mut tail)?;
    writeln!(out, "{tail} at {}", file.stream_position()?)?;
    file.set_len(6)?;
    file.sync_all()?;
    writeln!(out, "{} bytes", file.metadata()?.len())?;
    // By another way, while it is open.
    writeln!(out, "{:?}", fs::read(at("a/b/file"))?)?;
    drop(file);

    let mut file = OpenOptions::new().append(true).open(at("a/b/file"))?;
    file.write_all(b"!")?;
    drop(file);
    writeln!(out, "{}", fs::read_to_string(at("a/b/file"))?)?;

    fs::rename(at("a/b/file"), at("moved"))?;
    writeln!(out, "{:?} {:?}", at("a/b/file").exists(), at("moved").is_file())?;
    fs::copy(at("moved"), at("copy"))?;
    let mut names: Vec<_> = fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let kind = if entry.file_type()?.is_dir() { "/" } else { "" };
            Ok(format!("{}{kind}", entry.file_name().to_string_lossy()))
        })
        .collect::<io::Result<_>>()?;
    names.sort();
    writeln!(out, "{}", names.join(" "))?;

    for (what, result) in [
        ("missing", File::open(at("missing")).map(drop)),
        ("there", OpenOptions::new().write(true).create_new(true).open(at("copy")).map(drop)),
        ("file as folder", fs::read(at("copy/x")).map(drop)),
        ("folder as file", fs::write(at("a"), "")),
        ("folder removed as file", fs::remove_file(at("a/b"))),
    ] {
        writeln!(out, "{what}: {:?}", result.map_err(kind))?;
    }
    // std has no kind for it in this target.
    writeln!(out, "full: {}", fs::remove_dir(at("a")).is_err())?;
    fs::remove_dir_all(at("a"))?;
    fs::remove_file(at("copy"))?;
    fs::remove_file(at("moved"))?;
    writeln!(out, "{} left", fs::read_dir(folder)?.count())
}
