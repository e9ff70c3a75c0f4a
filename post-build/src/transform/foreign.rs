//! wasm-bindgen's own JSPI, in a module that has it beside fibers.
//!
//! An export that is `#[wasm_bindgen(jspi)]` runs on a stack of the engine's own. Its calls of imports
//! that are `suspending` evacuate what it has on the ordinary stack; what its members have on segments
//! of its own stays (`prepare.rs`). So both kinds can be suspended at once and come back in any order.
//! But they know nothing of fibers: on the stack of one, they would suspend what is not theirs. That
//! is refused.
//!
//! Such a module holds exception handlers. There is nothing to instrument in it then, and no package
//! for engines without JSPI.

use anyhow::{Result, ensure};
use std::collections::HashSet;
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{ExportItem, Function, FunctionId, FunctionKind, Module};

/// What wasm-bindgen calls the functions that it makes for its JSPI.
const EXPORT: &str = " jspi wrapper";
const IMPORT: &str = "suspending wrapper";

/// What the module has of it.
pub struct Foreign {
    /// The names of the exports.
    pub exports: Vec<String>,
    /// The imports that suspend.
    pub imports: HashSet<FunctionId>,
}

impl Foreign {
    /// Finds it in wasm-bindgen's output, by the names of functions.
    pub fn find(module: &Module) -> Result<Foreign> {
        let is_import_wrapper = |function: FunctionId| {
            module.funcs.get(function).name.as_deref().is_some_and(|name| name.ends_with(IMPORT))
        };
        let mut exports = Vec::new();
        for export in module.exports.iter() {
            if let ExportItem::Function(function) = export.item
                && is_jspi_export(module.funcs.get(function))
                && !export.name.starts_with("__")
            {
                exports.push(export.name.clone());
            }
        }
        exports.sort();
        let mut imports = Imports { module, found: HashSet::new() };
        for (_, body) in module.funcs.iter_local().filter(|(id, _)| is_import_wrapper(*id)) {
            dfs_in_order(&mut imports, body, body.entry_block());
        }
        let imports = imports.found;
        ensure!(
            imports.is_empty() || !exports.is_empty(),
            "the crate calls an import that is #[wasm_bindgen(suspending)], or \
             `js_sys::futures::jspi_block_on_promise`, and has no export that is \
             #[wasm_bindgen(jspi)], on which alone they work: with #[suspendable] exports, use \
             #[suspending] imports and `suspendable::block_on`"
        );
        Ok(Foreign { exports, imports })
    }
}

/// Whether this is the function behind an export of wasm-bindgen's JSPI.
pub fn is_jspi_export(function: &Function) -> bool {
    function.name.as_deref().is_some_and(|name| name.ends_with(EXPORT))
}

/// The imports that a function calls.
struct Imports<'a> {
    module: &'a Module,
    found: HashSet<FunctionId>,
}

impl Visitor<'_> for Imports<'_> {
    fn visit_call(&mut self, call: &Call) {
        if matches!(self.module.funcs.get(call.func).kind, FunctionKind::Import(_)) {
            self.found.insert(call.func);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Foreign;
    use walrus::Module;

    fn find(wat: &str) -> anyhow::Result<Foreign> {
        Foreign::find(&Module::from_buffer(&wat::parse_str(wat).unwrap()).unwrap())
    }

    const IMPORT: &str = r#"
        (import "glue" "later" (func $later))
        (import "glue" "plain" (func $plain))
        (func $free)
        (func $"later suspending wrapper" (call $later) (call $free))
        (func $ordinary (call $plain))"#;

    #[test]
    fn exports_and_imports_are_found() {
        let foreign = find(&format!(
            r#"(module {IMPORT}
                (func $"wait jspi wrapper" (export "wait"))
                (func (export "other"))
                (func $"poll jspi wrapper" (export "__wbg_jspi_task_poll")))"#
        ))
        .unwrap();
        assert_eq!(foreign.exports, ["wait"]);
        assert_eq!(foreign.imports.len(), 1);
    }

    #[test]
    fn a_module_without_has_none() {
        let foreign = find("(module (func (export \"f\")))").unwrap();
        assert!(foreign.exports.is_empty() && foreign.imports.is_empty());
    }

    #[test]
    fn imports_that_no_export_may_call_are_an_error() {
        let error = find(&format!("(module {IMPORT})")).err().unwrap().to_string();
        assert!(error.contains("use #[suspending] imports and `suspendable::block_on`"), "{error}");
    }
}
