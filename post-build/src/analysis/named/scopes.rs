//! Which function an instruction was inlined from (DWARF): its name has the types that it was compiled for.
//!
//! ```text
//! drop_in_place<alloc::boxed::Box<dyn std::io::Write, alloc::alloc::Global>>      call_once<app::{closure_env#0}, (u32)>
//! ```

use super::super::linked::Linked;
use super::super::symbols::{CALLS, outside};
use gimli::{
    AttributeValue, DW_AT_abstract_origin, DW_AT_name, DW_AT_specification,
    DW_TAG_inlined_subroutine, DW_TAG_subprogram, DebuggingInformationEntry, Dwarf, EndianSlice,
    LittleEndian, Unit,
};
use std::collections::HashMap;

pub type Input<'a> = EndianSlice<'a, LittleEndian>;

/// What the module has of DWARF.
pub fn dwarf<'a>(linked: &Linked<'a>) -> gimli::Result<Dwarf<Input<'a>>> {
    Dwarf::load(|id| {
        let found = linked.debug.iter().find(|(name, _)| *name == id.name());
        Ok(Input::new(found.map_or(&[], |(_, data)| *data), LittleEndian))
    })
}

/// The names of functions at some offsets of the module's file.
#[derive(Default)]
pub struct Scopes {
    /// Of the innermost one, inlined or not.
    pub innermost: HashMap<usize, String>,
    /// Of the one that was inlined nowhere.
    pub outermost: HashMap<usize, String>,
}

impl Scopes {
    /// Those at `offsets`, which ascend.
    pub fn read(linked: &Linked, offsets: &[usize]) -> Scopes {
        let mut found = Scopes::default();
        // Without names of types nothing is left out.
        read(linked, offsets, &mut found).map_or_else(|_| Scopes::default(), |()| found)
    }
}

fn read(linked: &Linked, offsets: &[usize], found: &mut Scopes) -> gimli::Result<()> {
    let debug = Debug::read(linked)?;
    debug.functions_at(offsets, |unit, entry, inside| {
        let name = debug.name_of(unit, entry)?.unwrap_or_default();
        for offset in inside {
            found.innermost.insert(*offset, name.clone());
            if entry.tag() == DW_TAG_subprogram {
                found.outermost.insert(*offset, name.clone());
            }
        }
        Ok(())
    })
}

/// A module with its units of DWARF.
pub struct Debug<'l, 'a> {
    pub linked: &'l Linked<'a>,
    pub dwarf: Dwarf<Input<'a>>,
    pub units: Vec<Unit<Input<'a>>>,
}

impl<'l, 'a> Debug<'l, 'a> {
    pub fn read(linked: &'l Linked<'a>) -> gimli::Result<Self> {
        let dwarf = dwarf(linked)?;
        let mut headers = dwarf.units();
        let mut units = Vec::new();
        while let Some(header) = headers.next()? {
            units.push(dwarf.unit(header)?);
        }
        Ok(Debug { linked, dwarf, units })
    }

    /// Shows each function, inlined or not, that has some of the `offsets` of the module's file, which ascend, with
    /// these. Outer ones come first.
    pub fn functions_at(
        &self,
        offsets: &[usize],
        mut show: impl FnMut(
            &Unit<Input<'a>>,
            &DebuggingInformationEntry<Input<'a>>,
            &[usize],
        ) -> gimli::Result<()>,
    ) -> gimli::Result<()> {
        let code = &self.linked.code;
        for unit in &self.units {
            let mut entries = unit.entries();
            while let Some((_, entry)) = entries.next_dfs()? {
                if ![DW_TAG_subprogram, DW_TAG_inlined_subroutine].contains(&entry.tag()) {
                    continue;
                }
                let mut inside = Vec::new();
                let mut ranges = self.dwarf.die_ranges(unit, entry)?;
                while let Some(range) = ranges.next()? {
                    // What the linker left out stays, at addresses that do not exist.
                    if range.begin == 0 || range.end > code.len() as u64 {
                        continue;
                    }
                    let [from, to] = [range.begin, range.end].map(|at| code.start + at as usize);
                    let first = offsets.partition_point(|offset| *offset < from);
                    inside.extend(offsets[first..].iter().take_while(|offset| **offset < to));
                }
                if !inside.is_empty() {
                    show(unit, entry, &inside)?;
                }
            }
        }
        Ok(())
    }

    /// The name that an entry has, or what it is an instance of.
    pub fn name_of(
        &self,
        unit: &Unit<Input<'a>>,
        entry: &DebuggingInformationEntry<Input<'a>>,
    ) -> gimli::Result<Option<String>> {
        let Debug { dwarf, units, .. } = self;
        if let Some(name) = entry.attr_value(DW_AT_name)? {
            return Ok(Some(dwarf.attr_string(unit, name)?.to_string_lossy().into_owned()));
        }
        for attribute in [DW_AT_abstract_origin, DW_AT_specification] {
            let (unit, origin) = match entry.attr_value(attribute)? {
                Some(AttributeValue::UnitRef(origin)) => (unit, origin),
                // Of another unit.
                Some(AttributeValue::DebugInfoRef(origin)) => {
                    let of = |unit: &Unit<Input<'a>>| origin.to_unit_offset(&unit.header);
                    match units.iter().find_map(|unit| Some((unit, of(unit)?))) {
                        Some(found) => found,
                        None => continue,
                    }
                }
                _ => continue,
            };
            return self.name_of(unit, &unit.entry(origin)?);
        }
        Ok(None)
    }
}

