//! The functions that are there twice: one that begins, and one that goes on when its frame is rewound.
//!
//! Where a rewind comes into a function, all that its locals hold is merged with what they held before. In most
//! functions that is little; in an interpreter, a loop round a `switch` with hundreds of cases that call others, the
//! engine merges everything at hundreds of places, and SQLite's takes a fifth more time for it. Only one frame is
//! rewound at a time, so the code that goes on need not be the code that began: the one that is called can do
//! without those places, and only looks whether a call has suspended.
//!
//! It is code twice, so it is for such functions alone. Copies of all would take SQLite's file from 1.37 times the
//! bytes to 2.3.

use std::collections::{HashMap, HashSet};
use walrus::ir::{
    BrTable, Call, CallIndirect, Instr, InstrSeq, InstrSeqId, Loop, Visitor, dfs_in_order,
};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// What goes in front of the name of a function for the other one of the two.
pub const GOING_ON: &str = "suspendable.going_on: ";

/// An interpreter has at least so many cases, and so many calls.
const CASES: usize = 100;
const CALLS: usize = 200;

/// Adds a function for each of `members` that is an interpreter, without its code: the instrumentation
/// writes that.
pub fn add_others(module: &mut Module, members: &[FunctionId]) -> HashMap<FunctionId, FunctionId> {
    let is_member: HashSet<FunctionId> = members.iter().copied().collect();
    let interpreters: Vec<_> = members
        .iter()
        .filter(|member| match &module.funcs.get(**member).kind {
            FunctionKind::Local(body) => is_interpreter(body, &is_member),
            _ => false,
        })
        .copied()
        .collect();
    interpreters.into_iter().map(|member| (member, add_other(module, member, GOING_ON))).collect()
}

pub(super) fn add_other(module: &mut Module, member: FunctionId, prefix: &str) -> FunctionId {
    let ty = module.types.get(module.funcs.get(member).ty());
    let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
    let mut other = FunctionBuilder::new(&mut module.types, &params, &results);
    let name = module.funcs.get(member).name.clone().unwrap_or_default();
    other.name(format!("{prefix}{name}"));
    other.func_body().unreachable();
    let arguments = params.iter().map(|ty| module.locals.add(*ty)).collect();
    other.finish(arguments, &mut module.funcs)
}

/// Whether a loop of the function has a large `switch` in it, and many calls that could suspend.
fn is_interpreter(body: &LocalFunction, members: &HashSet<FunctionId>) -> bool {
    struct Loops<'a> {
        members: &'a HashSet<FunctionId>,
        body: &'a LocalFunction,
        found: bool,
    }
    impl<'a> Visitor<'a> for Loops<'a> {
        fn visit_loop(&mut self, Loop { seq }: &Loop) {
            self.found |= is_interpreting(self.body, *seq, self.members);
        }
    }
    let mut loops = Loops { members, body, found: false };
    dfs_in_order(&mut loops, body, body.entry_block());
    loops.found
}

fn is_interpreting(body: &LocalFunction, begin: InstrSeqId, members: &HashSet<FunctionId>) -> bool {
    struct Inside<'a> {
        members: &'a HashSet<FunctionId>,
        cases: usize,
        calls: usize,
    }
    impl<'a> Visitor<'a> for Inside<'_> {
        fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
            for (instruction, _) in &sequence.instrs {
                match instruction {
                    Instr::BrTable(BrTable { blocks, .. }) => {
                        self.cases = self.cases.max(blocks.len())
                    }
                    Instr::Call(Call { func }) => {
                        self.calls += self.members.contains(func) as usize
                    }
                    Instr::CallIndirect(CallIndirect { .. }) => self.calls += 1,
                    _ => {}
                }
            }
        }
    }
    let mut inside = Inside { members, cases: 0, calls: 0 };
    dfs_in_order(&mut inside, body, begin);
    inside.cases >= CASES && inside.calls >= CALLS
}

#[cfg(test)]
mod tests {
    use super::{GOING_ON, add_others};
    use walrus::Module;

    /// The names of the functions that get another one: of `main`, a member that calls another so often, from a switch
    /// with so many cases, in a loop or not.
    fn others(calls: usize, cases: usize, is_loop: bool) -> Vec<String> {
        let (begin, end) = if is_loop { ("(loop", ")") } else { ("", "") };
        let module = format!(
            "(module
               (func $other)
               (func $main (param i32)
                 {begin} (block (br_table {} (local.get 0))) {} {end}))",
            "0 ".repeat(cases + 1),
            "(call $other)".repeat(calls),
        );
        let mut module = Module::from_buffer(&wat::parse_str(module).unwrap()).unwrap();
        let members: Vec<_> = module.funcs.iter().map(|function| function.id()).collect();
        let others = add_others(&mut module, &members);
        others.values().filter_map(|other| module.funcs.get(*other).name.clone()).collect()
    }

    #[test]
    fn an_interpreter_is_there_twice() {
        assert_eq!(others(200, 100, true), [format!("{GOING_ON}main")]);
    }

    #[test]
    fn nobody_else_is() {
        assert_eq!(others(199, 100, true).len(), 0);
        assert_eq!(others(200, 99, true).len(), 0);
        assert_eq!(others(200, 100, false).len(), 0);
    }
}
