//! What the author says about the set: `--cut FUNCTION`, `--include FUNCTION` and `--exclude FUNCTION`.
//!
//! Functions are named as the guard's error and `explain` name them, by their Rust path, or as `--report` does. A path
//! can stand for several functions, one for each type that a generic function was compiled for. Copies of a function
//! are members or not together, so a name that ends in `, copy 2` stands for all of them. What is cut can also be an
//! import of a program that can wait, by its name in WASI: `fd_write`.

use super::graph::CallGraph;
use super::linked::{Function, Linked};
use crate::calls::DirectCalls;
use crate::similar::did_you_mean;
use crate::transform::{is_called, rust_path, without_copy};
use anyhow::{Result, bail, ensure};
use std::collections::BTreeSet;
use walrus::{FunctionId, Module};

/// Reads a module that lld linked, for everything that is asked of it. What is named behind the flags has to be there;
/// imports that are cut suspend nobody.
pub fn read<'a>(wasm: &'a [u8], flags: &[(&str, &[String])]) -> Result<Linked<'a>> {
    let mut linked = Linked::read(wasm)?;
    check(&linked, flags)?;
    for (_, names) in flags.iter().filter(|(flag, _)| *flag == "cut") {
        cut_imports(&mut linked, names);
    }
    Ok(linked)
}

/// Sees to it that what is named behind some flags is there, before anything takes long.
fn check(linked: &Linked, flags: &[(&str, &[String])]) -> Result<()> {
    if flags.iter().all(|(_, names)| names.is_empty()) {
        return Ok(());
    }
    let names: Vec<&str> = linked.functions.iter().map(|function| &function.name[..]).collect();
    for (flag, wanted) in flags {
        for name in *wanted {
            let found = names.iter().filter(|function| is_called(function, name)).count();
            let is_known = match *flag {
                "cut" => linked.functions.iter().any(|function| is_import(function, name)),
                _ => is_made_later(name),
            };
            if found >= without_copy(name).1 || is_known {
                continue;
            }
            let paths: BTreeSet<String> = names.iter().map(|name| rust_path(name)).collect();
            let hint = did_you_mean(&paths, name).unwrap_or_else(|| {
                "give its whole path, as the error or `cargo suspendable explain` shows it (a function that was \
                 inlined has none)"
                    .to_owned()
            });
            bail!("`--{flag} '{name}'`: there is no function `{name}`: {hint}");
        }
    }
    Ok(())
}

/// Whether a function with that name can be one of wasm-bindgen's adapters, or of our wrappers.
fn is_made_later(name: &str) -> bool {
    name.ends_with(" shim") || ["call ", "export "].iter().any(|start| name.starts_with(start))
}

/// Whether it is the import with that name, which suspends.
fn is_import(function: &Function, name: &str) -> bool {
    function.suspends && function.import.is_some_and(|(_, import)| import == name)
}

/// Has the imports called `names` suspend nobody.
fn cut_imports(linked: &mut Linked, names: &[String]) {
    for function in &mut linked.functions {
        function.suspends &= !names.iter().any(|name| is_import(function, name));
    }
}

/// Has the functions called `names` call nobody.
pub fn cut(graph: &mut CallGraph, names: &[String]) {
    for (name, calls) in graph.names.iter().zip(&mut graph.calls.of) {
        if names.iter().any(|wanted| is_called(name, wanted)) {
            calls.clear();
        }
    }
}

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

/// The functions of a module that wasm-bindgen has made which `wanted` stands for.
fn find(module: &Module, wanted: &str) -> Result<Vec<FunctionId>> {
    let functions = module.funcs.iter_local().map(|(id, _)| id);
    let found: Vec<_> = functions
        .filter(|id| {
            module.funcs.get(*id).name.as_deref().is_some_and(|name| is_called(name, wanted))
        })
        .collect();
    ensure!(
        !found.is_empty(),
        "the package has no function `{wanted}`: wasm-bindgen has left it out"
    );
    Ok(found)
}
