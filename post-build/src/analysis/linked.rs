//! A module as lld linked it, with what `--emit-relocs` adds: where the linker wrote the address of
//! which function or object, and where each object of the data begins and ends.
//!
//! Three custom sections hold this: `linking` the symbols, `reloc.CODE` and `reloc.DATA` the
//! relocations, each of them an offset in its section and a symbol. Without them [`Linked`] still
//! has the functions, and [`Linked::relocations`] is `None`.

use super::{ENTRY, PROGRAM, THREAD};
use crate::transform::{LIBRARY_WAIT, NAMESPACE, WAIT, WASI, suspends};
use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use wasm_encoder::{ExportSection, Section};
use wasmparser::{
    BinaryReader, ElementItems, Export, ExportSectionReader, ExternalKind, FuncType, FunctionBody,
    Import, KnownCustom, Linking, Name, Operator, OperatorsReader, Parser, Payload,
    RelocSectionReader, RelocationType, SymbolInfo, TypeRef, ValType,
};

/// What the analysis reads.
#[derive(Default)]
pub struct Linked<'a> {
    /// The file.
    wasm: &'a [u8],
    /// By index; the imports come first.
    pub functions: Vec<Function<'a>>,
    /// The signatures, by the index that [`Function::signature`] holds; no two are equal.
    pub signatures: Vec<FuncType>,
    /// The signature of each type of the module.
    pub types: Vec<Signature>,
    /// The functions whose address exists at all: those in the table.
    pub table: BTreeSet<u32>,
    /// The function that enters fibers.
    pub entry: Option<u32>,
    /// The function that runs when the module is instantiated.
    pub start: Option<u32>,
    /// The function that begins further threads of a program.
    pub thread: Option<u32>,
    /// What the instructions that wait at an address count as calls of: an import, if the program has threads; with
    /// `--std`, a function of the library.
    pub wait: Option<u32>,
    pub relocations: Option<Relocations<'a>>,
    /// Where the code section lies in the file.
    pub code: Range<usize>,
    /// The sections with line tables, by name.
    pub debug: Vec<(&'a str, &'a [u8])>,
}

/// What the name of a function without one begins with.
pub const UNNAMED: char = '#';

/// An index into [`Linked::signatures`].
pub type Signature = u32;

pub struct Function<'a> {
    /// The mangled name, or `#INDEX` in a module without names.
    pub name: String,
    pub signature: Signature,
    /// Whether it can be called from outside.
    pub exported: bool,
    /// The module and the name that it is imported from.
    pub import: Option<(&'a str, &'a str)>,
    /// Whether it is an import that suspends the fiber.
    pub suspends: bool,
    /// None for imports.
    pub body: Option<FunctionBody<'a>>,
    /// The names of its symbols: several where LLVM has merged functions.
    pub symbols: BTreeSet<&'a str>,
}

#[derive(Default)]
pub struct Relocations<'a> {
    /// By the offset in the file, ascending.
    pub code: Vec<(usize, Target)>,
    /// By the place in the data, ascending.
    pub data: Vec<(Place, Target)>,
    pub objects: Vec<Object<'a>>,
    segments: Vec<Segment<'a>>,
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The address of a function: its index in the table.
    Function(u32),
    /// So many bytes behind the beginning of an object.
    Object { object: u32, addend: i32 },
}

/// A place in the data: segment, offset.
pub type Place = (u32, u32);

/// A constant or a static variable.
pub struct Object<'a> {
    pub name: &'a str,
    pub place: Place,
    pub size: u32,
}

struct Segment<'a> {
    name: &'a str,
    bytes: &'a [u8],
    /// Where it lies in the file.
    offset: usize,
}

impl Linked<'_> {
    /// The names of all functions.
    pub fn names(&self) -> HashSet<&str> {
        self.functions.iter().map(|function| function.name.as_str()).collect()
    }

    pub fn read(wasm: &[u8]) -> Result<Linked<'_>> {
        let mut reader = Reader::default();
        reader.linked.wasm = wasm;
        for payload in Parser::new(0).parse_all(wasm) {
            reader.payload(payload?)?;
        }
        reader.finish()
    }

    /// The name of the import of WASI that a call at this offset of the file calls.
    pub fn import_called_at(&self, offset: usize) -> Option<&str> {
        let rest = self.wasm.get(offset..)?;
        let mut reader = OperatorsReader::new(BinaryReader::new(rest, offset));
        let Ok(Operator::Call { function_index }) = reader.read() else { return None };
        let (module, name) = self.functions.get(function_index as usize)?.import?;
        (module == WASI).then_some(name)
    }

    /// The signature of a function, as text: `(i32) -> i32`.
    pub fn signature_of(&self, function: &Function) -> String {
        let ty = &self.signatures[function.signature as usize];
        let list = |types: &[ValType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let results = match ty.results() {
            [one] => one.to_string(),
            several => format!("({})", list(several)),
        };
        format!("({}) -> {results}", list(ty.params()))
    }
}

