//! What the library and the transforms know each other by, found in a module.

use anyhow::{Context, Result, ensure};
use walrus::ir::{BinaryOp, GlobalSet, UnaryOp, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataKind, ExportItem, FunctionId, GlobalId, GlobalKind, ImportKind, InstrSeqBuilder,
    LocalId, MemoryId, Module, RefType, TableId, ValType,
};

use super::layout::{Field, crossing};

/// The module name of our imports.
pub const NAMESPACE: &str = "suspendable";
/// The name of the function that leaves the stack.
pub const SUSPEND: &str = "suspend";
/// The names of the functions that let fibers go on which have parked, and begin.
pub const READY: &str = "ready";
pub const BEGIN: &str = "begin";
/// The name of the first inside the module, once it is defined.
pub const DEFINED_SUSPEND: &str = "suspendable.suspend";

const STACK_POINTER: &str = "__stack_pointer";
const FIBER: &str = "__suspendable_fiber";
const FAULTED: &str = "__suspendable_faulted";
const SP: &str = "__suspendable_sp";
const LIMIT: &str = "__suspendable_limit";
const SEGMENT: &str = "__suspendable_segment";
const CROSSING: &str = "__suspendable_crossing";
const OUTSIDE: &str = "__suspendable_outside";
/// With `--std`, where the thread-locals are of who runs.
pub const LOCALS: &str = "__suspendable_locals";
const BORROWED: &str = "__suspendable_borrowed";

/// The linker leaves the first bytes of the memory to nobody: no stack of fibers lies there.
pub const LEAST_ADDRESS: i32 = 1024;

/// Everything that generated code refers to, and the library's functions that it calls.
///
/// Between `prepare` and a backend, wasm-opt runs: the globals are exported meanwhile, so that they
/// stay and can be found again.
pub struct Seam {
    pub memory: MemoryId,
    pub externrefs: TableId,
    /// LLVM's, of the functions that are no members.
    pub stack_pointer: GlobalId,
    /// The same for members, with the lowest address that they may use and the segment that this is in.
    /// Outside of fibers they begin with no room at all: `sp` and `limit` are then `root`, and `segment`
    /// is 0.
    pub sp: GlobalId,
    pub limit: GlobalId,
    pub segment: GlobalId,
    /// The innermost crossing, and the address of the outermost.
    pub crossing: GlobalId,
    pub root: i32,
    /// Which function is on the stack of the fiber that cannot be there when it suspends (`guard.rs`).
    pub outside: GlobalId,
    /// wasm-bindgen's pointer to its stack of borrowed JavaScript values.
    pub borrowed: Option<GlobalId>,
    /// Where the thread-locals are of the thread that runs, if threads have their own (`threads/library.rs`).
    pub locals: Option<GlobalId>,
    pub fiber: GlobalId,
    pub faulted: GlobalId,
    pub run: FunctionId,
    pub take: FunctionId,
    pub give_back: FunctionId,
    pub make_room: FunctionId,
    pub finish: FunctionId,
    pub fault: FunctionId,
    pub release: FunctionId,
}

