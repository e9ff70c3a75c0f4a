//! With which types C calls functions, and which they have; and what its fields hold.
//!
//! In C, a function is called through a pointer of its own type: any other call is undefined, and compilers refuse to
//! convert one such pointer to another without a cast. So `void (*)(Page *)` reaches no `void (Value *)`, though both are
//! `(i32) -> ()`. Of C, cargo's build scripts make full debug information wherever there is some of Rust, with all types;
//! and the sources have the name behind which the arguments of a call stand ([`c`](super::c)): of a field, a variable or a
//! parameter, whose types the debug information has. Where two calls became one, that have no place, the type of the
//! variable tells in which the pointer is.
//!
//! Pointers to structs are told apart, by the names of the structs: bytes, numbers and what is `void` are often taken
//! for one another. Functions of Rust that C calls say `*mut Page` in their sources. Nor does C call methods in vtables of
//! Rust.
//!
//! A field that no code of C assigns to holds what structs begin as: constants of methods, as a rule. A function whose
//! address code only passes on, or assigns to other fields, is not in it.
//!
//! What is in doubt counts as any: functions whose names stand behind a cast, names of macros, types without parameters,
//! with any number of them, or with structs that are passed as such. If a file of C cannot be read, no field is known.

use super::super::linked::{Function, Linked};
use super::super::symbols::last;
use super::c::Uses;
use super::lines::files;
use super::scopes::{Input, dwarf};
use crate::transform::rust_path;
use gimli::{AttributeValue, DwTag, UnitOffset};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

/// What is told of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// A pointer to this struct.
    Struct(String),
    /// A pointer to anything else.
    Pointer,
    Number,
    /// Of what a function returns.
    Nothing,
    Any,
}

/// What a function returns, and its parameters.
pub type Prototype = Vec<Parameter>;

/// Whether a function of one type can be called with the other.
fn are_equal(one: &Prototype, other: &Prototype) -> bool {
    let is = |(one, other): (&Parameter, &Parameter)| {
        one == other || [one, other].contains(&&Parameter::Any)
    };
    one.len() == other.len() && one.iter().zip(other).all(is)
}

/// How C calls a pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallOfC {
    /// As one of these types; none if that is not known.
    types: Option<BTreeSet<Prototype>>,
    /// Whether it is in a field that nothing is assigned to.
    is_settled: bool,
}

/// What is known of a function that C can call.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Several if it is cast.
    prototypes: Vec<Prototype>,
    /// Whether code of C that takes its address puts it into no struct but by assigning it to a field.
    is_assigned: bool,
}

impl CallOfC {
    pub const UNKNOWN: CallOfC = CallOfC { types: None, is_settled: false };

    /// `in_data` says whether the function's address is in the data, or taken by code that is not of C.
    pub fn can_reach(&self, function: Option<&Callback>, in_data: impl Fn() -> bool) -> bool {
        let (Some(types), Some(function)) = (&self.types, function) else { return true };
        types.iter().any(|ty| function.prototypes.iter().any(|own| are_equal(ty, own)))
            && (!self.is_settled || !function.is_assigned || in_data())
    }
}

/// By the name, and whether it is a field's.
type Pointers = HashMap<(String, bool), Option<BTreeSet<Prototype>>>;

/// What the units of C say.
#[derive(Default)]
pub struct Types {
    /// Where the code of each unit's functions lies in the module's file.
    code: Vec<(usize, usize, usize)>,
    /// By unit, then by the name of a field, or of a variable or a parameter; none where one type is not known.
    pointers: Vec<Pointers>,
    /// By where a function begins in the module's file: its name and its type.
    functions: HashMap<usize, (String, Prototype)>,
    /// The structs, by their names and by others for them.
    structs: HashMap<String, String>,
    /// The names of fields that hold a function's address, but for those that share their memory with others.
    fields: HashSet<String>,
    shared: HashSet<String>,
    /// The fields of variables: unit and name. By the variable, and where in it.
    variables: HashMap<(String, u32), (usize, String)>,
    /// All files.
    pub files: BTreeSet<PathBuf>,
}