impl Relocations<'_> {
    /// The relocations inside an object.
    pub fn inside(&self, object: &Object) -> &[(Place, Target)] {
        let (segment, start) = object.place;
        let from = self.data.partition_point(|(place, _)| *place < object.place);
        let end = (segment, start + object.size);
        let to = self.data.partition_point(|(place, _)| *place < end);
        &self.data[from..to.max(from)]
    }

    /// The bytes of an object; none where nothing is stored, because it begins as zeros.
    pub fn bytes(&self, object: &Object) -> &[u8] {
        let (segment, start) = object.place;
        let bytes = self.segments.get(segment as usize).map_or(&[][..], |segment| segment.bytes);
        bytes.get(start as usize..(start + object.size) as usize).unwrap_or_default()
    }

    /// Whether the program cannot write to an object.
    pub fn is_constant(&self, object: &Object) -> bool {
        self.segments
            .get(object.place.0 as usize)
            .is_some_and(|segment| segment.name.starts_with(".rodata"))
    }
}

/// Whether a section holds symbols or relocations.
fn is_of_linker(section: &str) -> bool {
    section == "linking" || section.starts_with("reloc.")
}

/// What the names of the sections with line tables begin with.
const DEBUG: &str = ".debug_";

/// The module without its relocations and line tables, which are wrong as soon as anything changes it. Names come last:
/// whoever reads them in front of the functions drops them.
pub fn without_relocations(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut kept = Vec::with_capacity(wasm.len());
    let mut names: Vec<u8> = Vec::new();
    let mut copied = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        // Each begins where the one before it ended: a section, with its number and length, behind the version.
        let end = match (&payload, payload.as_section()) {
            (Payload::Version { range, .. }, _) => range.end,
            (_, Some((_, range))) => range.end,
            _ => continue,
        };
        let bytes = &wasm[copied..end];
        copied = end;
        match &payload {
            Payload::CustomSection(section) if section.name() == "name" => names.extend(bytes),
            Payload::CustomSection(section)
                if is_of_linker(section.name()) || section.name().starts_with(DEBUG) => {}
            Payload::ExportSection(exports) => without_hooks(exports.clone())?.append_to(&mut kept),
            _ => kept.extend(bytes),
        }
    }
    kept.extend(names);
    Ok(kept)
}

/// Whether only std calls it, with `--std`, and not JavaScript.
fn is_hook(export: &Export) -> bool {
    export.name.starts_with("__suspendable_std_")
}

/// Without what only std calls: it has been linked.
fn without_hooks(exports: ExportSectionReader) -> Result<ExportSection> {
    let mut kept = ExportSection::new();
    for export in exports {
        let export = export?;
        if !is_hook(&export) {
            kept.export(export.name, export.kind.into(), export.index);
        }
    }
    Ok(kept)
}

/// The sections, as far as they have been read.
#[derive(Default)]
struct Reader<'a> {
    linked: Linked<'a>,
    /// The signatures so far.
    known: HashMap<FuncType, Signature>,
    /// Where the data section begins in the file: relocations count from there.
    data: usize,
    imported: usize,
    is_shared: bool,
    bodies: Vec<FunctionBody<'a>>,
    exported: Vec<u32>,
    names: HashMap<u32, &'a str>,
    segments: Vec<Segment<'a>>,
    segment_names: Vec<&'a str>,
    symbols: Vec<SymbolInfo<'a>>,
    relocations: Vec<RelocSectionReader<'a>>,
    data_relocations: Vec<RelocSectionReader<'a>>,
}