impl Seam {
    /// Adds the globals and the root crossing, and exports all globals.
    ///
    /// `has_jspi` says that wasm-bindgen's own JSPI is in the module. A call of it that is suspended can
    /// have borrowed values, and nothing says where: the pointer to them is then left alone.
    pub fn introduce(module: &mut Module, has_jspi: bool) -> Result<()> {
        ensure!(
            module.exports.get_func("__suspendable_run").is_ok(),
            "the module has no #[suspendable] export: there is nothing to suspend. Use the crate \
             `suspendable`, or wasm-bindgen alone"
        );
        ensure!(
            module.memories.iter().all(|memory| !memory.shared),
            "the module has shared memory (target feature `atomics`): a fiber lives on one thread. \
             Build without `-C target-feature=+atomics`; \
             for threads, with `cargo suspendable build --std`"
        );
        let named = |module: &Module| {
            let mut globals = module.globals.iter();
            globals.find(|global| global.name.as_deref() == Some(STACK_POINTER)).map(|g| g.id())
        };
        let stack_pointer = match exported_global(module, STACK_POINTER) {
            Some(exported) => exported,
            None => {
                let stack_pointer = named(module).context(
                    "cannot find the global `__stack_pointer`: the names have been stripped. Leave \
                     `strip` out of the Cargo profile, or link with \
                     `-C link-arg=--export=__stack_pointer`",
                )?;
                module.exports.add(STACK_POINTER, stack_pointer);
                stack_pointer
            }
        };
        let root = constant(module, stack_pointer)
            .context("`__stack_pointer` does not begin with a constant: link without `-shared`")?
            - crossing::SIZE;
        module.globals.get_mut(stack_pointer).kind =
            GlobalKind::Local(ConstExpr::Value(Value::I32(root)));
        ensure!(root >= LEAST_ADDRESS, "the stack has less than {LEAST_ADDRESS} bytes");
        for (name, initial) in [
            (FIBER, 0),
            (FAULTED, 0),
            (SP, root),
            (LIMIT, root),
            (SEGMENT, 0),
            (CROSSING, root),
            (OUTSIDE, 0),
        ] {
            let global = add_variable(module, name, initial);
            module.exports.add(name, global);
        }
        let mut record = [0; crossing::SIZE as usize];
        let mut set = |field: Field, value: i32| {
            record[field.offset() as usize..][..4].copy_from_slice(&value.to_le_bytes());
        };
        set(crossing::SP, root);
        set(crossing::LIMIT, root);
        if let Some(locals) = exported_global(module, LOCALS) {
            set(crossing::LOCALS, constant(module, locals).context("thread-locals")?);
        }
        if !has_jspi && let Some(borrowed) = find_borrowed(module) {
            set(crossing::BORROWED, constant(module, borrowed).context("a stack of references")?);
            module.exports.add(BORROWED, borrowed);
        }
        let memory = module.memories.iter().next().context("the module has no memory")?.id();
        let offset = ConstExpr::Value(Value::I32(root));
        let data = module.data.add(DataKind::Active { memory, offset }, record.to_vec());
        module.memories.get_mut(memory).data_segments.insert(data);
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
            sp: global(SP)?,
            limit: global(LIMIT)?,
            segment: global(SEGMENT)?,
            crossing: global(CROSSING)?,
            root: constant(module, stack_pointer).context("the root crossing has an address")?,
            outside: global(OUTSIDE)?,
            borrowed: exported_global(module, BORROWED),
            locals: exported_global(module, LOCALS),
            fiber: global(FIBER)?,
            faulted: global(FAULTED)?,
            run: function("__suspendable_run")?,
            take: function("__suspendable_take")?,
            give_back: function("__suspendable_give_back")?,
            make_room: function("__suspendable_make_room")?,
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
}

/// A new global variable of type `i32`.
pub fn add_variable(module: &mut Module, name: &str, initial: i32) -> GlobalId {
    let initial = ConstExpr::Value(Value::I32(initial));
    let global = module.globals.add_local(ValType::I32, true, false, initial);
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

/// A new import of ours: a JavaScript value.
pub fn import_value(module: &mut Module, name: &str) -> GlobalId {
    let externref = ValType::Ref(RefType::EXTERNREF);
    let (global, _) = module.add_import_global(NAMESPACE, name, externref, false, false);
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

/// What a global begins with.
pub fn constant(module: &Module, global: GlobalId) -> Option<i32> {
    match module.globals.get(global).kind {
        GlobalKind::Local(ConstExpr::Value(Value::I32(value))) => Some(value),
        _ => None,
    }
}

/// The pointer that wasm-bindgen's shims of exports move which borrow JavaScript values: they set no other
/// global.
fn find_borrowed(module: &Module) -> Option<GlobalId> {
    struct Sets(Option<GlobalId>);
    impl Visitor<'_> for Sets {
        fn visit_global_set(&mut self, set: &GlobalSet) {
            self.0 = Some(set.global);
        }
    }
    let mut sets = Sets(None);
    for (id, body) in module.funcs.iter_local() {
        let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
        if name.ends_with("externref shim") {
            dfs_in_order(&mut sets, body, body.entry_block());
        }
    }
    sets.0
}

fn exported_global(module: &Module, name: &str) -> Option<GlobalId> {
    module.exports.iter().find_map(|export| match export.item {
        ExportItem::Global(global) if export.name == name => Some(global),
        _ => None,
    })
}
