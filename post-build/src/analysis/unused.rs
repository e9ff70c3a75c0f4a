//! The functions and constants of a library that nothing reaches, once wasm-bindgen has read its descriptions, and std's
//! own panic hook does nothing.
//!
//! wasm-bindgen runs functions that describe what is imported and exported, and leaves them out. What only they name
//! stays in the table: a method for each type of closure, the wakers of tasks that nobody spawns.
//!
//! `suspendable` has a panic hook, and asks for the one that there was before. Unless the program has set one, that is
//! std's, which formats a message for a standard error that this target does not have. All that it needs is linked
//! then: some kilobytes, which later tools cannot tell from what is used, for their addresses stand in vtables. The
//! relocations say whose vtables those are.

use super::linked::{Linked, Place, Relocations, Target};
use crate::transform::{is_default_hook, without_copy};
use anyhow::Result;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use wasmparser::Operator;

/// What is not reached. Nothing without relocations.
#[derive(Default)]
pub struct Unused {
    /// Their names.
    pub functions: BTreeSet<String>,
    /// Where they lie, and how long they are.
    pub constants: Vec<(Place, u32)>,
}

/// What is exported for wasm-bindgen alone, unless the names in `entered` say otherwise: those of the functions that
/// can be called from outside of its result.
fn is_bindgens(name: &str) -> bool {
    name.starts_with("__wbindgen_describe_") || name.starts_with("__wbg_jspi_")
}

/// Finds it in a linked module.
pub fn unused(linked: &Linked, entered: &HashSet<String>) -> Result<Unused> {
    let Some(relocations) = &linked.relocations else { return Ok(Unused::default()) };
    let mut reach = Reach {
        relocations,
        functions: vec![false; linked.functions.len()],
        objects: vec![false; relocations.objects.len()],
        queue: Vec::new(),
    };
    for (index, function) in (0..).zip(&linked.functions) {
        let is_ours = function.exported && !is_bindgens(&function.name);
        if is_ours || entered.contains(&function.name) {
            reach.function(index);
        }
    }
    if let Some(start) = linked.start {
        reach.function(start);
    }
    // What lies in no constant may be anybody's: C walks through sections from end to end.
    let constants = relocations.objects.iter().filter(|object| relocations.is_constant(object));
    let mut objects: Vec<_> = constants.map(|object| (object.place, object.size)).collect();
    objects.sort();
    for ((segment, offset), target) in &relocations.data {
        let before = objects.partition_point(|(place, _)| *place <= (*segment, *offset));
        let is_inside = objects[..before].last().is_some_and(|((in_segment, start), size)| {
            in_segment == segment && *offset < start + size
        });
        if !is_inside {
            reach.target(*target);
        }
    }
    while let Some(index) = reach.queue.pop() {
        let function = &linked.functions[index as usize];
        let Some(body) = &function.body else { continue };
        if is_default_hook(without_copy(&function.name).0) {
            continue;
        }
        for operator in body.get_operators_reader()? {
            if let Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } = operator?
            {
                reach.function(function_index);
            }
        }
        reach.code(body.range());
    }
    // Static functions of C can have one name.
    let (used, others): (Vec<_>, Vec<_>) =
        linked.functions.iter().zip(&reach.functions).partition(|(_, is_used)| **is_used);
    let mut functions: BTreeSet<String> = others.into_iter().map(|(f, _)| f.name.clone()).collect();
    for (function, _) in used {
        functions.remove(&function.name);
    }
    let objects = || relocations.objects.iter().zip(&reach.objects);
    // Constants can share bytes.
    let mut used: Vec<_> =
        objects().filter(|(_, is_used)| **is_used).map(|(object, _)| object).collect();
    used.sort_by_key(|object| object.place);
    let is_shared = |(segment, start): Place, size: u32| {
        let before = used.partition_point(|object| object.place < (segment, start + size));
        used[..before]
            .iter()
            .rev()
            .any(|object| object.place.0 == segment && object.place.1 + object.size > start)
    };
    let constants = objects()
        .filter(|(object, is_used)| !**is_used && relocations.is_constant(object))
        .map(|(object, _)| (object.place, object.size))
        .filter(|(place, size)| !is_shared(*place, *size));
    Ok(Unused { functions, constants: constants.collect() })
}

/// What has been reached.
struct Reach<'a> {
    relocations: &'a Relocations<'a>,
    functions: Vec<bool>,
    objects: Vec<bool>,
    /// The functions whose bodies have not been looked at.
    queue: Vec<u32>,
}

impl Reach<'_> {
    fn function(&mut self, index: u32) {
        if !std::mem::replace(&mut self.functions[index as usize], true) {
            self.queue.push(index);
        }
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Function(index) => self.function(index),
            Target::Object { object, .. } => {
                if !std::mem::replace(&mut self.objects[object as usize], true) {
                    let object = &self.relocations.objects[object as usize];
                    for (_, target) in self.relocations.inside(object) {
                        self.target(*target);
                    }
                }
            }
        }
    }

    fn code(&mut self, body: Range<usize>) {
        let code = &self.relocations.code;
        let from = code.partition_point(|(offset, _)| *offset < body.start);
        for (_, target) in code[from..].iter().take_while(|(offset, _)| *offset < body.end) {
            self.target(*target);
        }
    }
}