impl<'a> Reader<'a> {
    fn payload(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.add_type(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.add_import(&import?)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.add_function(ty?, None)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.add_export(&export?);
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.add_elements(element?.items)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.is_shared |= memory?.shared;
                }
            }
            Payload::StartSection { func, .. } => self.linked.start = Some(func),
            Payload::CodeSectionStart { range, .. } => self.linked.code = range,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(data) => {
                self.data = data.range().start;
                for segment in data {
                    let segment = segment?;
                    self.segments.push(Segment {
                        name: "",
                        bytes: segment.data,
                        offset: segment.range.end - segment.data.len(),
                    });
                }
            }
            Payload::CustomSection(section) => {
                if section.name().starts_with(DEBUG) {
                    self.linked.debug.push((section.name(), section.data()));
                }
                let name = section.name();
                self.custom(name, section.as_known())
                    .with_context(|| format!("the section `{name}` is damaged: build it again"))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn custom(&mut self, name: &str, section: KnownCustom<'a>) -> Result<()> {
        match section {
            KnownCustom::Name(names) => {
                for name in names {
                    if let Name::Function(functions) = name? {
                        for naming in functions {
                            let naming = naming?;
                            self.names.insert(naming.index, naming.name);
                        }
                    }
                }
            }
            KnownCustom::Linking(linking) => {
                for subsection in linking {
                    match subsection? {
                        Linking::SymbolTable(symbols) => {
                            self.symbols = symbols.into_iter().collect::<Result<_, _>>()?;
                        }
                        Linking::SegmentInfo(segments) => {
                            for segment in segments {
                                self.segment_names.push(segment?.name);
                            }
                        }
                        _ => {}
                    }
                }
            }
            KnownCustom::Reloc(relocations) => match name {
                "reloc.CODE" => self.relocations.push(relocations),
                "reloc.DATA" => self.data_relocations.push(relocations),
                _ => {}
            },
            KnownCustom::Unknown if is_of_linker(name) => bail!("its first bytes say nothing"),
            _ => {}
        }
        Ok(())
    }

    fn add_type(&mut self, ty: FuncType) {
        let signatures = &mut self.linked.signatures;
        let signature = *self.known.entry(ty).or_insert_with_key(|ty| {
            signatures.push(ty.clone());
            signatures.len() as Signature - 1
        });
        self.linked.types.push(signature);
    }

    fn add_import(&mut self, import: &Import<'a>) -> Result<()> {
        match import.ty {
            TypeRef::Func(ty) => {
                self.add_function(ty, Some((import.module, import.name)))?;
                self.imported += 1;
            }
            TypeRef::Memory(memory) => self.is_shared |= memory.shared,
            _ => {}
        }
        Ok(())
    }

    fn add_function(&mut self, ty: u32, import: Option<(&'a str, &'a str)>) -> Result<()> {
        let signature = self.linked.types.get(ty as usize);
        self.linked.functions.push(Function {
            name: String::new(),
            signature: *signature.context("a function has an unknown type")?,
            exported: false,
            import,
            suspends: import.is_some_and(|(module, name)| suspends(module, name)),
            body: None,
            symbols: BTreeSet::new(),
        });
        Ok(())
    }

    fn add_export(&mut self, export: &Export) {
        if export.kind == ExternalKind::Func {
            if !is_hook(export) {
                self.exported.push(export.index);
            }
            let is_program = export.name == PROGRAM && self.linked.entry.is_none();
            if export.name == ENTRY || is_program {
                self.linked.entry = Some(export.index);
            }
            if export.name == LIBRARY_WAIT {
                self.linked.wait = Some(export.index);
            }
            if export.name == THREAD {
                self.linked.thread = Some(export.index);
            }
        }
    }

    fn add_elements(&mut self, items: ElementItems) -> Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.linked.table.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    for operator in expression?.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.linked.table.insert(function_index);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Linked<'a>> {
        self.linked.relocations = self.relocations().context(
            "the symbols and relocations (the sections `linking` and `reloc.…`) are damaged: build it again",
        )?;
        let functions = &mut self.linked.functions;
        for (function, body) in functions.iter_mut().skip(self.imported).zip(self.bodies) {
            function.body = Some(body);
        }
        for symbol in &self.symbols {
            if let SymbolInfo::Func { index, name: Some(name), .. } = symbol
                && let Some(function) = functions.get_mut(*index as usize)
            {
                function.symbols.insert(name);
            }
        }
        for index in self.exported {
            let function = functions.get_mut(index as usize);
            function.context("an export names no function")?.exported = true;
        }
        for (index, function) in functions.iter_mut().enumerate() {
            function.name = match self.names.get(&(index as u32)) {
                Some(name) => (*name).to_owned(),
                None => format!("{UNNAMED}{index}"),
            };
        }
        if self.is_shared {
            self.linked.wait = Some(functions.len() as u32);
            functions.push(Function {
                name: "memory.atomic.wait".to_owned(),
                signature: 0,
                exported: false,
                import: Some((NAMESPACE, WAIT)),
                suspends: true,
                body: None,
                symbols: BTreeSet::new(),
            });
        }
        Ok(self.linked)
    }

