//! The part that both backends share: keep `fiber` true, and let everybody begin where they may.
//!
//! - Every import of JavaScript is wrapped, so that no fiber is current while JavaScript runs, and
//!   the one that called it is current again afterwards.
//! - Every export is wrapped, so that no fiber is current when JavaScript comes in.
//! - Both go by crossings (`crossing.rs`), whatever became of the calls in between.
//! - A panic takes the fiber away before it does anything else.
//!
//! Whoever asks to block where it cannot be done thus reads 0, and gets an error instead of a
//! stack that the engine refuses to suspend or Asyncify would unwind into the wrong frames.

use super::crossing::{Crossings, export_is_inside};
use super::foreign::{Foreign, is_jspi_export};
use super::names::{is_default_hook, is_panic_entry};
use super::seam::{NAMESPACE, Seam, declared, define, import};
use crate::analysis::Unused;
use anyhow::Result;
use std::collections::{HashMap, HashSet};
use walrus::ir::{
    Call, GlobalGet, Instr, InstrLocId, InstrSeqType, ThrowRef, TryTable, TryTableCatch, Visitor,
    VisitorMut, dfs_in_order, dfs_pre_order_mut,
};
use walrus::{
    ElementItems, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId, ImportKind,
    InstrSeqBuilder, LocalId, Module, RefType, ValType,
};

/// Prepares wasm-bindgen's output for either backend. `is_asked` if the runtime asks which fibers are on the
/// stack.
pub fn prepare(module: &mut Module, foreign: &Foreign, is_asked: bool) -> Result<()> {
    let has_jspi = !foreign.exports.is_empty();
    Seam::introduce(module, has_jspi)?;
    let seam = Seam::find(module)?;
    let read = [("current", seam.fiber), ("faulted", seam.faulted)];
    let read = read.into_iter().filter_map(|(name, of)| Some((declared(module, name)?, of)));
    read_globals(module, read.collect());
    let crossings = Crossings::add(module, &seam, !has_jspi);
    wrap_imports(module, &seam, &crossings, foreign)?;
    wrap_exports(module, &seam, &crossings);
    guard_panics(module, &seam);
    if is_asked {
        export_is_inside(module, &seam);
    }
    Ok(())
}

/// The names of the functions that wasm-bindgen's result can begin with: its exports, and what is called from functions
/// that were not `linked`, for it has made those.
pub fn entered(module: &Module, linked: &HashSet<&str>) -> HashSet<String> {
    struct Calls(Vec<FunctionId>);
    impl<'a> Visitor<'a> for Calls {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.push(*function);
        }
    }
    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(function) => Some(function),
        _ => None,
    });
    let mut calls = Calls(exported.chain(module.start).collect());
    for (id, body) in module.funcs.iter_local() {
        let name = module.funcs.get(id).name.as_deref();
        if name.is_none_or(|name| !linked.contains(name)) {
            dfs_in_order(&mut calls, body, body.entry_block());
        }
    }
    calls.0.into_iter().filter_map(|function| module.funcs.get(function).name.clone()).collect()
}

/// Takes away what nothing reaches (`analysis/unused.rs`), and what std's own panic hook does. In the table, one function
/// stands for all that are unused.
pub fn drop_unused(module: &mut Module, unused: &Unused) {
    let mut dropped = HashSet::new();
    for function in module.funcs.iter_mut() {
        let Some(name) = &function.name else { continue };
        let (is_hook, is_unused) = (is_default_hook(name), unused.functions.contains(name));
        let id = function.id();
        if let FunctionKind::Local(local) = &mut function.kind
            && (is_hook || is_unused)
        {
            local.block_mut(local.entry_block()).instrs.clear();
            if !is_hook {
                local.builder_mut().func_body().unreachable();
                dropped.insert(id);
            }
        }
    }
    let mut stand_in = FunctionBuilder::new(&mut module.types, &[], &[]);
    stand_in.name("unused".into()).func_body().unreachable();
    let stand_in = stand_in.finish(vec![], &mut module.funcs);
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            functions
                .iter_mut()
                .filter(|function| dropped.contains(function))
                .for_each(|function| *function = stand_in);
        }
    }
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for (index, id) in segments.into_iter().enumerate() {
        let data = module.data.get_mut(id);
        for ((segment, start), size) in &unused.constants {
            let bytes = *start as usize..(*start + *size) as usize;
            if *segment as usize == index
                && let Some(bytes) = data.value.get_mut(bytes)
            {
                bytes.fill(0);
            }
        }
    }
}

