//! An archive of tables, read entry by entry.
//!
//! Nothing is unpacked: `csv` pulls records out of `zip`'s decompressor, and that pulls bytes out
//! of the reader, which blocks wherever a record happens to need more of them.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io::{self, Read, Seek};
use zip::ZipArchive;

/// One line of a table.
#[derive(Deserialize)]
struct Measurement {
    station: String,
    day: u32,
    /// In tenths of a degree.
    temperature: i64,
    /// In millimetres; nothing where the gauge was out of order.
    rain: Option<f64>,
}

/// What is known of one station.
struct Station {
    count: i64,
    temperatures: i64,
    warmest: (i64, u32),
    rain: f64,
    dry: u32,
}

/// Sums up all the tables of an archive, for each entry and for each station.
///
/// # Errors
///
/// Those of the reader; an archive or a table that is none.
pub fn summarize(archive: impl Read + Seek) -> io::Result<String> {
    let mut archive = ZipArchive::new(archive)?;
    let mut stations = BTreeMap::new();
    let mut text = String::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        if name.ends_with(".csv") {
            let (bytes, packed) = (entry.size(), entry.compressed_size());
            let count = read_table(entry, &mut stations)?;
            let _ = writeln!(text, "{name}: {count} measurements, {bytes} bytes in {packed}");
        }
    }
    for (name, station) in &stations {
        let _ = writeln!(text, "{name}: {station}");
    }
    Ok(text)
}

/// Adds a table to what is known, and returns the number of its records.
fn read_table(table: impl Read, stations: &mut BTreeMap<String, Station>) -> io::Result<usize> {
    let mut count = 0;
    for measurement in csv::Reader::from_reader(table).into_deserialize() {
        let Measurement { station, day, temperature, rain } = measurement.map_err(read_error)?;
        stations.entry(station).or_default().add(day, temperature, rain);
        count += 1;
    }
    Ok(count)
}

/// `csv` gives no `source`: where reading failed, the reader's own error is taken out.
fn read_error(error: csv::Error) -> io::Error {
    if !error.is_io_error() {
        return io::Error::new(io::ErrorKind::InvalidData, error);
    }
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => unreachable!("an I/O error"),
    }
}

impl Default for Station {
    fn default() -> Self {
        Station { count: 0, temperatures: 0, warmest: (i64::MIN, 0), rain: 0.0, dry: 0 }
    }
}

impl Station {
    fn add(&mut self, day: u32, temperature: i64, rain: Option<f64>) {
        self.count += 1;
        self.temperatures += temperature;
        self.warmest = self.warmest.max((temperature, day));
        self.rain += rain.unwrap_or_default();
        self.dry += u32::from(rain == Some(0.0));
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = self.temperatures as f64 / self.count as f64 / 10.0;
        let (warmest, day) = (self.warmest.0 as f64 / 10.0, self.warmest.1);
        let Station { count, rain, dry, .. } = self;
        write!(
            f,
            "{count} measurements, {mean:.2} °C on average, {warmest:.1} °C on day {day}, \
             {rain:.1} mm of rain, {dry} dry"
        )
    }
}
