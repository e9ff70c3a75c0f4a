//! What the sources name at each indirect call.
//!
//! The address of a method is loaded from a vtable by its offset, and all traits share the offsets. Its name says
//! more: `.read(` reaches functions that are called `read`. The module's line tables say where the source of a call
//! stands ([`lines`]), and the tokens at that place what is called ([`tokens`]):
//!
//! | at the place of the call | reaches, of what the address can be |
//! | --- | --- |
//! | `.name(…)`, `Trait::name(…)` | functions with a symbol that ends in `name` |
//! | `name(…)`, `(…)(…)`, `table[i](…)` | closures, and what is no method: functions whose address code or tables hold |
//! | the declaration of `drop_in_place` | drop glue |
//! | the declaration of `call`, `call_mut` or `call_once` in core | as `name(…)` |
//! | anything else | all |
//!
//! More is told by the types in the names that line tables give functions ([`scopes`]): the trait of an object that is
//! dropped, and with how many arguments a closure is called, of which the tokens at a call have a number as well. That is
//! also told where core and alloc pass a call on: of a closure in a box, or by a reference to one. What they call `call`
//! there is of no other trait. And what
//! core's formatting calls, wherever that is, is `fmt` or a method of `fmt::Write`.
//!
//! # What is assumed
//!
//! 1. A call instruction has the place of a call, of this one or of one that it was merged with, at the same place.
//!    LLVM gives merged calls of different places none (line 0), and code that is inlined keeps its own. For that
//!    all of it has to have been compiled with line tables: `build` sees to it.
//! 2. A function has a symbol for each name that it was compiled under, also where LLVM has merged it with another
//!    one of the same code: that is what `-C llvm-args=-mergefunc-preserve-debug-info` does. Then a method in a vtable
//!    is found under its own name, and in a function with several names no call is told by its place, for the places
//!    are those of one of them.
//!    The same holds of the function that it was inlined from, and of its types, in functions with one name.
//! 3. The files are those that were compiled: none that is newer than the module is read.
//! 4. The precompiled standard library was not compiled with that flag: two functions of it may be one without a trace.
//!    Its own calls through `dyn` are of few traits (`fmt::Write`, `io::Write`, `io::Read`, `Error`, closures), which
//!    have no methods of one signature at one place that are called from functions of one code. A function that stands
//!    twice in a vtable of it counts under any name.
//!
//! Where one does not hold, a function that is no member is on the stack of a fiber that suspends, and the guard
//! (`transform::guard`) ends the fiber.

mod c;
pub mod lines;
mod prototypes;
pub mod scopes;
mod tokens;

use super::linked::{Function, Linked};
use super::runtime::runs_jobs;
use super::symbols::{CALLS, last};
use crate::toolchain::rustc;
use crate::transform::rust_path;
use anyhow::{Context, Result};
use c::{Macros, Uses};
use lines::{Lines, Place};
use prototypes::Types;
pub use prototypes::{CallOfC, Callback};
use scopes::Scopes;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a place calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Called {
    /// Methods with one of these names.
    pub methods: BTreeSet<String>,
    /// A closure, or a function by its address.
    pub pointer: bool,
    /// With how many arguments, if that is known.
    pub arguments: Arguments,
    /// Methods with the name of the function that the call stands in.
    own: bool,
    /// Drop glue.
    pub glue: bool,
    /// The trait of the object that is dropped, if that is known.
    pub dropped: Option<String>,
}

/// With how many arguments something is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arguments {
    /// As many as one of these.
    Some(BTreeSet<usize>),
    Any,
}

impl Default for Arguments {
    /// Nothing is called.
    fn default() -> Self {
        Arguments::Some(BTreeSet::new())
    }
}

impl Arguments {
    pub fn add(&mut self, other: Arguments) {
        match (&mut *self, other) {
            (Arguments::Some(known), Arguments::Some(more)) => known.extend(more),
            _ => *self = Arguments::Any,
        }
    }

    pub fn can_be(&self, count: usize) -> bool {
        match self {
            Arguments::Some(known) => known.contains(&count),
            Arguments::Any => true,
        }
    }
}

/// The sources of a module: those that are not newer than it.
#[derive(Clone, Copy)]
pub struct Sources {
    built: SystemTime,
}

impl Sources {
    /// Those of a file that was linked just now, or since when they have not changed.
    pub fn of(module: &Path) -> Result<Sources> {
        let built = module.metadata().and_then(|module| module.modified());
        Ok(Sources { built: built.with_context(|| format!("cannot read {}", module.display()))? })
    }
}

