//! `std::fs::File` and `OpenOptions`.

use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::Path;
use suspendable::fs::{self, File, OpenOptions};
use suspendable::thread;

pub fn smoke(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    File::create(&path)?.write_all(b"it's alright. have a good time")?;
    let mut contents = String::new();
    File::open(&path)?.read_to_string(&mut contents)?;
    assert_eq!(contents, "it's alright. have a good time");
    fs::remove_file(&path)?;
    assert_eq!(File::open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

pub fn non_positional_read(directory: &Path) -> Result<()> {
    let path = directory.join("ten-four");
    fs::write(&path, "ten-four")?;
    let mut file = File::open(&path)?;
    let mut bytes = [0; 8];
    assert_eq!(file.read(&mut bytes[..4])?, 4);
    assert_eq!(file.read(&mut bytes[4..])?, 4);
    assert_eq!(&bytes, b"ten-four");
    assert_eq!(file.read(&mut bytes)?, 0);
    assert_eq!(bytes, *b"ten-four");
    Ok(())
}

pub fn seek_and_tell(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    fs::write(&path, "ten-four")?;
    let mut file = File::open(&path)?;
    assert_eq!(file.seek(SeekFrom::Start(4))?, 4);
    let mut bytes = [0; 4];
    assert_eq!(file.read(&mut bytes)?, 4);
    assert_eq!(file.stream_position()?, 8);
    assert_eq!(&bytes, b"four");
    file.rewind()?;
    file.read_exact(&mut bytes)?;
    assert_eq!(&bytes, b"ten-");
    Ok(())
}

pub fn seek_and_write(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    let mut file = File::create(&path)?;
    file.write_all(b"food-is-yummy")?;
    file.seek(SeekFrom::Start(3))?;
    file.write_all(b"-the-bar!")?;
    drop(file);
    assert_eq!(fs::read_to_string(&path)?, "foo-the-bar!y");
    Ok(())
}

pub fn seek_shakedown(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    let mut file = OpenOptions::new().read(true).write(true).create(true).open(&path)?;
    file.write_all(b"qwer-asdf-zxcv")?;
    let mut read = |from| {
        file.seek(from)?;
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)?;
        Result::Ok(bytes)
    };
    assert_eq!(&read(SeekFrom::End(-4))?, b"zxcv");
    assert_eq!(&read(SeekFrom::Current(-9))?, b"asdf");
    assert_eq!(&read(SeekFrom::Start(0))?, b"qwer");
    assert_eq!(read(SeekFrom::End(-2)).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    for wrong in [SeekFrom::Current(-100), SeekFrom::End(-15), SeekFrom::Start(u64::MAX)] {
        assert_eq!(file.seek(wrong).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(file.seek(SeekFrom::End(6))?, 20);
    assert_eq!(file.read(&mut [0; 4])?, 0);
    file.write_all(b"!")?;
    file.rewind()?;
    let mut all = Vec::new();
    assert_eq!(file.read_to_end(&mut all)?, 21);
    assert_eq!(all, b"qwer-asdf-zxcv\0\0\0\0\0\0!");
    Ok(())
}

pub fn create_new(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    let mut file = File::create_new(&path)?;
    file.write_all(b"Hello, world!")?;
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(text, "Hello, world!");
    assert_eq!(File::create_new(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path)?, b"Hello, world!");
    Ok(())
}

/// As `open_flavors` of std.
pub fn open_flavors(directory: &Path) -> Result<()> {
    let at = |name: &str| directory.join(name);
    let options = OpenOptions::new;
    let [mut r, mut w, mut rw, mut a, mut ra] = [(); 5].map(|()| options());
    r.read(true);
    w.write(true);
    rw.read(true).write(true);
    a.append(true);
    ra.read(true).append(true);

    for (new, wanted) in [("a", &w), ("b", &rw), ("c", &a), ("d", &ra)] {
        assert_eq!(wanted.open(at(new)).unwrap_err().kind(), ErrorKind::NotFound);
        let mut wanted = wanted.clone();
        wanted.clone().create_new(true).open(at(new))?;
        assert_eq!(
            wanted.clone().create_new(true).open(at(new)).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        wanted.create(true).open(at(new))?;
    }
    assert!(r.open(at("none")).is_err());

    let mut file = rw.create(true).open(at("h"))?;
    file.write_all(b"foobar")?;
    assert_eq!(file.stream_position()?, 6);
    assert!(r.open(at("h"))?.write(b"wut").is_err(), "not for writing");
    assert!(w.open(at("h"))?.read(&mut [0]).is_err(), "not for reading");
    assert_eq!(w.open(at("h"))?.write(b"b")?, 1);
    assert_eq!(fs::read(at("h"))?, b"boobar");
    assert_eq!(w.clone().truncate(true).open(at("h"))?.metadata()?.len(), 0);
    Ok(())
}

pub fn invalid_options(directory: &Path) -> Result<()> {
    let path = directory.join("file");
    fs::write(&path, "kept")?;
    let options = OpenOptions::new;
    let unused = "must specify at least one of read, write, or append access";
    let unwritten = "creating or truncating a file requires write or append access";
    for (wrong, what) in [
        (&mut options(), unused),
        (options().create(true), unwritten),
        (options().read(true).create(true), unwritten),
        (options().read(true).truncate(true), unwritten),
        (options().read(true).create_new(true), unwritten),
        (options().append(true).truncate(true), unwritten),
    ] {
        let error = wrong.open(&path).unwrap_err();
        assert_eq!(
            (error.kind(), &*error.to_string()),
            (ErrorKind::InvalidInput, what),
            "{wrong:?}"
        );
    }
    assert_eq!(fs::read(&path)?, b"kept");
    Ok(())
}

pub fn binary(directory: &Path) -> Result<()> {
    let path = directory.join("bin");
    let bytes: Vec<u8> = (0..1024_u32).map(|i| (i * i % 251) as u8).collect();
    fs::write(&path, &bytes)?;
    assert_eq!(fs::read(&path)?, bytes);
    assert_eq!(fs::read_to_string(&path).unwrap_err().kind(), ErrorKind::InvalidData);
    fs::write(&path, b"\xFF")?;
    fs::write(&path, "hello")?;
    assert_eq!(fs::read_to_string(&path)?, "hello");
    Ok(())
}

/// As `truncate_works` of std.
pub fn truncates(directory: &Path) -> Result<()> {
    let path = directory.join("in.txt");
    let mut file = File::create(&path)?;
    file.write_all(b"foo")?;
    file.sync_all()?;
    assert_eq!(file.metadata()?.len(), 3);
    file.set_len(10)?;
    assert_eq!(file.metadata()?.len(), 10);
    file.write_all(b"bar")?;
    file.sync_all()?;
    assert_eq!(fs::read(&path)?, b"foobar\0\0\0\0");
    file.set_len(5)?;
    assert_eq!(file.metadata()?.len(), 5);
    assert_eq!(fs::read(&path)?, b"fooba");
    // The position stays beyond the end.
    file.write_all(b"wut")?;
    assert_eq!(fs::read(&path)?, b"fooba\0wut");
    file.set_len(0)?;
    assert_eq!(fs::read(&path)?, b"");
    Ok(())
}

/// The example of `File::try_clone`, and `file_try_clone` of std's tests.
pub fn clones(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    fs::write(&path, "abcdef\n")?;
    let mut file = File::open(&path)?;
    file.seek(SeekFrom::Start(3))?;
    let mut clone = file.try_clone()?;
    let mut contents = String::new();
    clone.read_to_string(&mut contents)?;
    assert_eq!(contents, "def\n");
    assert_eq!(file.read(&mut [0; 1])?, 0);
    drop(file);
    clone.rewind()?;
    assert_eq!(clone.read(&mut [0; 4])?, 4);
    assert_eq!((&clone).stream_position()?, 4);
    Ok(())
}

pub fn appends(directory: &Path) -> Result<()> {
    let path = directory.join("log");
    let open = || OpenOptions::new().read(true).append(true).create(true).open(&path);
    let (mut one, mut other) = (open()?, open()?);
    one.write_all(b"one ")?;
    other.write_all(b"two ")?;
    one.rewind()?;
    one.write_all(b"three")?;
    assert_eq!(one.stream_position()?, 13);
    let mut text = String::new();
    other.rewind()?;
    other.read_to_string(&mut text)?;
    assert_eq!(text, "one two three");
    one.seek(SeekFrom::Start(4))?;
    let mut word = [0; 3];
    one.read_exact(&mut word)?;
    assert_eq!(&word, b"two");
    Ok(())
}

pub fn buffered(directory: &Path) -> Result<()> {
    let path = directory.join("numbers");
    let mut file = BufWriter::new(File::create(&path)?);
    for number in 0..5000 {
        writeln!(file, "{number}")?;
    }
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    let lines = BufReader::new(File::open(&path)?).lines();
    let numbers: Vec<u32> = lines.map(|line| line.unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(0..5000));
    Ok(())
}

pub fn lines(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    fs::write(&path, "Hello, world!\nGoodbye\n")?;
    let mut reader = BufReader::new(File::open(&path)?);
    let mut line = String::new();
    assert_eq!(reader.read_line(&mut line)?, 14);
    reader.seek_relative(2)?;
    reader.read_line(&mut line)?;
    assert_eq!(line, "Hello, world!\nodbye\n");
    Ok(())
}

pub fn strings(directory: &Path) -> Result<()> {
    let path = directory.join("text");
    fs::write(&path, "\u{1F600} text")?;
    let mut text = String::from("before: ");
    assert_eq!(File::open(&path)?.read_to_string(&mut text)?, 9);
    assert_eq!(text, "before: \u{1F600} text");
    let mut file = File::open(&path)?;
    file.seek(SeekFrom::Start(1))?;
    assert_eq!(file.read_to_string(&mut text).unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(text, "before: \u{1F600} text");
    Ok(())
}

pub fn sync(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    let mut file = File::create(&path)?;
    file.write_all(b"Hello, world!")?;
    file.sync_all()?;
    file.write_all(b" And more.")?;
    file.sync_data()?;
    file.flush()?;
    assert_eq!(fs::read_to_string(&path)?, "Hello, world! And more.");
    Ok(())
}

/// More than the host is asked for at once, and not in whole pieces.
pub fn large(directory: &Path) -> Result<()> {
    let path = directory.join("large");
    let bytes: Vec<u8> = (0..3_333_333_u32).map(|i| (i ^ i >> 9) as u8).collect();
    fs::write(&path, &bytes)?;
    assert_eq!(fs::metadata(&path)?.len(), 3_333_333);
    assert!(fs::read(&path)? == bytes);
    let mut file = File::open(&path)?;
    file.seek(SeekFrom::Start(1_234_567))?;
    let mut some = vec![0; 1_500_000];
    file.read_exact(&mut some)?;
    assert!(some == bytes[1_234_567..2_734_567]);
    Ok(())
}

pub fn zero_length(directory: &Path) -> Result<()> {
    let path = directory.join("empty");
    fs::write(&path, "")?;
    assert_eq!(fs::read(&path)?, b"");
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    assert_eq!(file.read(&mut [])?, 0);
    assert_eq!(file.write(&[])?, 0);
    assert_eq!(fs::metadata(&path)?.len(), 0);
    Ok(())
}

pub fn many_at_once(directory: &Path) -> Result<()> {
    thread::scope(|scope| {
        let files = (0..40).map(|number| {
            scope.spawn(move || {
                let path = directory.join(format!("file-{number}"));
                let bytes = vec![number as u8; 1000 + number];
                fs::write(&path, &bytes)?;
                Result::Ok(fs::read(&path)? == bytes)
            })
        });
        let files: Vec<_> = files.collect();
        files.into_iter().for_each(|file| assert!(file.join().unwrap().unwrap()));
    });
    assert_eq!(fs::read_dir(directory)?.count(), 40);
    Ok(())
}

/// One file by many threads: each read has a record of its own, and each write stays whole.
pub fn threads_share(directory: &Path) -> Result<()> {
    let path = directory.join("records");
    let file = OpenOptions::new().read(true).write(true).create(true).open(&path)?;
    let records: Vec<u32> = thread::scope(|scope| {
        let writers = (0..32_u32).map(|number| {
            let mut file = &file;
            scope.spawn(move || file.write(&number.to_le_bytes()).unwrap())
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().for_each(|writer| assert_eq!(writer.join().unwrap(), 4));
        (&file).rewind().unwrap();
        let readers = (0..32).map(|_| {
            let mut file = &file;
            scope.spawn(move || {
                let mut record = [0; 4];
                file.read_exact(&mut record).unwrap();
                u32::from_le_bytes(record)
            })
        });
        let readers: Vec<_> = readers.collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let mut sorted = records.clone();
    sorted.sort();
    assert_eq!(sorted, Vec::from_iter(0..32));
    Ok(())
}

pub fn shown(directory: &Path) -> Result<()> {
    let path = directory.join("a.txt");
    fs::write(&path, "abc")?;
    assert!(format!("{:?}", File::open(&path)?).contains("a.txt"));
    let metadata = fs::metadata(&path)?;
    assert!(metadata.is_file() && metadata.file_type().is_file() && !metadata.is_dir());
    assert!(!metadata.is_symlink() && !metadata.permissions().readonly());
    assert!(format!("{metadata:?}").contains("is_file: true"));
    assert_eq!(metadata.file_type(), File::open(&path)?.metadata()?.file_type());
    Ok(())
}
