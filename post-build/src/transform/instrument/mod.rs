//! Instruments functions, so that they can be unwound and rewound: what Binaryen's Asyncify does,
//! with less code on the way of a call that does not suspend.
//!
//! The global `phase` drives it: it is 0 while code runs normally. A call that comes back while it is not
//! 0 is being unwound: its caller saves its locals at `cursor`, which it moves behind them, and returns
//! too. A function that is entered while `phase` is not 0 is being rewound: it takes the frame at `rewind`,
//! moves that behind it, sets `phase` to 0, and goes on behind the call which it was in, with what the
//! global for its type has as the result of that call.
//!
//! So one frame is rewound at a time, the innermost first. The one below is rewound when this function has
//! returned, by whoever called it (`asyncify.rs`): what a suspension costs does not depend on the depth of
//! the stack.
//!
//! ```wat
//! (func $member …
//!   (block $unwind (result i32)
//!     (block $join1 (block $join0
//!       (if (global.get $phase) (then
//!         …restore $call and the locals, phase = 0…
//!         (br_table $join0 $join1 (local.get $call))))
//!       …
//!       (local.set $result (call $f …))                                ;; call 0
//!       (drop (br_if $unwind (i32.const 1) (global.get $phase))))
//!       (local.get $result)
//!       …
//!       (local.set $result (call $g …))                                ;; call 1
//!       (drop (br_if $unwind (i32.const 2) (global.get $phase))))
//!       (local.get $result)
//!     …
//!     (return …))
//!   …save $call and the locals…)
//! ```
//!
//! - A block that has such calls in it begins where the code does that it stands in, and so does an `if`, which is written
//!   as a block for that: the way to a call leads into them by the one dispatch.
//! - A loop cannot begin before its code, nor can what has operands below it. Such a one is entered on the way to its
//!   calls: it is a *point* of the sequence of instructions that it lies in, as a call is, and begins with a dispatch of
//!   its own (`emit.rs`), which looks at `$call`. All else stays as it is.
//! - A function can be there twice (`twice.rs`): then one is called, and has no joins, and the other one is rewound. The
//!   frames of both are the same.
//! - At a join, the operand stack has to be empty. What is on it is put into locals.
//! - The locals which are needed after a call are saved with it (`live.rs`), by functions that all share (`moves.rs`).

mod body;
mod emit;
mod frame;
mod live;
mod moves;
mod points;

use anyhow::{Context, Result, bail};
use body::Callees;
use emit::For;
use moves::Moves;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use wasm_encoder::{CodeSection, Encode, RawSection, SectionId};
use wasmparser::{
    BinaryReader, ElementItems, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
    TypeRef, TypeSectionReader, ValType, ValidPayload, Validator, WasmFeatures,
};

/// The names by which the parts are found that the module has to have.
pub struct Names<'a> {
    /// The functions to instrument; their places are the numbers in their frames.
    pub members: &'a [String],
    /// What goes in front of the name of a member for the function that is rewound in its place, if there is one.
    pub going_on: &'a str,
    /// The functions in which every unwinding begins, as far as they are there.
    pub suspend: &'a [&'a str],
    pub phase: &'a str,
    pub cursor: &'a str,
    pub rewind: &'a str,
    /// For the result of a call, by its type.
    pub results: [(ValType, &'a str); 4],
}

/// The globals, by index.
#[derive(Clone, Copy)]
struct Globals {
    phase: u32,
    cursor: u32,
    rewind: u32,
    results: [(ValType, Option<u32>); 4],
}

impl Globals {
    fn result(&self, ty: ValType) -> Result<u32> {
        let result = self.results.iter().find(|(of, _)| *of == ty).and_then(|(_, global)| *global);
        result.with_context(|| format!("a call that can suspend returns {ty}"))
    }
}

/// Instruments the functions of a module.
pub fn instrument(wasm: &[u8], names: &Names, keep_names: bool) -> Result<Vec<u8>> {
    let named = Named::read(wasm)?;
    let global = |name: &str| {
        named.globals.get(name).copied().with_context(|| format!("no global `{name}`"))
    };
    let globals = Globals {
        phase: global(names.phase)?,
        cursor: global(names.cursor)?,
        rewind: global(names.rewind)?,
        // Those that no function returns are gone.
        results: names.results.map(|(ty, name)| (ty, global(name).ok())),
    };
    let function = |name: &str| {
        let index = named.functions.get(name).copied();
        index.with_context(|| format!("no function `{name}` to instrument"))
    };
    let members: HashMap<u32, u32> = (0..)
        .zip(names.members)
        .map(|(number, name)| Ok((function(name)?, number)))
        .collect::<Result<_>>()?;
    let halves: HashMap<u32, u32> = names
        .members
        .iter()
        .filter_map(|name| {
            let other = named.functions.get(&format!("{}{name}", names.going_on))?;
            Some((*other, named.functions[name]))
        })
        .collect();
    let rewound_elsewhere: HashSet<u32> = halves.values().copied().collect();
    let bodies = bodies(wasm, &rewound_elsewhere)?;
    let mut suspending: HashSet<u32> = members.keys().copied().collect();
    // Those that no function calls are gone.
    suspending.extend(names.suspend.iter().filter_map(|name| named.functions.get(*name)));

    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut sections: Vec<(u8, Range<usize>)> = Vec::new();
    let mut moves = Moves::new(count_functions(wasm)?);
    let mut in_tables = HashSet::new();
    let mut callees = None;
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ElementSection(elements) = &payload {
            for element in elements.clone() {
                add_functions(&element?.items, &mut in_tables)?;
            }
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(to_validate, body) => {
                let callees = callees.get_or_insert_with(|| {
                    Callees::new(&to_validate.resources, &suspending, &in_tables)
                });
                let index = to_validate.index;
                let (member, purpose) = match halves.get(&index) {
                    Some(member) => (*member, For::GoingOn),
                    None if rewound_elsewhere.contains(&index) => (index, For::Beginning),
                    None => (index, For::Both),
                };
                let instrumented = if let Some(number) = members.get(&member) {
                    let body = bodies.get(&member).unwrap_or(&body);
                    emit::instrumented(
                        &to_validate,
                        body,
                        callees,
                        globals,
                        *number,
                        purpose,
                        &mut moves,
                    )
                    .with_context(|| format!("function `{}`", named.name_of(member)))?
                } else {
                    None
                };
                match instrumented {
                    Some(function) => code.function(&function),
                    None => code.raw(&wasm[body.range()]),
                };
            }
            ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => match &payload {
                Payload::CustomSection(section) if section.name() == "name" && !keep_names => {}
                _ => {
                    sections.extend(payload.as_section());
                }
            },
        }
    }
    moves.define(&mut code, globals);
    let types = moves.types()?;
    let mut output = wasm_encoder::Module::new();
    let mut declared = 0;
    for (id, range) in sections {
        let data = &wasm[range];
        if id == SectionId::Code as u8 {
            output.section(&code);
        } else if id == SectionId::Type as u8 {
            declared = TypeSectionReader::new(BinaryReader::new(data, 0))?.count();
            let data = with_more(data, moves.count(), &types)?;
            output.section(&RawSection { id, data: &data });
        } else if id == SectionId::Function as u8 {
            let mut own = Vec::new();
            (declared..declared + moves.count()).for_each(|ty| ty.encode(&mut own));
            let data = with_more(data, moves.count(), &own)?;
            output.section(&RawSection { id, data: &data });
        } else {
            output.section(&RawSection { id, data });
        }
    }
    Ok(output.finish())
}