/// What each indirect call is named.
#[derive(Default)]
pub struct Named {
    /// By the offset in the file.
    calls: HashMap<usize, Called>,
    /// Which functions were compiled with the standard library.
    in_std: BTreeSet<u32>,
    /// With how many arguments functions call closures, which have an address.
    arguments: HashMap<u32, usize>,
    /// Where calls may be that of rayon's that runs a job.
    jobs: BTreeSet<usize>,
    /// The calls of C, by the offset in the file, and by the variable and the place in it that the address comes from.
    calls_of_c: HashMap<usize, Option<CallOfC>>,
    fields_of_c: HashMap<(u32, u32), CallOfC>,
    /// The functions that C can call.
    callbacks: HashMap<u32, Callback>,
    /// The functions of C.
    of_c: BTreeSet<u32>,
}

impl Named {
    /// `calls` are the offsets of the indirect calls, each with its function; ascending.
    pub fn of(linked: &Linked, calls: &[(usize, u32)], sources: Sources) -> Named {
        let start = |function: u32| {
            let body = linked.functions[function as usize].body.as_ref()?;
            Some((body.get_operators_reader().ok()?.original_position(), function))
        };
        let starts: Vec<(usize, u32)> = linked.table.iter().copied().filter_map(start).collect();
        let mut offsets: Vec<usize> =
            calls.iter().chain(&starts).map(|(offset, _)| *offset).collect();
        offsets.sort_unstable();
        let Some(lines) = Lines::read(linked, offsets.iter().copied()) else {
            return Named::default();
        };
        let in_std: BTreeSet<u32> = (0..linked.functions.len() as u32)
            .filter(|function| {
                let body = &linked.functions[*function as usize].body;
                // Its lines may begin behind the declaration of its locals.
                body.as_ref().is_some_and(|body| lines.is_std(body.range().end - 1))
            })
            .collect();
        let mut by_file: HashMap<&Path, Vec<(usize, Place)>> = HashMap::new();
        for &(offset, function) in calls {
            // Its places are those of one of its names.
            let is_merged = !is_of_one_source(&linked.functions[function as usize].symbols);
            if let Some((file, place)) = lines.place(offset)
                && !is_merged
            {
                by_file.entry(file).or_default().push((offset, place));
            }
        }
        let mut jobs: BTreeSet<usize> = calls.iter().map(|(offset, _)| *offset).collect();
        for (offset, _) in
            by_file.iter().filter(|(file, _)| !runs_jobs(file)).flat_map(|(_, places)| places)
        {
            jobs.remove(offset);
        }
        let library = Library::find();
        let mut found: HashMap<usize, Called> = HashMap::new();
        let mut passed_on = BTreeSet::new();
        for (file, places) in by_file {
            let is_rust = file.extension().is_some_and(|of| of == "rs");
            let Some(text) = library.text(file, sources).filter(|_| is_rust) else {
                continue;
            };
            let is_core = file.to_string_lossy().contains("/library/core/src/");
            let Some(tokens) = tokens::calls(&text, is_core) else {
                continue;
            };
            let starts = starts_of_lines(&text);
            for (offset, place) in places {
                if let Some(called) = at(&starts, place).and_then(|at| tokens.get(&at)) {
                    found.insert(offset, called.clone());
                    if passes_on(file) && CALLS.iter().any(|name| called.methods.contains(*name)) {
                        passed_on.insert(offset);
                    }
                }
            }
        }
        let has_one_name = |function: &u32| linked.functions[*function as usize].symbols.len() < 2;
        let is_certain = |function: &u32| !in_std.contains(function) && has_one_name(function);
        let scopes = Scopes::read(linked, &offsets);
        for (offset, function) in calls {
            let own = &linked.functions[*function as usize];
            let is_own = found.get(offset).is_some_and(|called| called.own);
            // Where nothing has been inlined, the line tables have no functions.
            let scope = scopes.innermost.get(offset).cloned().or_else(|| {
                let is_asked_for = is_own || own.name.contains("drop_in_place");
                is_asked_for.then(|| own_name(own))
            });
            let scope = scope.as_deref().filter(|_| is_certain(function));
            if is_own {
                match scope.and_then(scopes::last) {
                    Some(name) => {
                        let called = found.get_mut(offset).expect("it is there");
                        called.methods.insert(name.to_owned());
                    }
                    None => {
                        found.remove(offset);
                    }
                }
            }
            if let Some(count) =
                scope.filter(|_| passed_on.contains(offset)).and_then(scopes::passed_on)
                && let Some(called) = found.get_mut(offset)
            {
                CALLS.iter().for_each(|name| {
                    called.methods.remove(*name);
                });
                called.arguments = Arguments::Some([count].into());
            }
            if let Some(dropped) = scope.and_then(scopes::dropped) {
                let dropped = Some(dropped.to_owned());
                found.insert(*offset, Called { glue: true, dropped, ..Called::default() });
            } else if in_std.contains(function) && !found.contains_key(offset) && formats(own) {
                found.insert(*offset, formatting());
            }
        }
        let arguments = starts.iter().filter(|(_, function)| is_certain(function));
        let arguments = arguments.filter_map(|(offset, function)| {
            Some((*function, scopes::arguments(scopes.outermost.get(offset)?)?))
        });
        let mut named = Named {
            arguments: arguments.collect(),
            calls: found,
            in_std,
            jobs,
            ..Named::default()
        };
        named.add_types(linked, [calls, &starts], &lines, |file| library.text(file, sources));
        named
    }

