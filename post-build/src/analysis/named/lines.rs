//! Where the source of an instruction stands: the line tables of a linked module (DWARF).
//!
//! An address is an offset in the code section. Of code that the linker left out, the tables stay, at addresses that
//! do not exist.

use super::super::linked::Linked;
use super::scopes::{Input, dwarf};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// In bytes, from 1; 0 for the whole line, as where a function begins.
    pub column: u32,
}

#[derive(Default)]
pub struct Lines {
    files: Vec<PathBuf>,
    /// By the offset in the module's file; the file is an index.
    places: HashMap<usize, (usize, Place)>,
    /// The ranges of code that were compiled with the standard library: offsets in the module's file, ascending.
    std: Vec<(usize, usize)>,
}

impl Lines {
    /// The places of the instructions at `offsets` of the module's file, which ascend. None if the module has no
    /// line tables.
    pub fn read(linked: &Linked, offsets: impl Iterator<Item = usize>) -> Option<Lines> {
        let code = linked.code.clone();
        let wanted: Vec<u64> = offsets.map(|offset| (offset - code.start) as u64).collect();
        let dwarf = dwarf(linked).ok()?;
        let mut reader = Reader { wanted, code, lines: Lines::default(), known: HashMap::new() };
        let mut units = dwarf.units();
        while let Some(header) = units.next().ok()? {
            let unit = dwarf.unit(header).ok()?;
            reader.unit(&dwarf, &unit).ok()?;
        }
        let mut lines = reader.lines;
        lines.std.sort_unstable();
        (!lines.files.is_empty()).then_some(lines)
    }

    pub fn place(&self, offset: usize) -> Option<(&Path, Place)> {
        let &(file, place) = self.places.get(&offset)?;
        Some((&self.files[file], place))
    }

    /// Whether the code at this offset of the module's file was compiled with the standard library.
    pub fn is_std(&self, offset: usize) -> bool {
        let after = self.std.partition_point(|(start, _)| *start <= offset);
        after > 0 && offset < self.std[after - 1].1
    }
}

struct Reader {
    /// Ascending.
    wanted: Vec<u64>,
    /// Where the code section lies in the file.
    code: std::ops::Range<usize>,
    lines: Lines,
    known: HashMap<PathBuf, usize>,
}

impl Reader {
    fn unit<'a>(
        &mut self,
        dwarf: &gimli::Dwarf<Input<'a>>,
        unit: &gimli::Unit<Input<'a>>,
    ) -> gimli::Result<()> {
        let Some(program) = unit.line_program.clone() else {
            return Ok(());
        };
        let name = unit.name.map_or(Cow::Borrowed(""), |name| name.to_string_lossy());
        let is_std = ["/rustc/", "/rust/deps/"].iter().any(|root| name.starts_with(root));
        let mut files = HashMap::new();
        let mut rows = program.rows();
        // The row that holds up to the next one, and where its sequence began.
        let mut last: Option<(u64, u64, u64, Option<Place>)> = None;
        while let Some((header, row)) = rows.next_row()? {
            let address = row.address();
            if let Some((began, from, file, place)) = last {
                if let Some(place) = place {
                    let first = self.wanted.partition_point(|wanted| *wanted < from);
                    let behind = self.wanted.partition_point(|wanted| *wanted < address);
                    for index in first..behind.max(first) {
                        let file = match files.get(&file) {
                            Some(file) => *file,
                            None => {
                                let path = path(dwarf, unit, header, file)?;
                                *files.entry(file).or_insert(self.file(path))
                            }
                        };
                        let offset = self.code.start + self.wanted[index] as usize;
                        self.lines.places.insert(offset, (file, place));
                    }
                }
                let length = self.code.len() as u64;
                if row.end_sequence() && is_std && address <= length && began < address {
                    let start = self.code.start;
                    self.lines.std.push((start + began as usize, start + address as usize));
                }
            }
            last = (!row.end_sequence()).then(|| {
                let column = match row.column() {
                    gimli::ColumnType::Column(column) => column.get() as u32,
                    gimli::ColumnType::LeftEdge => 0,
                };
                let place = row.line().map(|line| Place { line: line.get() as u32, column });
                (last.map_or(address, |(began, ..)| began), address, row.file_index(), place)
            });
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf) -> usize {
        let files = &mut self.lines.files;
        *self.known.entry(path).or_insert_with_key(|path| {
            files.push(path.clone());
            files.len() - 1
        })
    }
}

/// All files that a unit has something of.
pub fn files<'a>(
    dwarf: &gimli::Dwarf<Input<'a>>,
    unit: &gimli::Unit<Input<'a>>,
) -> gimli::Result<Vec<PathBuf>> {
    let Some(program) = &unit.line_program else { return Ok(Vec::new()) };
    let header = program.header();
    let first = if header.version() < 5 { 1 } else { 0 };
    let numbers = first..first + header.file_names().len() as u64;
    numbers.map(|number| path(dwarf, unit, header, number)).collect()
}

/// The path of a file: below the folder where the compiler ran, unless it is absolute.
pub fn path<'a>(
    dwarf: &gimli::Dwarf<Input<'a>>,
    unit: &gimli::Unit<Input<'a>>,
    header: &gimli::LineProgramHeader<Input<'a>>,
    file: u64,
) -> gimli::Result<PathBuf> {
    let mut parts = Vec::new();
    if let Some(folder) = unit.comp_dir {
        parts.push(folder.to_string_lossy());
    }
    if let Some(file) = header.file(file) {
        if let Some(folder) = file.directory(header) {
            parts.push(dwarf.attr_string(unit, folder)?.to_string_lossy());
        }
        parts.push(dwarf.attr_string(unit, file.path_name())?.to_string_lossy());
    }
    Ok(join(&parts, cfg!(windows)).into())
}

/// Each part is below the one before it, unless it is absolute. On Windows paths have drives, and backslashes, which are
/// a part of a name elsewhere; those of std's sources begin at the root there, too, and are on no drive.
fn join(parts: &[Cow<str>], windows: bool) -> String {
    let mut path = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let part = if windows { part.replace('\\', "/").into() } else { part.clone() };
        let has_drive = windows && part.as_bytes().get(1) == Some(&b':');
        if has_drive || part.starts_with('/') {
            path.clear();
        } else if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(&part);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn paths_of_other_systems() {
        for (windows, parts, path) in [
            (false, ["/home/me/a crate", "src", "lib.rs"], "/home/me/a crate/src/lib.rs"),
            (
                false,
                ["/home/me", "/rustc/1234/", "library/std/src/io.rs"],
                "/rustc/1234/library/std/src/io.rs",
            ),
            (false, ["/home/me", "", r"C:\odd.rs"], r"/home/me/C:\odd.rs"),
            (
                true,
                [r"C:\Users\Me Too\crate", "src", r"io\mod.rs"],
                "C:/Users/Me Too/crate/src/io/mod.rs",
            ),
            (true, [r"C:\Users\Me", r"D:\cargo\dep\", "lib.rs"], "D:/cargo/dep/lib.rs"),
            (
                true,
                [r"C:\Users\Me", "/rustc/1234", r"library\std\src\io.rs"],
                "/rustc/1234/library/std/src/io.rs",
            ),
            (true, [r"C:\Users\Me", r"\\server\share", "lib.rs"], "//server/share/lib.rs"),
        ] {
            assert_eq!(join(&parts.map(Into::into), windows), path);
        }
    }
}
