//! The guard: what happens if the suspension set lacks a function.
//!
//! A function outside of the set does not know that a stack is unwinding. It would take the return
//! of a function that has just saved its frame for an ordinary return, and go on with a result that
//! is none. So every call outside of the set that could reach a function inside it looks at `phase`
//! when it comes back:
//!
//! ```wat
//! (call_indirect (type $t) …)
//! (if (global.get $phase) (then (call $escaped (i32.const FUNCTION))))
//! ```
//!
//! `phase` is 0 while Rust code runs normally, and RESUMING while frames of the set are rewound: not
//! 0 here means that a fiber is suspending right through this function. The import `escaped` throws.
//! Nothing of this function has run by then, nor will: its fiber ends, and the others go on.
//!
//! A call could reach the set if its callee is in it, or if it is indirect and some function of its
//! signature in the set has its address taken. Calls that JavaScript makes into the module need no
//! guard: no fiber is current then (`prepare.rs`), so `suspend` is never reached.

use super::marks::without_copy;
use super::seam::import;
use std::collections::HashSet;
use walrus::ir::{
    Call, CallIndirect, GlobalGet, IfElse, Instr, InstrSeq, InstrSeqId, Visitor, dfs_in_order,
};
use walrus::{
    ConstExpr, ElementItems, FunctionId, FunctionKind, GlobalId, LocalFunction, Module, TypeId,
    ValType,
};

/// Guards every function outside of `members`, and returns the names of those that needed it, by the
/// number that `escaped` is called with.
pub fn guard(module: &mut Module, members: &HashSet<FunctionId>, phase: GlobalId) -> Vec<String> {
    let signatures = signatures_of_members(module, members);
    let sites: Vec<(FunctionId, Vec<Site>)> = module
        .funcs
        .iter_local()
        .filter(|(function, _)| !members.contains(function))
        .map(|(function, body)| (function, call_sites(body, members, &signatures)))
        .filter(|(_, sites)| !sites.is_empty())
        .collect();
    if sites.is_empty() {
        return Vec::new();
    }
    let escaped = import(module, "escaped", &[ValType::I32], &[]);
    let mut names = Vec::new();
    for (number, (function, sites)) in (0..).zip(sites) {
        let function = module.funcs.get_mut(function);
        names.push(without_copy(function.name.as_deref().unwrap_or_default()).to_owned());
        let FunctionKind::Local(body) = &mut function.kind else {
            unreachable!("a local function")
        };
        // From the end, so that the places in front stay where they are.
        for Site { sequence, index } in sites.into_iter().rev() {
            insert_check(body, sequence, index + 1, phase, escaped, number);
        }
    }
    names
}

/// A call: the instruction at `index` of a sequence.
struct Site {
    sequence: InstrSeqId,
    index: usize,
}

fn insert_check(
    body: &mut LocalFunction,
    sequence: InstrSeqId,
    index: usize,
    phase: GlobalId,
    escaped: FunctionId,
    number: u32,
) {
    let builder = body.builder_mut();
    let alternative = builder.dangling_instr_seq(None).id();
    let consequent = builder.dangling_instr_seq(None).i32_const(number as i32).call(escaped).id();
    let check = IfElse { consequent, alternative };
    let mut sequence = builder.instr_seq(sequence);
    sequence.instr_at(index, check);
    sequence.instr_at(index, GlobalGet { global: phase });
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