    /// What units of C say of calls, and of the functions that begin at `starts`.
    fn add_types(
        &mut self,
        linked: &Linked,
        [calls, starts]: [&[(usize, u32)]; 2],
        lines: &Lines,
        text: impl Fn(&Path) -> Option<String>,
    ) {
        let types = Types::read(linked);
        let mut by_file: HashMap<&Path, Vec<(usize, usize, Place)>> = HashMap::new();
        let bodies = (0..).zip(&linked.functions);
        let of_c = bodies.filter(|(_, function)| types.start_of(function).is_some());
        self.of_c = of_c.map(|(index, _)| index).collect();
        for (offset, _) in calls {
            let Some(unit) = types.unit(*offset) else { continue };
            self.calls_of_c.insert(*offset, None);
            if let Some((file, place)) = lines.place(*offset) {
                by_file.entry(file).or_default().push((*offset, unit, place));
            }
        }
        if self.calls_of_c.is_empty() {
            return;
        }
        let texts: Vec<_> = types.files.iter().map(|file| (file, text(file))).collect();
        let files: Vec<_> = texts
            .iter()
            .filter_map(|(file, text)| Some((*file, text.as_ref()?)))
            .map(|(file, text)| (file, text, c::Source::read(text)))
            .collect();
        let macros = Macros::of(files.iter().map(|(.., source)| source));
        let mut uses = Uses::default();
        uses.add_macros(&macros);
        for (.., source) in &files {
            source.add_to(&mut uses, &macros);
        }
        let of_fields = (files.len() == texts.len()).then_some(&uses);
        for (file, text, source) in &files {
            let starts = starts_of_lines(text);
            for (offset, unit, place) in by_file.get(file.as_path()).into_iter().flatten() {
                let called = at(&starts, *place).and_then(|at| source.called(at));
                let called = called.filter(|(name, _)| !macros.contains(name));
                let call = called.map(|(name, of)| types.call(*unit, name, of, of_fields));
                self.calls_of_c.insert(*offset, call);
            }
        }
        let objects = linked.relocations.iter().flat_map(|relocations| &relocations.objects);
        for (object, of) in (0..).zip(objects) {
            for place in (0..of.size).step_by(4) {
                if let Some((unit, name)) = types.field(of.name, place) {
                    let call = types.call(unit, name, true, of_fields);
                    self.fields_of_c.insert((object, place), call);
                }
            }
        }
        let mut texts: HashMap<&Path, Option<String>> = HashMap::new();
        for (offset, function) in starts {
            let callback = types.of(linked, *function, &uses).or_else(|| {
                let (file, place) = lines.place(*offset)?;
                let text = texts.entry(file).or_insert_with(|| text(file)).as_ref()?;
                types.of_rust(linked, &linked.functions[*function as usize], text, place.line)
            });
            self.callbacks.extend(callback.map(|callback| (*function, callback)));
        }
    }

    /// Whether the call at this offset of the file is one of C, and how it is then; `content` is the variable, and the
    /// place in it, that the address comes from.
    pub fn call_of_c(&self, offset: usize, content: Option<(u32, u32)>) -> Option<&CallOfC> {
        const UNKNOWN: &CallOfC = &CallOfC::UNKNOWN;
        let field = || self.fields_of_c.get(&content?);
        Some(self.calls_of_c.get(&offset)?.as_ref().or_else(field).unwrap_or(UNKNOWN))
    }

    /// What is known of a function that C can call.
    pub fn callback(&self, function: u32) -> Option<&Callback> {
        self.callbacks.get(&function)
    }

    /// The functions of C.
    pub fn of_c(&self) -> &BTreeSet<u32> {
        &self.of_c
    }

    /// Whether the call at this offset of the file may be that of rayon's that runs a job.
    pub fn may_run_job(&self, offset: usize) -> bool {
        self.jobs.contains(&offset)
    }

    /// With how many arguments the function calls a closure, if it is such a `call_once`.
    pub fn arguments(&self, function: u32) -> Option<usize> {
        self.arguments.get(&function).copied()
    }

    /// Whether the sources have been read at all.
    pub fn is_known(&self) -> bool {
        !self.calls.is_empty()
    }

    /// What the call at this offset of the file is named, if that is known.
    pub fn call(&self, offset: usize) -> Option<&Called> {
        self.calls.get(&offset)
    }

