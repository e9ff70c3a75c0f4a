//! Functions that handle JavaScript references: wasm-bindgen's adapters round imports and exports.

use walrus::ir::{Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, LocalId, Module, ValType};

/// The names of the functions that Asyncify can save the frames of.
pub fn without_references(module: &Module) -> Vec<String> {
    let functions = module.funcs.iter().filter(|function| !holds_references(module, function.id()));
    functions.filter_map(|function| function.name.clone()).collect()
}

/// Whether an argument, a result or a local of the function is a reference.
pub fn holds_references(module: &Module, function: FunctionId) -> bool {
    struct Locals<'a>(&'a Module, bool);
    impl Visitor<'_> for Locals<'_> {
        fn visit_local_id(&mut self, local: &LocalId) {
            self.1 |= matches!(self.0.locals.get(*local).ty(), ValType::Ref(_));
        }
    }
    let FunctionKind::Local(body) = &module.funcs.get(function).kind else {
        return false;
    };
    let ty = module.types.get(body.ty());
    let mut locals = Locals(module, false);
    dfs_in_order(&mut locals, body, body.entry_block());
    locals.1 || ty.params().iter().chain(ty.results()).any(|ty| matches!(ty, ValType::Ref(_)))
}
