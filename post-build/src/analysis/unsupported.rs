//! What of std a library still calls that never works on its target, and where.
//!
//! std is there, and its `fs`, `net`, `thread` and clocks fail or panic; often that is seen only when the program runs. The
//! line tables tell it from the linked module. What fails is inlined to nothing, or nearly so; what is left of it has
//! its place in a file of std, and DWARF has the calls that it was inlined through:
//!
//! ```text
//! app::load    at src/lib.rs:6     calls    open    in std/src/fs.rs    calls    …    unsupported
//! ```
//!
//! The last step from another crate's file into one of std's is what an author would look for. Where the whole function
//! is std's, those who call it are asked in the same way, and so on.
//!
//! Nothing depends on this but a note: what the compiler has left without a trace is not told.

use super::linked::Linked;
use super::named::lines::{self, Lines};
use super::named::scopes::{self, Debug, Input};
use super::symbols;
use crate::transform::rust_path;
use gimli::{AttributeValue, DW_AT_call_file, DW_AT_call_line, DebuggingInformationEntry, Unit};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use wasmparser::Operator;

/// The modules of std that do not work, each with the files that they are in.
const MODULES: [(&str, &[&str]); 7] = [
    ("std::env", &["env.rs"]),
    ("std::fs", &["fs.rs"]),
    ("std::net", &["net/"]),
    ("std::path", &["path.rs"]),
    ("std::process", &["process.rs"]),
    ("std::thread", &["thread/"]),
    ("std::time", &["time.rs"]),
];

/// The files of std of which any code is a sign of something that does not work.
const SIGNS: [&str; 3] = ["fs.rs", "net/tcp.rs", "net/udp.rs"];

/// The parts of std's platform layer of which that holds where they are those for targets that support nothing.
const PLATFORM: [&str; 6] = ["fs", "net", "pal", "process", "thread", "time"];

/// A function of std that does not work, and where other crates call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub module: &'static str,
    pub function: String,
    pub places: BTreeSet<(PathBuf, u32)>,
}

/// What is called, by its module and name. Nothing without line tables.
pub fn unsupported(linked: &Linked) -> Vec<Unsupported> {
    let mut found = Found::default();
    // It is a note: one with less in it, if the tables are damaged.
    let _ = find(linked, &mut found);
    let of = |((module, function), places)| Unsupported { module, function, places };
    found.0.into_iter().map(of).collect()
}