    /// Whether the function was compiled with the standard library.
    pub fn is_std(&self, function: u32) -> bool {
        self.in_std.contains(&function)
    }
}

fn starts_of_lines(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Where in a text a place is.
fn at(starts: &[usize], place: Place) -> Option<usize> {
    let start = starts.get((place.line as usize).checked_sub(1)?)?;
    Some(start + (place.column as usize).checked_sub(1)?)
}

/// Whether all names of a function are of instances of the same generic one: then they have the same places.
fn is_of_one_source(symbols: &BTreeSet<&str>) -> bool {
    if symbols.len() < 2 {
        return true;
    }
    let paths: BTreeSet<String> = symbols.iter().map(|symbol| rust_path(symbol)).collect();
    let is_glue = |path: &String| {
        path.starts_with("core::ptr::drop_in_place<")
            || path.starts_with("core::ptr::drop_in_place::<")
    };
    // What it calls through `dyn` are the three methods of `fmt::Write` and `fmt`, no two of one place and signature.
    let is_formatting =
        |path: &String| ["core::fmt::", "<core::fmt::"].iter().any(|start| path.starts_with(start));
    paths.iter().all(is_formatting)
        || paths.iter().all(is_glue)
        || paths.len() == 1 && !paths.iter().any(|path| path.contains('{'))
}

/// Whether a file is one of those in which the library passes calls of closures on.
fn passes_on(file: &Path) -> bool {
    let file = file.to_string_lossy();
    ["/library/core/src/ops/function.rs", "/library/alloc/src/boxed.rs"]
        .iter()
        .any(|of| file.ends_with(of))
}

/// The name of a function as line tables have it.
fn own_name(function: &Function) -> String {
    let path = rust_path(&function.name);
    match path.strip_prefix("core::ptr::") {
        Some(glue) if glue.starts_with("drop_in_place<") => glue.to_owned(),
        _ => last(&path).to_owned(),
    }
}

/// Whether a function of the standard library is one of those with which `core` formats.
fn formats(function: &Function) -> bool {
    let path = rust_path(&function.name);
    ["core::fmt::", "<core::fmt::"].iter().any(|start| path.starts_with(start))
        || path.strip_prefix('<').and_then(|path| path.split_once(" as core::fmt::")).is_some_and(
            // What is not made of others: `str`.
            |(ty, _)| ty.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
        )
}

/// What they call, wherever that stands: objects that are formatted, and what is written to.
fn formatting() -> Called {
    Called {
        methods: ["fmt", "write_str", "write_char", "write_fmt"].map(str::to_owned).into(),
        ..Called::default()
    }
}

/// The path of a file within a folder that begins with a slash. On Windows the file has got the drive of the crate that it
/// was compiled into.
fn within<'a>(folder: &str, file: &'a str) -> Option<&'a str> {
    let file = match file.split_once(':') {
        Some((drive, file)) if drive.len() == 1 => file,
        _ => file,
    };
    file.strip_prefix(folder)?.strip_prefix('/')
}

/// Where the sources of the standard library are.
struct Library {
    /// The folder that line tables call `/rustc/HASH`.
    sysroot: Option<(String, PathBuf)>,
}

impl Library {
    fn find() -> Library {
        let say = |arguments: &[&str]| {
            let output = rustc().args(arguments).output().ok()?;
            String::from_utf8(output.stdout).ok()
        };
        let find = || {
            let version = say(&["-vV"])?;
            let hash = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
            let sysroot = say(&["--print", "sysroot"])?;
            let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
            Some((format!("/rustc/{}", hash.trim()), sources))
        };
        Library { sysroot: find() }
    }

    /// The text of a file, if it is what was compiled.
    fn text(&self, file: &Path, sources: Sources) -> Option<String> {
        let (compiled, sysroot) = self.sysroot.as_ref()?;
        if let Some(file) = within(compiled, &file.to_string_lossy()) {
            return std::fs::read_to_string(sysroot.join(file)).ok();
        }
        let changed = file.metadata().ok()?.modified().ok()?;
        (changed <= sources.built).then(|| std::fs::read_to_string(file).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_file_of_the_library_is_found_with_a_drive_and_without() {
        let path = Some("library/core/src/fmt/mod.rs");
        for file in
            ["/rustc/1a2b/library/core/src/fmt/mod.rs", "C:/rustc/1a2b/library/core/src/fmt/mod.rs"]
        {
            assert_eq!(within("/rustc/1a2b", file), path);
        }
        for file in ["/rustc/1a2bc/library/core/src/lib.rs", "C:/my crate/src/lib.rs", "src/lib.rs"]
        {
            assert_eq!(within("/rustc/1a2b", file), None);
        }
    }
}
