//! The guard: what happens if the suspension set lacks a function.
//!
//! A function outside of the set must not be on the stack of a fiber that suspends: it has its frame on
//! the ordinary stack, which the next one to run uses, and through Asyncify it would take the return of
//! a function that has just saved its frame for an ordinary return. So every call outside of the set
//! that could reach a function inside it is marked:
//!
//! ```wat
//! (local.set $outside (global.get $outside))
//! (global.set $outside (i32.const FUNCTION))             ;; one more than its number
//! (call_indirect (type $t) …)
//! (global.set $outside (local.get $outside))
//! ```
//!
//! `suspend` looks at `outside` before it does anything else, and calls the import `escaped`, which
//! throws. Nothing has been unwound by then: the fiber ends, and the others go on.
//!
//! Through Asyncify the same holds of members that are not instrumented, because no profile has seen them
//! (`profile.rs`). They are guarded after wasm-opt, which is not to see it, and then they are as if outside: only calls
//! that could reach an instrumented function are marked.
//!
//! A call could reach the set if its callee is in it, or if it is indirect and some function of its
//! signature in the set has its address taken. Calls that JavaScript makes into the module need no
//! guard: no fiber is current then (`prepare.rs`), so `suspend` is never reached. A fiber begins with
//! `outside` at 0; what a call left that ended by a trap is put back by who called JavaScript
//! (`crossing.rs`).

use super::seam::Seam;
use super::waiting::suspends;
use anyhow::Result;
use std::collections::HashSet;
use walrus::ir::{
    Call, CallIndirect, Const, GlobalGet, GlobalSet, Instr, InstrLocId, InstrSeq, InstrSeqId,
    LocalGet, LocalSet, Value, Visitor, dfs_in_order,
};
use walrus::{
    ConstExpr, ElementItems, FunctionId, FunctionKind, GlobalId, ImportKind, LocalFunction,
    LocalId, Module, TypeId, ValType,
};

/// Guards every function outside of `members`, and returns the names of those that needed it, by the
/// number that `escaped` is called with.
pub fn guard(module: &mut Module, members: &HashSet<FunctionId>) -> Result<Vec<String>> {
    let outside = Seam::find(module)?.outside;
    Ok(watch(module, members, |function| !members.contains(&function), outside, 0))
}

/// Guards the `members` that are not `instrumented`, for no profile has seen them (`profile.rs`), in a module whose
/// guard has that many numbers already.
pub fn guard_unseen(
    module: &mut Module,
    members: &HashSet<FunctionId>,
    instrumented: &HashSet<FunctionId>,
    numbers: usize,
) -> Result<Vec<String>> {
    let outside = Seam::find(module)?.outside;
    Ok(watch(module, instrumented, |function| members.contains(&function), outside, numbers))
}

/// Both at once, in a module that has this global for it.
pub fn guard_with(
    module: &mut Module,
    members: &HashSet<FunctionId>,
    instrumented: &HashSet<FunctionId>,
    outside: GlobalId,
) -> Guarded {
    let is_outside = |function| !members.contains(&function);
    let mut names = watch(module, instrumented, is_outside, outside, 0);
    let outsiders = names.len();
    let is_member = |function| members.contains(&function);
    names.extend(watch(module, instrumented, is_member, outside, outsiders));
    Guarded { names, outsiders }
}

/// The functions that are guarded, by their numbers.
pub struct Guarded {
    pub names: Vec<String>,
    /// The first so many are outside of the set; the others are members that no profile has seen.
    pub outsiders: usize,
}

/// Guards the functions that are `watched`, and not among those `inside`. The first one that needs it gets the number
/// behind `numbers`.
fn watch(
    module: &mut Module,
    inside: &HashSet<FunctionId>,
    watched: impl Fn(FunctionId) -> bool,
    outside: GlobalId,
    numbers: usize,
) -> Vec<String> {
    let mut inside = inside.clone();
    inside.extend(module.imports.iter().filter_map(|import| match import.kind {
        ImportKind::Function(function) if suspends(&import.module, &import.name) => Some(function),
        _ => None,
    }));
    let signatures = signatures_of_members(module, &inside);
    let sites: Vec<(FunctionId, Vec<Site>)> = module
        .funcs
        .iter_local()
        .filter(|(function, _)| watched(*function) && !inside.contains(function))
        .map(|(function, body)| (function, call_sites(body, &inside, &signatures)))
        .filter(|(_, sites)| !sites.is_empty())
        .collect();
    let mut names = Vec::new();
    for (function, sites) in sites {
        let before = module.locals.add(ValType::I32);
        let function = module.funcs.get_mut(function);
        names.push(function.name.clone().unwrap_or_default());
        let FunctionKind::Local(body) = &mut function.kind else {
            unreachable!("a local function")
        };
        let number = (numbers + names.len()) as i32;
        // From the end, so that the places in front stay where they are.
        for site in sites.into_iter().rev() {
            mark(body, site, outside, before, number);
        }
    }
    names
}

/// A call: the instruction at `index` of a sequence.
struct Site {
    sequence: InstrSeqId,
    index: usize,
}

fn mark(body: &mut LocalFunction, site: Site, outside: GlobalId, before: LocalId, number: i32) {
    let Site { sequence, index } = site;
    let instructions = &mut body.block_mut(sequence).instrs;
    let own = |instruction: Instr| (instruction, InstrLocId::default());
    let call = instructions[index].clone();
    let marked = [
        own(GlobalGet { global: outside }.into()),
        own(LocalSet { local: before }.into()),
        own(Const { value: Value::I32(number) }.into()),
        own(GlobalSet { global: outside }.into()),
        call,
        own(LocalGet { local: before }.into()),
        own(GlobalSet { global: outside }.into()),
    ];
    instructions.splice(index..=index, marked);
}

/// The calls of a function that could reach a member.
fn call_sites(
    body: &LocalFunction,
    members: &HashSet<FunctionId>,
    signatures: &HashSet<TypeId>,
) -> Vec<Site> {
    struct Calls<'a> {
        members: &'a HashSet<FunctionId>,
        signatures: &'a HashSet<TypeId>,
        sites: Vec<Site>,
    }
    impl<'a> Visitor<'a> for Calls<'_> {
        fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
            for (index, (instruction, _)) in sequence.instrs.iter().enumerate() {
                let reaches = match instruction {
                    Instr::Call(Call { func }) => self.members.contains(func),
                    Instr::CallIndirect(CallIndirect { ty, .. }) => self.signatures.contains(ty),
                    _ => false,
                };
                if reaches {
                    self.sites.push(Site { sequence: sequence.id(), index });
                }
            }
        }
    }
    let mut calls = Calls { members, signatures, sites: Vec::new() };
    dfs_in_order(&mut calls, body, body.entry_block());
    calls.sites
}

/// The signatures of the members whose address is taken.
fn signatures_of_members(module: &Module, members: &HashSet<FunctionId>) -> HashSet<TypeId> {
    let in_tables = module.elements.iter().flat_map(|element| match &element.items {
        ElementItems::Functions(functions) => functions.clone(),
        ElementItems::Expressions(_, items) => items
            .iter()
            .filter_map(|item| match item {
                ConstExpr::RefFunc(function) => Some(*function),
                _ => None,
            })
            .collect(),
    });
    in_tables
        .filter(|function| members.contains(function))
        .map(|function| module.funcs.get(function).ty())
        .collect()
}