/// Puts `(global.get …)` in the place of calls of imports that stand for globals.
fn read_globals(module: &mut Module, globals: HashMap<FunctionId, GlobalId>) {
    struct Reads(HashMap<FunctionId, GlobalId>);
    impl VisitorMut for Reads {
        fn visit_instr_mut(&mut self, instruction: &mut Instr, _: &mut InstrLocId) {
            if let Instr::Call(Call { func }) = instruction
                && let Some(global) = self.0.get(func)
            {
                *instruction = GlobalGet { global: *global }.into();
            }
        }
    }
    let mut reads = Reads(globals);
    for (_, body) in module.funcs.iter_local_mut() {
        let entry = body.entry_block();
        dfs_pre_order_mut(&mut reads, body, entry);
    }
    for function in reads.0.into_keys() {
        if let Some(import) = module.imports.get_imported_func(function).map(|import| import.id()) {
            module.imports.delete(import);
        }
        module.funcs.delete(function);
    }
}

/// Around every import but ours:
///
/// ```wat
/// (func $wrapper (param …) (result …) (local $crossing i32)
///   (local.set $crossing (call $leave))
///   (call $import (local.get …))
///   (call $come_back (local.get $crossing)))
/// ```
fn wrap_imports(
    module: &mut Module,
    seam: &Seam,
    crossings: &Crossings,
    foreign: &Foreign,
) -> Result<()> {
    let imports: Vec<(FunctionId, String, String)> = module
        .imports
        .iter()
        .filter(|import| import.module != NAMESPACE)
        .filter_map(|import| match import.kind {
            ImportKind::Function(function) => {
                Some((function, import.module.clone(), import.name.clone()))
            }
            _ => None,
        })
        .collect();
    let refuse = (!foreign.imports.is_empty()).then(|| import(module, "foreign", &[], &[]));
    for (function, from, name) in imports {
        let ty = module.funcs.get(function).ty();
        let (import, _) = module.add_import_func(&from, &name, ty);
        module.funcs.get_mut(import).name = Some(format!("import {name}"));
        let own = format!("call {name}");
        if let Some(refuse) = refuse.filter(|_| foreign.imports.contains(&function)) {
            wrap_foreign_import(module, seam, function, import, refuse, own)?;
            continue;
        }
        let crossing = module.locals.add(ValType::I32);
        define(module, function, own, |body, arguments| {
            body.call(crossings.leave).local_set(crossing);
            arguments.iter().for_each(|argument| {
                body.local_get(*argument);
            });
            body.call(import).local_get(crossing).call(crossings.come_back);
        })?;
    }
    Ok(())
}