impl Types {
    pub fn read(linked: &Linked) -> Types {
        let mut types = Types::default();
        // Without them nothing is left out.
        read(linked, &mut types).map_or_else(|_| Types::default(), |()| types)
    }

    /// The unit of C that the code at this offset of the module's file is of.
    pub fn unit(&self, offset: usize) -> Option<usize> {
        let after = self.code.partition_point(|(from, ..)| *from <= offset);
        let (_, to, unit) = *self.code.get(after.checked_sub(1)?)?;
        (offset < to).then_some(unit)
    }

    /// Where the code of a function begins in the module's file, if it is of C.
    pub fn start_of(&self, function: &Function) -> Option<usize> {
        let body = function.body.as_ref()?.range();
        let from = self.code.partition_point(|(from, ..)| *from < body.start);
        let (start, ..) = self.code.get(from).filter(|(start, ..)| *start < body.end)?;
        Some(*start)
    }

    /// How something with this name is called in a unit, and whether it is a field.
    pub fn call(&self, unit: usize, name: &str, is_field: bool, uses: Option<&Uses>) -> CallOfC {
        let types = self.pointers[unit].get(&(name.to_owned(), is_field)).cloned().flatten();
        let is_known = is_field && self.fields.contains(name) && !self.shared.contains(name);
        let uses = uses.filter(|uses| is_known && !uses.pastes && types.is_some());
        CallOfC { types, is_settled: uses.is_some_and(|uses| !uses.assigned.contains(name)) }
    }

    /// The field of a variable, and its unit.
    pub fn field(&self, variable: &str, place: u32) -> Option<(usize, &str)> {
        let (unit, name) = self.variables.get(&(variable.to_owned(), place))?;
        Some((*unit, name))
    }

    /// What is known of a function of C.
    pub fn of(&self, linked: &Linked, function: u32, uses: &Uses) -> Option<Callback> {
        let function = &linked.functions[function as usize];
        let (name, prototype) = self.functions.get(&self.start_of(function)?)?;
        let is_whole =
            linked.signatures[function.signature as usize].params().len() + 1 == prototype.len();
        let mut prototypes = vec![prototype.clone()];
        for cast in uses.cast.get(&name[..]).into_iter().flatten() {
            prototypes.push(self.of_cast(cast.as_ref()?));
        }
        is_whole.then(|| Callback {
            prototypes,
            is_assigned: !uses.initial.contains(&name[..]) && !self.is_initial(prototype, uses),
        })
    }

    /// The type that a cast says.
    fn of_cast(&self, types: &[Vec<&str>]) -> Prototype {
        let of = |(at, ty): (usize, &Vec<&str>)| {
            let words: Vec<_> =
                ty.iter().copied().filter(|word| !["const", "struct"].contains(word)).collect();
            match &words[..] {
                ["void"] if at > 0 => None,
                ["void"] => Some(Parameter::Nothing),
                ["int"] => Some(Parameter::Number),
                ["void" | "char", "*"] => Some(Parameter::Pointer),
                [name, "*"] if self.structs.contains_key(*name) => {
                    Some(Parameter::Struct(self.structs[*name].clone()))
                }
                _ => Some(Parameter::Any),
            }
        };
        types.iter().enumerate().filter_map(of).collect()
    }

    /// Whether a struct may begin with a pointer of this type that is held by a variable or a parameter.
    fn is_initial(&self, prototype: &Prototype, uses: &Uses) -> bool {
        let known = self.pointers.iter().flatten();
        let held = |((name, is_field), _): &(&(String, bool), _)| {
            !is_field && uses.initial.contains(&name[..])
        };
        known.filter(held).any(|(_, types)| {
            types.as_ref().is_none_or(|types| types.iter().any(|ty| are_equal(ty, prototype)))
        })
    }

