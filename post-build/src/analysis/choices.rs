//! What the author says about the set: `--include FUNCTION` and `--exclude FUNCTION`.
//!
//! Functions are named as the guard's error and `explain` name them, by their Rust path. A path can
//! stand for several functions, one for each type that a generic function was compiled for.

use crate::calls::DirectCalls;
use crate::transform::rust_path;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use walrus::{FunctionId, Module};

/// Adds the functions called `names`, and all those that call them directly.
pub fn include(
    module: &Module,
    names: &[String],
    calls: &DirectCalls,
    listed: &mut BTreeSet<FunctionId>,
) -> Result<()> {
    let mut queue = Vec::new();
    for name in names {
        queue.extend(find(module, name)?);
    }
    while let Some(function) = queue.pop() {
        if listed.insert(function) {
            let callers = calls.iter().filter(|(_, callees)| callees.contains(&function));
            queue.extend(callers.map(|(caller, _)| *caller));
        }
    }
    Ok(())
}

/// Removes the functions called `names`.
pub fn exclude(module: &Module, names: &[String], listed: &mut BTreeSet<FunctionId>) -> Result<()> {
    for name in names {
        for function in find(module, name)? {
            listed.remove(&function);
        }
    }
    Ok(())
}

/// The functions of the optimised module with this Rust path.
fn find(module: &Module, path: &str) -> Result<Vec<FunctionId>> {
    let is_called_so = |name: &str| name == path || rust_path(name) == path;
    let functions = module.funcs.iter_local().map(|(id, _)| id);
    let found: Vec<_> = functions
        .filter(|id| module.funcs.get(*id).name.as_deref().is_some_and(is_called_so))
        .collect();
    ensure!(
        !found.is_empty(),
        "there is no function `{path}` in the optimised module: give its whole path, as the error or \
         `cargo suspendable explain` shows it (a function that was inlined has none)"
    );
    Ok(found)
}
