//! Who calls whom directly, in a module that walrus has read.

use std::collections::{BTreeMap, BTreeSet};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionId, Module};

/// The functions that each function calls by name; imports call none.
pub type DirectCalls = BTreeMap<FunctionId, BTreeSet<FunctionId>>;

/// Reads the calls of every function.
pub fn direct_calls(module: &Module) -> DirectCalls {
    let callees = |(id, body): (FunctionId, &walrus::LocalFunction)| {
        let mut callees = Callees::default();
        dfs_in_order(&mut callees, body, body.entry_block());
        (id, callees.0)
    };
    module.funcs.iter_local().map(callees).collect()
}

#[derive(Default)]
struct Callees(BTreeSet<FunctionId>);

impl Visitor<'_> for Callees {
    fn visit_call(&mut self, call: &Call) {
        self.0.insert(call.func);
    }
}
