//! What the library and the transforms know each other by, found in a module.

use anyhow::{Context, Result, bail, ensure};
use walrus::ir::{BinaryOp, UnaryOp, Value};
use walrus::{
    ConstExpr, ExportItem, FunctionBuilder, FunctionId, GlobalId, GlobalKind, ImportKind,
    InstrSeqBuilder, LocalId, MemoryId, Module, RefType, TableId, ValType,
};

use super::layout::{BASE, Field, OUTCOME, REJECTED, RESUMED};

/// The module name of our imports.
pub const NAMESPACE: &str = "suspendable";
/// The name of the function that leaves the stack.
pub const SUSPEND: &str = "suspend";
/// Its name inside the module, once it is defined.
pub const DEFINED_SUSPEND: &str = "suspendable.suspend";

const STACK_POINTER: &str = "__stack_pointer";
const FIBER: &str = "__suspendable_fiber";
const FAULTED: &str = "__suspendable_faulted";

/// Everything that generated code refers to, and the library's functions that it calls.
///
/// Between `prepare` and a backend, wasm-opt runs: the globals are exported meanwhile, so that they
/// stay and can be found again.
pub struct Seam {
    pub memory: MemoryId,
    pub externrefs: TableId,
    pub stack_pointer: GlobalId,
    /// The stack pointer of an empty stack.
    pub top: i32,
    pub fiber: GlobalId,
    pub faulted: GlobalId,
    pub run: FunctionId,
    pub reserve: FunctionId,
    pub evacuate: FunctionId,
    pub restore: FunctionId,
    pub finish: FunctionId,
    pub fault: FunctionId,
    pub release: FunctionId,
}

impl Seam {
    /// Adds the two globals, and exports all three.
    pub fn introduce(module: &mut Module) -> Result<()> {
        ensure!(
            module.exports.get_func("__suspendable_run").is_ok(),
            "the module has no #[suspendable] export: there is nothing to suspend. Use the crate \
             `suspendable`, or wasm-bindgen alone"
        );
        ensure!(
            module.memories.iter().all(|memory| !memory.shared),
            "the module has shared memory (target feature `atomics`): a fiber lives on one thread. \
             Build without `-C target-feature=+atomics`"
        );
        let named = |module: &Module| {
            let mut globals = module.globals.iter();
            globals.find(|global| global.name.as_deref() == Some(STACK_POINTER)).map(|g| g.id())
        };
        if exported_global(module, STACK_POINTER).is_none() {
            let stack_pointer = named(module).context(
                "cannot find the global `__stack_pointer`: the names have been stripped. Leave \
                 `strip` out of the Cargo profile, or link with \
                 `-C link-arg=--export=__stack_pointer`",
            )?;
            module.exports.add(STACK_POINTER, stack_pointer);
        }
        for name in [FIBER, FAULTED] {
            let global = add_variable(module, name);
            module.exports.add(name, global);
        }
        Ok(())
    }

    /// Finds everything by its export.
    pub fn find(module: &Module) -> Result<Seam> {
        let function = |name: &str| {
            module.exports.get_func(name).with_context(|| {
                format!(
                    "the module does not export `{name}`: it was built with another version of the \
                     crate `suspendable` than this tool's, {}",
                    env!("CARGO_PKG_VERSION")
                )
            })
        };
        let global = |name: &str| {
            exported_global(module, name).with_context(|| format!("no global `{name}`"))
        };
        let stack_pointer = global(STACK_POINTER)?;
        let GlobalKind::Local(ConstExpr::Value(Value::I32(top))) =
            module.globals.get(stack_pointer).kind
        else {
            bail!("`__stack_pointer` does not begin with a constant: link without `-shared`");
        };
        let externrefs = module
            .exports
            .iter()
            .find_map(|export| match export.item {
                ExportItem::Table(table)
                    if module.tables.get(table).element_ty == RefType::EXTERNREF =>
                {
                    Some(table)
                }
                _ => None,
            })
            .context(
                "the module has no table of JavaScript values: build with the target feature \
                 `reference-types`, which is on by default since Rust 1.82",
            )?;
        Ok(Seam {
            memory: module.memories.iter().next().context("the module has no memory")?.id(),
            externrefs,
            stack_pointer,
            top,
            fiber: global(FIBER)?,
            faulted: global(FAULTED)?,
            run: function("__suspendable_run")?,
            reserve: function("__suspendable_reserve")?,
            evacuate: function("__suspendable_evacuate")?,
            restore: function("__suspendable_restore")?,
            finish: function("__suspendable_finish")?,
            fault: function("__suspendable_fault")?,
            release: function("__suspendable_release")?,
        })
    }

    /// Takes back the exports which only the tool needs.
    pub fn conceal(module: &mut Module) {
        let ours: Vec<_> = module
            .exports
            .iter()
            .filter(|export| {
                export.name.starts_with("__suspendable_") || export.name == STACK_POINTER
            })
            .map(|export| export.id())
            .collect();
        for export in ours {
            module.exports.delete(export);
        }
    }

    /// Reads a field of the fiber's record onto the stack.
    pub fn load(&self, body: &mut InstrSeqBuilder, field: Field, fiber: LocalId) {
        field.load(body, self.memory, fiber);
    }

