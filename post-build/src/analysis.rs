//! The suspension set: the functions that can be on the stack when a fiber suspends.
//!
//! Those are the functions which a fiber's body can reach, and which can reach `suspend`. A direct
//! call reaches its callee. An indirect call reaches every function of its signature whose address
//! is taken: the engine checks the signature, so it can reach no other. What panics do is left out,
//! for no fiber is current there (`transform::prepare`).

use crate::transform::{NAMESPACE, SUSPEND, holds_references, is_panic_entry};
use anyhow::{Result, ensure};
use std::collections::{HashMap, HashSet};
use walrus::ir::{Call, CallIndirect, RefFunc, Visitor, dfs_in_order};
use walrus::{ConstExpr, ElementItems, FunctionId, ImportKind, Module, TypeId};

/// The suspension set, by the names of its functions; sorted.
pub struct SuspensionSet {
    pub names: Vec<String>,
    /// How many functions the module has in all.
    pub functions: usize,
}

/// Analyses a prepared module, in which `suspend` is still an import.
pub fn suspension_set(module: &Module) -> Result<SuspensionSet> {
    let graph = CallGraph::of(module);
    let run = module.exports.get_func("__suspendable_run")?;
    let suspend = module.imports.find(NAMESPACE, SUSPEND).and_then(|import| {
        match module.imports.get(import).kind {
            ImportKind::Function(function) => Some(function),
            _ => None,
        }
    });
    let functions = module.funcs.iter_local().count();
    let Some(suspend) = suspend else {
        return Ok(SuspensionSet { names: Vec::new(), functions });
    };
    let below = closure(run, |function| graph.callees(function));
    let mut callers: HashMap<FunctionId, Vec<FunctionId>> = HashMap::new();
    for &caller in &below {
        for callee in graph.callees(caller) {
            callers.entry(callee).or_default().push(caller);
        }
    }
    let above = closure(suspend, |function| callers.get(&function).cloned().unwrap_or_default());
    let mut names = Vec::new();
    for &function in above.iter().filter(|&&function| function != suspend) {
        let name = module.funcs.get(function).name.clone().unwrap_or_default();
        ensure!(
            !holds_references(module, function),
            "function `{name}` can be on the stack of a suspended fiber and has JavaScript \
             references in its locals, which Asyncify cannot save. Declare the JavaScript function \
             that it calls in a #[wasm_bindgen] or #[suspending] block"
        );
        names.push(name);
    }
    names.sort();
    Ok(SuspensionSet { names, functions })
}

/// Who calls whom.
struct CallGraph {
    direct: HashMap<FunctionId, Calls>,
    /// The functions whose address is taken, by signature.
    tables: HashMap<TypeId, Vec<FunctionId>>,
    cut: HashSet<FunctionId>,
}

#[derive(Default)]
struct Calls {
    functions: HashSet<FunctionId>,
    signatures: HashSet<TypeId>,
    taken: HashSet<FunctionId>,
}

impl CallGraph {
    fn of(module: &Module) -> Self {
        let mut direct = HashMap::new();
        let mut taken: HashSet<FunctionId> = HashSet::new();
        let mut cut = HashSet::new();
        for (id, function) in module.funcs.iter_local() {
            let mut calls = Calls::default();
            dfs_in_order(&mut calls, function, function.entry_block());
            taken.extend(&calls.taken);
            direct.insert(id, calls);
            if module.funcs.get(id).name.as_deref().is_some_and(is_panic_entry) {
                cut.insert(id);
            }
        }
        for element in module.elements.iter() {
            match &element.items {
                ElementItems::Functions(functions) => taken.extend(functions),
                ElementItems::Expressions(_, items) => {
                    taken.extend(items.iter().filter_map(|item| match item {
                        ConstExpr::RefFunc(function) => Some(*function),
                        _ => None,
                    }));
                }
            }
        }
        let mut tables: HashMap<TypeId, Vec<FunctionId>> = HashMap::new();
        for function in taken {
            tables.entry(module.funcs.get(function).ty()).or_default().push(function);
        }
        CallGraph { direct, tables, cut }
    }

    fn callees(&self, function: FunctionId) -> Vec<FunctionId> {
        let Some(calls) = self.direct.get(&function) else {
            return Vec::new();
        };
        if self.cut.contains(&function) {
            return Vec::new();
        }
        let indirect = calls.signatures.iter().filter_map(|ty| self.tables.get(ty)).flatten();
        calls.functions.iter().chain(indirect).copied().collect()
    }
}

impl Visitor<'_> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.functions.insert(call.func);
    }
    fn visit_call_indirect(&mut self, call: &CallIndirect) {
        self.signatures.insert(call.ty);
    }
    fn visit_ref_func(&mut self, reference: &RefFunc) {
        self.taken.insert(reference.func);
    }
}

/// Everything that `from` leads to, itself included.
fn closure(from: FunctionId, next: impl Fn(FunctionId) -> Vec<FunctionId>) -> HashSet<FunctionId> {
    let mut reached = HashSet::from([from]);
    let mut queue = vec![from];
    while let Some(function) = queue.pop() {
        for neighbour in next(function) {
            if reached.insert(neighbour) {
                queue.push(neighbour);
            }
        }
    }
    reached
}