#[derive(Default)]
struct Found(BTreeMap<(&'static str, String), BTreeSet<(PathBuf, u32)>>);

fn find(linked: &Linked, found: &mut Found) -> gimli::Result<()> {
    let debug = Debug::read(linked)?;
    let mut signs = signs(&debug)?;
    let mut failing = BTreeSet::new();
    let mut asked = BTreeSet::new();
    loop {
        let offsets: Vec<usize> = signs.keys().copied().collect();
        let stacks = stacks(&debug, &offsets)?;
        for (offset, (place, callee)) in &signs {
            let stack = stacks.get(offset).map_or(&[][..], |stack| stack);
            match entry(stack, place, callee.as_deref()) {
                Entry::Call { module, function, place } => {
                    found.0.entry((module, function)).or_default().insert(place);
                }
                Entry::Whole => failing.extend(function_at(linked, *offset)),
                Entry::None => {}
            }
        }
        failing.retain(|index| is_part(linked, *index) && asked.insert(*index));
        if failing.is_empty() {
            return Ok(());
        }
        signs = calls(linked, &std::mem::take(&mut failing));
    }
}

/// What the functions say that an instruction was inlined through.
enum Entry {
    /// Another crate's function calls one of std's, here.
    Call {
        module: &'static str,
        function: String,
        place: (PathBuf, u32),
    },
    /// All of them are std's.
    Whole,
    None,
}

/// `stack` begins with the outermost; `at` is where the instruction itself is, and `callee` what it calls.
fn entry(stack: &[Frame], at: &(PathBuf, u32), callee: Option<&str>) -> Entry {
    // Each function's own place: where it calls the next one.
    let inner = stack.iter().skip(1).map(|frame| &frame.called_at);
    let places: Vec<_> = inner.chain([at]).collect();
    // Beside `unsupported`, std's file has what every abort ends in.
    if stack.last().is_some_and(|frame| frame.name.ends_with("abort_internal")) {
        return Entry::None;
    }
    let Some(outer) = places.iter().rposition(|(file, _)| !is_of_library(file)) else {
        return Entry::Whole;
    };
    let inlined = (outer + 1..places.len())
        .find_map(|index| Some((module_in(&places[index].0)?, scopes::last(&stack[index].name)?)));
    let called = || callee.and_then(|path| Some((module_named(path)?, symbols::last(path))));
    match inlined.or_else(called) {
        // What is only described works, and so does counting with times, once somebody has one.
        Some((_, "new")) | None => Entry::None,
        Some(("std::time", function)) if !["now", "elapsed"].contains(&function) => Entry::None,
        Some((module, function)) => {
            let (function, place) = (function.to_owned(), places[outer].clone());
            Entry::Call { module, function, place }
        }
    }
}

/// A function, inlined or not.
struct Frame {
    name: String,
    /// Where it was inlined.
    called_at: (PathBuf, u32),
}

/// Offsets in the file, each with the place of its instruction; for calls, with the path of what is called.
type Signs = BTreeMap<usize, ((PathBuf, u32), Option<String>)>;

/// The instructions that are of files of [`SIGNS`], or of what std has for targets that support nothing.
fn signs(debug: &Debug) -> gimli::Result<Signs> {
    let mut signs = Signs::new();
    let code = &debug.linked.code;
    for unit in &debug.units {
        let files = lines::files(&debug.dwarf, unit)?;
        if !files.iter().any(|file| is_sign(file)) {
            continue;
        }
        let Some(program) = unit.line_program.clone() else { continue };
        let first = if program.header().version() < 5 { 1 } else { 0 };
        let mut rows = program.rows();
        while let Some((_, row)) = rows.next_row()? {
            let address = row.address() as usize;
            let file = files.get((row.file_index() - first) as usize);
            if let Some(file) = file.filter(|file| is_sign(file))
                && !row.end_sequence()
                && (1..code.len()).contains(&address)
            {
                let line = row.line().map_or(0, |line| line.get() as u32);
                signs.insert(code.start + address, ((file.clone(), line), None));
            }
        }
    }
    Ok(signs)
}

/// The calls of these functions.
fn calls(linked: &Linked, called: &BTreeSet<u32>) -> Signs {
    let mut offsets = BTreeMap::new();
    for body in linked.functions.iter().filter_map(|function| function.body.as_ref()) {
        let Ok(operators) = body.get_operators_reader() else { continue };
        for operator in operators.into_iter_with_offsets() {
            if let Ok((Operator::Call { function_index }, offset)) = operator
                && called.contains(&function_index)
            {
                offsets.insert(offset, function_index);
            }
        }
    }
    let Some(lines) = Lines::read(linked, offsets.keys().copied()) else {
        return Signs::new();
    };
    let place = |(offset, callee): (usize, u32)| {
        let (file, place) = lines.place(offset)?;
        let name = rust_path(&linked.functions[callee as usize].name);
        Some((offset, ((file.to_owned(), place.line), Some(name))))
    };
    offsets.into_iter().filter_map(place).collect()
}

/// The functions that the instructions at `offsets`, which ascend, were inlined through.
fn stacks(debug: &Debug, offsets: &[usize]) -> gimli::Result<HashMap<usize, Vec<Frame>>> {
    let mut stacks: HashMap<usize, Vec<Frame>> = HashMap::new();
    debug.functions_at(offsets, |unit, entry, inside| {
        for offset in inside {
            stacks.entry(*offset).or_default().push(frame(debug, unit, entry)?);
        }
        Ok(())
    })?;
    Ok(stacks)
}

fn frame<'a>(
    debug: &Debug<'_, 'a>,
    unit: &Unit<Input<'a>>,
    entry: &DebuggingInformationEntry<Input<'a>>,
) -> gimli::Result<Frame> {
    let name = debug.name_of(unit, entry)?.unwrap_or_default();
    let file = match (entry.attr_value(DW_AT_call_file)?, &unit.line_program) {
        (Some(AttributeValue::FileIndex(file)), Some(program)) => {
            lines::path(&debug.dwarf, unit, program.header(), file)?
        }
        _ => PathBuf::new(),
    };
    let line = entry.attr(DW_AT_call_line)?.and_then(|line| line.udata_value()).unwrap_or(0);
    Ok(Frame { name, called_at: (file, line as u32) })
}

fn function_at(linked: &Linked, offset: usize) -> Option<u32> {
    let contains = |index: &u32| {
        let body = linked.functions[*index as usize].body.as_ref();
        body.is_some_and(|body| body.range().contains(&offset))
    };
    (0..linked.functions.len() as u32).find(contains)
}

/// Whether a function is one of those modules', or of what they stand on.
fn is_part(linked: &Linked, function: u32) -> bool {
    let path = rust_path(&linked.functions[function as usize].name);
    let part = path.trim_start_matches('<').strip_prefix("std::sys::");
    let platform = part.and_then(|path| path.split("::").next());
    platform.is_some_and(|part| PLATFORM.contains(&part)) || module_named(&path).is_some()
}

fn is_sign(file: &Path) -> bool {
    within_std(file).is_some_and(|file| {
        let platform = file.strip_prefix("sys/").filter(|file| file.contains("unsupported"));
        let part = platform.and_then(|file| file.split('/').next());
        SIGNS.contains(&file) || part.is_some_and(|part| PLATFORM.contains(&part))
    })
}

/// The path of a file of std's, below `std/src/`.
fn within_std(file: &Path) -> Option<&str> {
    Some(file.to_str()?.split_once("/library/std/src/")?.1)
}

/// Whether a file is std's, or of what std is made of.
fn is_of_library(file: &Path) -> bool {
    let of = |name: &str| file.to_string_lossy().contains(&format!("/library/{name}/src/"));
    ["std", "core", "alloc"].into_iter().any(of)
}

fn module_in(file: &Path) -> Option<&'static str> {
    let file = within_std(file)?;
    let is_in = |part: &str| file == part || (part.ends_with('/') && file.starts_with(part));
    let found = MODULES.iter().find(|(_, files)| files.iter().any(|part| is_in(part)));
    found.map(|(name, _)| *name)
}

/// The module in a path: of `<std::time::Instant>::now` and `std::time::Instant::now`.
fn module_named(path: &str) -> Option<&'static str> {
    let path = path.trim_start_matches('<');
    let is_in = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with("::"));
    MODULES.iter().map(|(name, _)| *name).find(|name| is_in(name))
}