    /// `(if (result i32) (fiber.resumed) (then TOP) (else (fiber.base)))`: the stack pointer of
    /// whoever runs when this fiber has left the stack.
    ///
    /// On its first run a fiber lies above the frames of its caller. After a suspension it is the
    /// lowest on the stack, for engines resume from an empty one.
    pub fn push_outer_stack_pointer(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        self.load(body, RESUMED, fiber);
        body.if_else(
            ValType::I32,
            |then| {
                then.i32_const(self.top);
            },
            |otherwise| self.load(otherwise, BASE, fiber),
        );
    }

    /// The value that a fiber ends with, a rejection in its wrapper; frees the fiber.
    ///
    /// ```wat
    /// (func $outcome (param $fiber i32) (result externref)
    ///   (local $value externref) (local $rejected i32)
    ///   (local.set $value (table.get $externrefs (fiber.outcome)))
    ///   (local.set $rejected (fiber.rejected))
    ///   (call $finish (local.get $fiber))
    ///   (if (result externref) (local.get $rejected)
    ///     (then (call $import.rejection (local.get $value)))
    ///     (else (local.get $value))))
    /// ```
    pub fn add_outcome(&self, module: &mut Module) -> FunctionId {
        let externref = ValType::Ref(RefType::EXTERNREF);
        let rejection = import(module, "rejection", &[externref], &[externref]);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[externref]);
        function.name("suspendable.outcome".into());
        let fiber = module.locals.add(ValType::I32);
        let value = module.locals.add(externref);
        let rejected = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        self.load(body, OUTCOME, fiber);
        body.table_get(self.externrefs).local_set(value);
        self.load(body, REJECTED, fiber);
        body.local_set(rejected);
        body.local_get(fiber).call(self.finish);
        body.local_get(rejected).if_else(
            externref,
            |then| {
                then.local_get(value).call(rejection);
            },
            |otherwise| {
                otherwise.local_get(value);
            },
        );
        function.finish(vec![fiber], &mut module.funcs)
    }

    /// The message of the panic that ended a fiber, or `undefined`.
    ///
    /// ```wat
    /// (func (export "suspendable_fault") (param $fiber i32) (result externref)
    ///   (local $slot i32)
    ///   (table.get $externrefs (local.tee $slot (call $fault (local.get $fiber))))
    ///   (call $release (local.get $slot)))
    /// ```
    pub fn export_fault(&self, module: &mut Module) {
        let externref = ValType::Ref(RefType::EXTERNREF);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[externref]);
        function.name("suspendable.fault".into());
        let fiber = module.locals.add(ValType::I32);
        let slot = module.locals.add(ValType::I32);
        function
            .func_body()
            .local_get(fiber)
            .call(self.fault)
            .local_tee(slot)
            .table_get(self.externrefs)
            .local_get(slot)
            .call(self.release);
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_fault", function);
    }

    /// The stack pointer of an empty stack, for after a fault.
    ///
    /// ```wat
    /// (func (export "suspendable_reset_stack") (global.set $__stack_pointer (i32.const TOP)))
    /// ```
    pub fn export_reset_stack(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
        function.name("suspendable.reset_stack".into());
        function.func_body().i32_const(self.top).global_set(self.stack_pointer);
        let function = function.finish(vec![], &mut module.funcs);
        module.exports.add("suspendable_reset_stack", function);
    }
}

/// A new global variable of type `i32`, which begins as 0.
pub fn add_variable(module: &mut Module, name: &str) -> GlobalId {
    let zero = ConstExpr::Value(Value::I32(0));
    let global = module.globals.add_local(ValType::I32, true, false, zero);
    module.globals.get_mut(global).name = Some(name.to_owned());
    global
}

/// A new import of ours.
pub fn import(
    module: &mut Module,
    name: &str,
    params: &[ValType],
    results: &[ValType],
) -> FunctionId {
    let ty = module.types.add(params, results);
    let (function, _) = module.add_import_func(NAMESPACE, name, ty);
    module.funcs.get_mut(function).name = Some(format!("suspendable.{name}"));
    function
}

/// A new import of ours: a global variable of type `i32`.
pub fn import_variable(module: &mut Module, name: &str) -> GlobalId {
    let (global, _) = module.add_import_global(NAMESPACE, name, ValType::I32, true, false);
    global
}

/// The import of ours that the library declares, if the module uses it.
pub fn declared(module: &Module, name: &str) -> Option<FunctionId> {
    let import = module.imports.find(NAMESPACE, name)?;
    match module.imports.get(import).kind {
        ImportKind::Function(function) => Some(function),
        _ => None,
    }
}

/// Puts a function of ours in the place of one that the module imports.
pub fn define(
    module: &mut Module,
    import: FunctionId,
    name: String,
    body: impl FnOnce(&mut InstrSeqBuilder, &[LocalId]),
) -> Result<()> {
    let function = module.replace_imported_func(import, |(b, arguments)| body(b, arguments))?;
    module.funcs.get_mut(function).name = Some(name);
    Ok(())
}

/// `a - b`, both on the stack.
pub fn subtract(body: &mut InstrSeqBuilder) {
    body.binop(BinaryOp::I32Sub);
}

/// `a == 0`.
pub fn is_zero(body: &mut InstrSeqBuilder) {
    body.unop(UnaryOp::I32Eqz);
}

fn exported_global(module: &Module, name: &str) -> Option<GlobalId> {
    module.exports.iter().find_map(|export| match export.item {
        ExportItem::Global(global) if export.name == name => Some(global),
        _ => None,
    })
}