    /// The type of a function of Rust that C can call, by its source and the line on which it begins, or behind that.
    pub fn of_rust(
        &self,
        linked: &Linked,
        function: &Function,
        source: &str,
        line: u32,
    ) -> Option<Callback> {
        if function.symbols.len() > 1 {
            return None;
        }
        let path = rust_path(&function.name);
        let start = format!("fn {}", last(&path));
        let before: usize = source.split_inclusive('\n').take(line as usize).map(str::len).sum();
        let at = source[..before].rfind(&start)?;
        let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
        source[line..at].contains("extern").then_some(())?;
        let mut rest = &source[at + start.len()..];
        if rest.starts_with('<') {
            rest = &rest[rest.find('>')? + 1..];
        }
        let rest = rest.strip_prefix('(')?;
        let list = rest[..rest.find(')')?].trim().trim_end_matches(',');
        if list.contains(['(', '<', '#']) {
            return None;
        }
        let parameter = |text: &str| {
            let ty = text.split_once(':').map_or("", |(_, ty)| ty.trim());
            if is_integer(ty) {
                return Parameter::Number;
            }
            let ty = ["*mut ", "*const "].iter().find_map(|pointer| ty.strip_prefix(pointer));
            let name = ty.and_then(|ty| self.structs.get(ty.rsplit("::").next()?.trim()));
            name.map_or(Parameter::Any, |name| Parameter::Struct(name.clone()))
        };
        let parameters = list.split(',').filter(|text| !text.is_empty()).map(parameter);
        let result = rest[rest.find(')')? + 1..].trim_start().strip_prefix("->");
        let result = result.map(|ty| &ty[..ty.find(['{', ';']).unwrap_or_default()]);
        let result = result.map(|ty| ty.split_whitespace().next().unwrap_or_default());
        let result = result.map_or(Parameter::Any, |ty| match is_integer(ty) {
            true => Parameter::Number,
            false => Parameter::Any,
        });
        let prototype: Prototype = [result].into_iter().chain(parameters).collect();
        let params = linked.signatures[function.signature as usize].params().len();
        let is_whole = prototype.len() == params + 1;
        is_whole.then(|| Callback { prototypes: vec![prototype], is_assigned: false })
    }
}

/// Whether a type of Rust is no pointer for C.
fn is_integer(ty: &str) -> bool {
    let name = ty.rsplit("::").next().unwrap_or_default();
    ["c_int", "c_uint", "i32", "u32"].contains(&name)
}

/// The languages of units: C of 1989, before, of 1999, 2011 and 2017.
const LANGUAGES: [gimli::DwLang; 5] = [
    gimli::DW_LANG_C89,
    gimli::DW_LANG_C,
    gimli::DW_LANG_C99,
    gimli::DW_LANG_C11,
    gimli::DW_LANG_C17,
];

fn read(linked: &Linked, types: &mut Types) -> gimli::Result<()> {
    let dwarf = dwarf(linked)?;
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        let Some((_, root)) = entries.next_dfs()? else { continue };
        let language = root.attr_value(gimli::DW_AT_language)?;
        if !matches!(language, Some(AttributeValue::Language(c)) if LANGUAGES.contains(&c)) {
            continue;
        }
        types.files.extend(files(&dwarf, &unit)?);
        let unit = Unit::read(&dwarf, &unit)?;
        unit.add_to(linked, types);
    }
    types.code.sort_unstable();
    Ok(())
}

/// What a unit has of types, names and functions.
#[derive(Default)]
struct Unit {
    entries: HashMap<UnitOffset, Entry>,
}

struct Entry {
    tag: DwTag,
    /// What it stands in.
    parent: Option<UnitOffset>,
    /// Where a field is in its struct.
    place: Option<u64>,
    name: Option<String>,
    ty: Option<UnitOffset>,
    origin: Option<UnitOffset>,
    is_prototyped: bool,
    /// The types of its parameters; none for an ellipsis.
    parameters: Vec<Option<UnitOffset>>,
    members: Vec<UnitOffset>,
    /// Of code.
    ranges: Vec<(u64, u64)>,
}

