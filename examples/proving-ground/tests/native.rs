//! The programs, run natively on the input that `main.mjs` gives them.
//!
//! `expected.txt` is what `main.mjs` has to print. `UPDATE=1 cargo test` writes it anew, and the
//! archive.

use proving_ground::{archive, scripts};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::rc::Rc;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

/// Files of this folder, and what has been printed.
struct Folder(Rc<RefCell<String>>);

impl scripts::Host for Folder {
    fn read_text(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(Path::new("data").join(path))
    }

    fn print(&self, line: &str) -> io::Result<()> {
        self.0.borrow_mut().push_str(line);
        self.0.borrow_mut().push('\n');
        Ok(())
    }
}

fn run_script(name: &str) -> String {
    let source = fs::read_to_string(format!("scripts/{name}.rhai")).unwrap();
    let printed = Rc::new(RefCell::new(String::new()));
    let value = scripts::run(&source, Folder(printed.clone())).unwrap();
    format!("{name}.rhai\n{}= {value}\n\n", printed.borrow())
}

#[test]
fn the_expected_output_is_that_of_the_native_program() {
    let mut output = ["invoices", "outline", "closures"].map(run_script).concat();
    writeln!(output, "{} primes below 10000\n", scripts::count_primes(10_000).unwrap()).unwrap();
    output += &archive::summarize(File::open("data/measurements.zip").unwrap()).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        fs::write("expected.txt", &output).unwrap();
    }
    assert_eq!(output, fs::read_to_string("expected.txt").unwrap());
}

#[test]
fn the_archive_has_the_tables_that_are_made_here() {
    let made = make_archive();
    if std::env::var_os("UPDATE").is_some() {
        fs::write("data/measurements.zip", &made).unwrap();
    }
    assert_eq!(entries(&made), entries(&fs::read("data/measurements.zip").unwrap()));
}

#[test]
fn what_is_no_archive_is_an_error() {
    let archive = make_archive();
    for broken in [&b"text"[..], &archive[..archive.len() - 30]] {
        let error = archive::summarize(Cursor::new(broken)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}

/// Tables in folders, one of them stored as it is, with files and folders that are none.
fn make_archive() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let stored = deflated.compression_method(CompressionMethod::Stored);
    let mut noise = Noise(1);
    zip.start_file("README.txt", stored).unwrap();
    zip.write_all("Temperatures in tenths of a degree, rain in millimetres.\n".as_bytes()).unwrap();
    for (month, name) in ["january", "april", "july", "october"].into_iter().enumerate() {
        zip.add_directory(format!("2025/{name}"), stored).unwrap();
        let options = if name == "april" { stored } else { deflated };
        zip.start_file(format!("2025/{name}/measurements.csv"), options).unwrap();
        zip.write_all(table(month as u32, &mut noise).as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A month of measurements, three a day at each station.
fn table(month: u32, noise: &mut Noise) -> String {
    let mut csv = String::from("station,day,temperature,rain\n");
    for day in 1..=30 {
        for (station, base) in [("Bergen", 60), ("\"Nice, Côte d'Azur\"", 150), ("Zürich", 90)] {
            for _ in 0..3 {
                let season = [-50, 0, 90, 10][month as usize];
                let temperature = base + season + noise.below(100) as i32 - 50;
                let rain = match noise.below(8) {
                    0 => String::new(),
                    n @ 1..=4 => format!("{}.{}", n * noise.below(4), noise.below(10)),
                    _ => "0".into(),
                };
                writeln!(csv, "{station},{day},{temperature},{rain}").unwrap();
            }
        }
    }
    csv
}

/// Numbers that look random and are always the same.
struct Noise(u32);

impl Noise {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

/// The entries of an archive, without how they are packed.
fn entries(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    let count = archive.len();
    let read = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.name().unwrap().into_owned(), text)
    };
    (0..count).map(read).collect()
}