/// A section that holds so many items more, which are `bytes`.
fn with_more(data: &[u8], count: u32, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(data, 0);
    let before = reader.read_var_u32()?;
    let mut section = Vec::new();
    (before + count).encode(&mut section);
    section.extend(&data[reader.current_position()..]);
    section.extend(bytes);
    Ok(section)
}

/// How many functions a module has, with those that it imports.
fn count_functions(wasm: &[u8]) -> Result<u32> {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    count += matches!(import?.ty, TypeRef::Func(_)) as u32;
                }
            }
            Payload::FunctionSection(functions) => count += functions.count(),
            _ => {}
        }
    }
    Ok(count)
}

/// The bodies of some functions.
fn bodies<'a>(wasm: &'a [u8], of: &HashSet<u32>) -> Result<HashMap<u32, FunctionBody<'a>>> {
    let mut bodies = HashMap::new();
    let mut index = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    index += matches!(import?.ty, TypeRef::Func(_)) as u32;
                }
            }
            Payload::CodeSectionEntry(body) => {
                if of.contains(&index) {
                    bodies.insert(index, body);
                }
                index += 1;
            }
            _ => {}
        }
    }
    Ok(bodies)
}

/// The functions that an element segment puts into a table.
fn add_functions(items: &ElementItems, functions: &mut HashSet<u32>) -> Result<()> {
    match items {
        ElementItems::Functions(indices) => {
            for index in indices.clone() {
                functions.insert(index?);
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions.clone() {
                for operator in expression?.get_operators_reader() {
                    match operator? {
                        Operator::RefFunc { function_index } => {
                            functions.insert(function_index);
                        }
                        Operator::RefNull { .. } | Operator::End => {}
                        other => bail!("an element segment computes its elements: {other:?}"),
                    }
                }
            }
        }
    }
    Ok(())
}

/// What the module calls its functions and globals.
#[derive(Default)]
struct Named {
    functions: HashMap<String, u32>,
    globals: HashMap<String, u32>,
}

impl Named {
    fn read(wasm: &[u8]) -> Result<Named> {
        let mut named = Named::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let Payload::CustomSection(section) = payload? else { continue };
            let KnownCustom::Name(names) = section.as_known() else { continue };
            for subsection in names {
                let (map, into) = match subsection? {
                    Name::Function(map) => (map, &mut named.functions),
                    Name::Global(map) => (map, &mut named.globals),
                    _ => continue,
                };
                for naming in map {
                    let naming = naming?;
                    into.insert(naming.name.to_owned(), naming.index);
                }
            }
        }
        Ok(named)
    }

    fn name_of(&self, function: u32) -> &str {
        let mut names = self.functions.iter();
        names.find(|(_, index)| **index == function).map_or("?", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests;