/// The name of a function without its types, if it has one: not that of a closure.
pub fn last(function: &str) -> Option<&str> {
    let name = &function[..function.find('<').unwrap_or(function.len())];
    name.starts_with(|first: char| first.is_alphabetic() || first == '_').then_some(name)
}

/// The trait of the object that is dropped in this function, if its name says so: `Write`.
pub fn dropped(function: &str) -> Option<&str> {
    let ty = argument(function.strip_prefix("drop_in_place")?)?;
    let ty = match ty.strip_prefix("alloc::boxed::Box") {
        Some(arguments) => argument(arguments)?,
        None => ty,
    };
    let ty = ty.trim_start_matches('(').strip_prefix("dyn ")?;
    let path = &ty[..ty.find(['<', ' ', '+', ')', ',', '>']).unwrap_or(ty.len())];
    let last = path.rsplit("::").next().expect("split gives something");
    last.starts_with(|first: char| first.is_alphabetic()).then_some(last)
}

/// With how many arguments `call_once` calls, by its last one, which is a tuple of them.
pub fn arguments(function: &str) -> Option<usize> {
    let generics = function.strip_prefix("call_once<")?.strip_suffix('>')?;
    let tuple = split(generics).last()?.trim().strip_prefix('(')?.strip_suffix(')')?;
    Some(split(tuple).filter(|part| !part.trim().is_empty()).count())
}

/// With how many arguments the library's `call` of a box or a reference calls what is in it, by its types: one of them is
/// a tuple. No closure is one.
pub fn passed_on(function: &str) -> Option<usize> {
    let generics = CALLS.iter().find_map(|name| function.strip_prefix(name)?.strip_prefix('<'))?;
    let mut tuples = split(generics.strip_suffix('>')?).map(str::trim).filter(|ty| {
        // `(dyn Fn(u32) + Send)`
        ty.starts_with('(') && ty.ends_with(')') && !ty.starts_with("(dyn ")
    });
    let tuple = tuples.next().filter(|_| tuples.next().is_none())?;
    Some(split(&tuple[1..tuple.len() - 1]).filter(|part| !part.trim().is_empty()).count())
}

/// The first argument of `<…>`.
fn argument(generics: &str) -> Option<&str> {
    split(generics.strip_prefix('<')?.strip_suffix('>')?).next()
}

/// What commas outside of brackets part.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let commas = outside(list).filter(|at| list.as_bytes()[*at] == b',');
    let mut from = 0;
    commas.chain([list.len()]).map(move |at| {
        let part = &list[from..at];
        from = at + 1;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::{arguments, dropped, passed_on};

    #[test]
    fn the_trait_of_what_is_dropped() {
        let cases = [
            ("drop_in_place<dyn std::io::Write>", Some("Write")),
            (
                "drop_in_place<alloc::boxed::Box<dyn core::error::Error, alloc::alloc::Global>>",
                Some("Error"),
            ),
            (
                "drop_in_place<alloc::boxed::Box<(dyn core::ops::function::FnOnce<(u8, u8), Output=()> + core::marker::Send), alloc::alloc::Global>>",
                Some("FnOnce"),
            ),
            ("drop_in_place<core::option::Option<alloc::boxed::Box<dyn a::B>>>", None),
            (
                "drop_in_place<alloc::boxed::Box<dyn core::any::Any+core::marker::Send>>",
                Some("Any"),
            ),
            ("drop_in_place<alloc::vec::Vec<u8>>", None),
            ("drop<dyn a::B>", None),
        ];
        for (function, expected) in cases {
            assert_eq!(dropped(function), expected, "{function}");
        }
    }

    #[test]
    fn the_arguments_of_a_closure() {
        let cases = [
            ("call_once<a::{closure_env#0}, ()>", Some(0)),
            ("call_once<a::{closure_env#0}<(u8, u8)>, (u32)>", Some(1)),
            ("call_once<fn(u8, u8) -> u8, (u8, (u8, u8))>", Some(2)),
            ("call_once<a::f, (u8,)>", Some(1)),
            ("call<a::f, (u8)>", None),
            ("call_once", None),
        ];
        for (function, expected) in cases {
            assert_eq!(arguments(function), expected, "{function}");
        }
    }

    #[test]
    fn what_a_box_passes_on() {
        let cases = [
            ("call<(), dyn core::ops::function::Fn<(), Output=u8>, alloc::alloc::Global>", Some(0)),
            (
                "call_mut<(u8, (u8, u8)), (dyn core::ops::function::FnMut<(u8, (u8, u8)), Output=()> + core::marker::Send), alloc::alloc::Global>",
                Some(2),
            ),
            ("call_once<(u8,), a::{closure_env#0}>", Some(1)),
            ("call<(u8), (u8, u8)>", None),
            ("call<a::T>", None),
            ("call", None),
            ("recall<(u8)>", None),
        ];
        for (function, expected) in cases {
            assert_eq!(passed_on(function), expected, "{function}");
        }
    }
}