    /// None if the module was linked without them.
    fn relocations(&mut self) -> Result<Option<Relocations<'a>>> {
        if self.symbols.is_empty() || self.relocations.is_empty() {
            return Ok(None);
        }
        for (segment, name) in self.segments.iter_mut().zip(&self.segment_names) {
            segment.name = name;
        }
        let (targets, objects) = self.targets()?;
        let mut relocations = Relocations { objects, ..Relocations::default() };
        for (offset, target) in resolve(&self.relocations, &targets)? {
            relocations.code.push((self.linked.code.start + offset, target));
        }
        for (offset, target) in resolve(&self.data_relocations, &targets)? {
            let place = self.place(self.data + offset);
            relocations.data.push((place.context("a relocation lies outside the data")?, target));
        }
        relocations.code.sort_by_key(|(offset, _)| *offset);
        relocations.data.sort_by_key(|(place, _)| *place);
        relocations.segments = std::mem::take(&mut self.segments);
        Ok(Some(relocations))
    }

    /// What each symbol stands for, and the objects among them.
    fn targets(&self) -> Result<(Vec<Option<Target>>, Vec<Object<'a>>)> {
        let functions = self.linked.functions.len();
        let mut objects = Vec::new();
        let mut target = |symbol: &SymbolInfo<'a>| match *symbol {
            SymbolInfo::Func { index, .. } => {
                ensure!((index as usize) < functions, "a symbol is of no function");
                Ok(Some(Target::Function(index)))
            }
            SymbolInfo::Data { name, symbol: Some(symbol), .. } => {
                let end = symbol.offset.checked_add(symbol.size);
                ensure!(end.is_some(), "the object `{name}` has no end");
                objects.push(Object {
                    name,
                    place: (symbol.index, symbol.offset),
                    size: symbol.size,
                });
                let object = objects.len() as u32 - 1;
                Ok(Some(Target::Object { object, addend: 0 }))
            }
            _ => Ok(None),
        };
        let targets = self.symbols.iter().map(&mut target).collect::<Result<_>>()?;
        Ok((targets, objects))
    }

    /// The place in the data at an offset in the file.
    fn place(&self, offset: usize) -> Option<Place> {
        let segment =
            self.segments.partition_point(|segment| segment.offset <= offset).checked_sub(1)?;
        let in_segment = offset - self.segments[segment].offset;
        (in_segment < self.segments[segment].bytes.len())
            .then_some((segment as u32, in_segment as u32))
    }
}

/// The relocations that refer to functions or objects.
///
/// Relocations of other kinds (types, globals, tables, direct calls) say nothing that the code does
/// not say.
fn resolve(
    sections: &[RelocSectionReader],
    targets: &[Option<Target>],
) -> Result<Vec<(usize, Target)>> {
    let mut resolved = Vec::new();
    for section in sections {
        for entry in section.entries() {
            let entry = entry?;
            use RelocationType::*;
            if !matches!(
                entry.ty,
                TableIndexSleb | TableIndexI32 | MemoryAddrLeb | MemoryAddrSleb | MemoryAddrI32
            ) {
                continue;
            }
            let target = targets.get(entry.index as usize);
            let target = match *target.context("a relocation has no symbol")? {
                Some(Target::Object { object, .. }) => {
                    Some(Target::Object { object, addend: entry.addend as i32 })
                }
                other => other,
            };
            resolved.extend(target.map(|target| (entry.offset as usize, target)));
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::{Linked, without_relocations};
    use walrus::Module;

    /// Tools write sections where they want.
    #[test]
    fn sections_of_the_linker_are_left_out_and_names_come_last() {
        let text = r#"(module
            (@custom "linking" (before first) "\02")
            (@custom "name" (before first) "\01\08\01\00\05again")
            (@custom "reloc.CODE" (before code) "\03\00")
            (@custom ".debug_line" (after code) "line")
            (@custom "kept" (after last) "")
            (func))"#;
        let wasm = without_relocations(&wat::parse_str(text).unwrap()).unwrap();
        let module = Module::from_buffer(&wasm).unwrap();
        let names: Vec<_> = module.funcs.iter().map(|one| one.name.as_deref()).collect();
        assert_eq!(names, [Some("again")]);
        let left: Vec<_> =
            module.customs.iter().map(|(_, custom)| custom.name().to_owned()).collect();
        assert_eq!(left, ["kept"]);
    }

    /// What std does not reach of them is not in the package.
    #[test]
    fn hooks_of_std_are_called_by_nobody_else() {
        let text = r#"(module (func (export "__suspendable_std_fs_open")) (func (export "run")))"#;
        let wasm = wat::parse_str(text).unwrap();
        let linked = Linked::read(&wasm).unwrap();
        let exported: Vec<_> = linked.functions.iter().map(|one| one.exported).collect();
        assert_eq!(exported, [false, true]);
        let module = Module::from_buffer(&without_relocations(&wasm).unwrap()).unwrap();
        let names: Vec<_> = module.exports.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["run"]);
    }
}