/// An import that suspends wasm-bindgen's way is refused on a fiber. Elsewhere, a call of wasm-bindgen's
/// own JSPI runs, whose members have segments of its own (`wrap_exports`): they are put back, also
/// if the promise is rejected, for wasm-bindgen catches that. It looks after the ordinary stack itself.
///
/// ```wat
/// (func $wrapper (param …) (result …) (local $sp i32) (local $limit i32) (local $segment i32)
///   (if (global.get $fiber) (then (call $import.foreign)))              ;; throws
///   (local.set $sp (global.get $sp)) …
///   (block $thrown (result exnref)
///     (try_table (result …) (catch_all_ref $thrown)
///       (call $import (local.get …)))
///     (global.set $sp (local.get $sp)) … (global.set $fiber (i32.const 0))
///     (return))
///   (global.set $sp (local.get $sp)) … (global.set $fiber (i32.const 0))
///   (throw_ref))
/// ```
fn wrap_foreign_import(
    module: &mut Module,
    seam: &Seam,
    function: FunctionId,
    import: FunctionId,
    refuse: FunctionId,
    name: String,
) -> Result<()> {
    let ty = module.types.get(module.funcs.get(function).ty());
    let results = ty.results().to_vec();
    let returned = InstrSeqType::new(&mut module.types, &[], &results);
    let kept = [seam.sp, seam.limit, seam.segment].into_iter().chain(seam.locals);
    let kept: Vec<_> = kept.map(|global| (global, module.locals.add(ValType::I32))).collect();
    let put_back = |body: &mut InstrSeqBuilder| {
        for (global, local) in &kept {
            body.local_get(*local).global_set(*global);
        }
        body.i32_const(0).global_set(seam.fiber);
    };
    define(module, function, name, |body, arguments| {
        let throw = |then: &mut InstrSeqBuilder| {
            then.call(refuse);
        };
        body.global_get(seam.fiber).if_else(None, throw, |_| {});
        for (global, local) in &kept {
            body.global_get(*global).local_set(*local);
        }
        body.block(ValType::Ref(RefType::EXNREF), |thrown| {
            let caught = TryTableCatch::CatchAllRef { label: thrown.id() };
            let mut call = thrown.dangling_instr_seq(returned);
            arguments.iter().for_each(|argument| {
                call.local_get(*argument);
            });
            let call = call.call(import).id();
            thrown.instr(TryTable { seq: call, catches: vec![caught] });
            put_back(thrown);
            thrown.return_();
        });
        put_back(body);
        body.instr(ThrowRef {});
    })
}

/// Around every export but ours:
///
/// ```wat
/// (func $wrapper (param …) (result …)
///   (call $enter)
///   (call $function (local.get …)))
/// ```
///
/// A call of wasm-bindgen's own JSPI may be suspended when whoever it was called from goes on. So its
/// members do not run on the segment of the crossing, they begin without one, as outside of fibers:
///
/// ```wat
/// (global.set $sp (i32.const ROOT)) (global.set $limit (i32.const ROOT))
/// (global.set $segment (i32.const 0))
/// ```
fn wrap_exports(module: &mut Module, seam: &Seam, crossings: &Crossings) {
    let exports: Vec<_> = module
        .exports
        .iter()
        .filter(|export| !export.name.starts_with("__suspendable_"))
        .filter_map(|export| match export.item {
            ExportItem::Function(function) => Some((export.id(), function, export.name.clone())),
            _ => None,
        })
        .collect();
    for (export, function, name) in exports {
        let ty = module.types.get(module.funcs.get(function).ty());
        let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
        let mut wrapper = FunctionBuilder::new(&mut module.types, &params, &results);
        wrapper.name(format!("export {name}"));
        let arguments: Vec<LocalId> = params.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut body = wrapper.func_body();
        body.call(crossings.enter);
        if is_jspi_export(module.funcs.get(function)) {
            for (global, value) in
                [(seam.sp, seam.root), (seam.limit, seam.root), (seam.segment, 0)]
            {
                body.i32_const(value).global_set(global);
            }
        }
        for argument in &arguments {
            body.local_get(*argument);
        }
        body.call(function);
        let wrapper = wrapper.finish(arguments, &mut module.funcs);
        module.exports.get_mut(export).item = wrapper.into();
    }
}

/// At the start of every function through which a panic leaves ordinary code:
///
/// ```wat
/// (if (global.get $fiber) (then (global.set $faulted (global.get $fiber))))
/// (global.set $fiber (i32.const 0))
/// ```
///
/// The suspension set is cut at these functions. This is what makes that sound: nothing below them
/// can suspend.
fn guard_panics(module: &mut Module, seam: &Seam) {
    for function in module.funcs.iter_mut() {
        let is_entry = function.name.as_deref().is_some_and(is_panic_entry);
        let FunctionKind::Local(local) = &mut function.kind else {
            continue;
        };
        if !is_entry {
            continue;
        }
        let entry = local.entry_block();
        let mut instructions = std::mem::take(&mut local.block_mut(entry).instrs);
        let mut body = local.builder_mut().func_body();
        body.global_get(seam.fiber).if_else(
            None,
            |then| {
                then.global_get(seam.fiber).global_set(seam.faulted);
            },
            |_| {},
        );
        body.i32_const(0).global_set(seam.fiber);
        body.instrs_mut().append(&mut instructions);
    }
}