impl Unit {
    fn read<'a>(
        dwarf: &gimli::Dwarf<Input<'a>>,
        unit: &gimli::Unit<Input<'a>>,
    ) -> gimli::Result<Unit> {
        let mut read = Unit::default();
        let mut open: Vec<(isize, UnitOffset)> = Vec::new(); // from the outermost
        let mut depth = 0;
        let mut entries = unit.entries();
        while let Some((by, entry)) = entries.next_dfs()? {
            depth += by;
            open.retain(|(at, _)| *at < depth);
            let reference = |attribute| -> gimli::Result<Option<UnitOffset>> {
                Ok(match entry.attr_value(attribute)? {
                    Some(AttributeValue::UnitRef(offset)) => Some(offset),
                    _ => None,
                })
            };
            let ty = reference(gimli::DW_AT_type)?;
            let parent = open.last().map(|(_, parent)| *parent);
            let within = parent.and_then(|parent| read.entries.get_mut(&parent));
            match (entry.tag(), within) {
                (gimli::DW_TAG_formal_parameter, Some(parent)) => parent.parameters.push(ty),
                (gimli::DW_TAG_unspecified_parameters, Some(parent)) => {
                    parent.parameters.push(None)
                }
                (gimli::DW_TAG_member, Some(parent)) => parent.members.push(entry.offset()),
                _ => {}
            }
            let name = entry.attr_value(gimli::DW_AT_name)?;
            let name = name.map(|name| dwarf.attr_string(unit, name)).transpose()?;
            let mut ranges = Vec::new();
            if entry.tag() == gimli::DW_TAG_subprogram {
                let mut found = dwarf.die_ranges(unit, entry)?;
                while let Some(range) = found.next()? {
                    ranges.push((range.begin, range.end));
                }
            }
            open.push((depth, entry.offset()));
            let place = entry.attr_value(gimli::DW_AT_data_member_location)?;
            read.entries.insert(
                entry.offset(),
                Entry {
                    tag: entry.tag(),
                    parent,
                    place: place.and_then(|place| place.udata_value()),
                    name: name.map(|name| name.to_string_lossy().into_owned()),
                    ty,
                    origin: reference(gimli::DW_AT_abstract_origin)?
                        .or(reference(gimli::DW_AT_specification)?),
                    is_prototyped: entry.attr_value(gimli::DW_AT_prototyped)?.is_some(),
                    parameters: Vec::new(),
                    members: Vec::new(),
                    ranges,
                },
            );
        }
        Ok(read)
    }

    fn add_to(&self, linked: &Linked, types: &mut Types) {
        let unit = types.pointers.len();
        types.pointers.push(HashMap::new());
        for entry in self.entries.values() {
            for (from, to) in &entry.ranges {
                // What the linker left out stays, at addresses that do not exist.
                if *from == 0 || *to > linked.code.len() as u64 {
                    continue;
                }
                let [from, to] = [*from, *to].map(|at| linked.code.start + at as usize);
                types.code.push((from, to, unit));
                let origin = entry.origin.and_then(|origin| self.entries.get(&origin));
                let function = origin.unwrap_or(entry);
                if let (Some(name), Some(prototype)) = (&function.name, self.prototype(function)) {
                    types.functions.insert(from, (name.clone(), prototype));
                }
            }
            let Some(name) = &entry.name else { continue };
            let parent = entry.parent.and_then(|parent| self.entries.get(&parent));
            let parent = parent.map(|parent| parent.tag);
            if entry.tag == gimli::DW_TAG_variable && parent == Some(gimli::DW_TAG_compile_unit) {
                self.add_fields(unit, name, 0, entry, &mut types.variables);
            }
            if entry.tag == gimli::DW_TAG_member {
                let ty = entry.ty.and_then(|ty| self.plain(ty));
                let is_array = entry.ty.is_some_and(|ty| self.is_array(ty));
                match ty.map(|ty| ty.tag == gimli::DW_TAG_pointer_type) {
                    Some(true) if parent == Some(gimli::DW_TAG_structure_type) && !is_array => {
                        types.fields.insert(name.clone());
                    }
                    _ => drop(types.shared.insert(name.clone())),
                }
            }
            match entry.tag {
                gimli::DW_TAG_member | gimli::DW_TAG_formal_parameter | gimli::DW_TAG_variable => {
                    if let Some(function) = entry.ty.and_then(|ty| self.pointed_to(ty)) {
                        let name = (name.clone(), entry.tag == gimli::DW_TAG_member);
                        let known = types.pointers[unit].entry(name);
                        let known = known.or_insert_with(|| Some(BTreeSet::new()));
                        *known = known.take().zip(self.prototype(function)).map(
                            |(mut known, prototype)| {
                                known.insert(prototype);
                                known
                            },
                        );
                    }
                }
                gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                    types.structs.insert(name.clone(), name.clone());
                }
                gimli::DW_TAG_typedef => {
                    if let Some(of) = entry.ty.and_then(|ty| self.name_of_struct(ty)) {
                        types.structs.insert(name.clone(), of.unwrap_or(name).clone());
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the fields of a variable, and those of structs in it.
    fn add_fields(
        &self,
        unit: usize,
        variable: &str,
        place: u64,
        of: &Entry,
        fields: &mut HashMap<(String, u32), (usize, String)>,
    ) {
        let Some(ty) = of.ty.filter(|ty| !self.is_array(*ty)).and_then(|ty| self.plain(ty)) else {
            return;
        };
        if ty.tag != gimli::DW_TAG_structure_type {
            if let (gimli::DW_TAG_member, Some(name)) = (of.tag, &of.name) {
                fields.insert((variable.to_owned(), place as u32), (unit, name.clone()));
            }
            return;
        }
        for member in &ty.members {
            let member = &self.entries[member];
            if let Some(at) = member.place {
                self.add_fields(unit, variable, place + at, member, fields);
            }
        }
    }

    fn is_array(&self, mut ty: UnitOffset) -> bool {
        while let Some(entry) = self.entries.get(&ty) {
            match (entry.tag, entry.ty) {
                (gimli::DW_TAG_array_type, _) => return true,
                (gimli::DW_TAG_pointer_type, _) | (_, None) => return false,
                (_, Some(of)) => ty = of,
            }
        }
        false
    }

    /// What a type is without names for it and words before it; arrays are what they are made of.
    fn plain(&self, mut ty: UnitOffset) -> Option<&Entry> {
        loop {
            let entry = self.entries.get(&ty)?;
            match entry.tag {
                gimli::DW_TAG_typedef
                | gimli::DW_TAG_const_type
                | gimli::DW_TAG_volatile_type
                | gimli::DW_TAG_restrict_type
                | gimli::DW_TAG_atomic_type
                | gimli::DW_TAG_array_type => ty = entry.ty?,
                _ => return Some(entry),
            }
        }
    }

    /// The type of function that a pointer points to.
    fn pointed_to(&self, ty: UnitOffset) -> Option<&Entry> {
        let pointer = self.plain(ty).filter(|of| of.tag == gimli::DW_TAG_pointer_type)?;
        self.plain(pointer.ty?).filter(|of| of.tag == gimli::DW_TAG_subroutine_type)
    }

    /// None if it is not known.
    fn prototype(&self, function: &Entry) -> Option<Prototype> {
        if !function.is_prototyped {
            return None;
        }
        let returned = function.ty.map_or(Parameter::Nothing, |ty| self.parameter(ty));
        let mut parameters = function.parameters.iter();
        parameters.try_fold(vec![returned], |mut known, ty| {
            known.push(self.parameter((*ty)?));
            Some(known)
        })
    }

    fn parameter(&self, ty: UnitOffset) -> Parameter {
        let Some(plain) = self.plain(ty) else { return Parameter::Any };
        let pointer = match plain.tag {
            gimli::DW_TAG_pointer_type => plain,
            gimli::DW_TAG_base_type | gimli::DW_TAG_enumeration_type => return Parameter::Number,
            _ => return Parameter::Any,
        };
        match pointer.ty.map(|ty| self.name_of_struct(ty)) {
            Some(Some(Some(name))) => Parameter::Struct(name.clone()),
            // A struct without a name.
            Some(Some(None)) => Parameter::Any,
            _ => Parameter::Pointer,
        }
    }

    /// If it is a struct: its own name, or else one that it is known by.
    fn name_of_struct(&self, mut ty: UnitOffset) -> Option<Option<&String>> {
        let mut other = None;
        loop {
            let entry = self.entries.get(&ty)?;
            match entry.tag {
                gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                    return Some(entry.name.as_ref().or(other));
                }
                gimli::DW_TAG_typedef => other = entry.name.as_ref(),
                gimli::DW_TAG_const_type
                | gimli::DW_TAG_volatile_type
                | gimli::DW_TAG_atomic_type => {}
                _ => return None,
            }
            ty = entry.ty?;
        }
    }
}
