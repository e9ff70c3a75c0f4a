//! The part that both backends share: keep `fiber` true.
//!
//! - Every import of JavaScript is wrapped, so that no fiber is current while JavaScript runs, and
//!   the one that called it is current again afterwards.
//! - Every export is wrapped, so that no fiber is current when JavaScript comes in, even after a
//!   trap that left the global behind.
//! - A panic takes the fiber away before it does anything else.
//!
//! Whoever asks to block where it cannot be done thus reads 0, and gets an error instead of a
//! stack that the engine refuses to suspend or Asyncify would unwind into the wrong frames.

use super::foreign::Foreign;
use super::names::is_panic_entry;
use super::seam::{NAMESPACE, Seam, declared, define, import};
use anyhow::Result;
use walrus::{
    ExportItem, FunctionBuilder, FunctionId, FunctionKind, ImportKind, InstrSeqBuilder, LocalId,
    Module,
};

/// Prepares wasm-bindgen's output for either backend.
pub fn prepare(module: &mut Module, foreign: &Foreign) -> Result<()> {
    Seam::introduce(module)?;
    let seam = Seam::find(module)?;
    for (name, global) in [("current", seam.fiber), ("faulted", seam.faulted)] {
        if let Some(import) = declared(module, name) {
            define(module, import, format!("suspendable.{name}"), |body, _| {
                body.global_get(global);
            })?;
        }
    }
    wrap_imports(module, &seam, foreign)?;
    wrap_exports(module, &seam);
    guard_panics(module, &seam);
    Ok(())
}

/// Around every import but ours:
///
/// ```wat
/// (func $wrapper (param …) (result …) (local $fiber i32) (local $sp i32)
///   (local.set $fiber (global.get $fiber))
///   (local.set $sp (global.get $__stack_pointer))
///   (global.set $fiber (i32.const 0))
///   (call $import (local.get …))
///   ;; JavaScript may have caught a trap of a call that it made into the module
///   (global.set $__stack_pointer (local.get $sp))
///   (global.set $fiber (local.get $fiber)))
/// ```
///
/// An import that suspends wasm-bindgen's way is refused on a fiber. Elsewhere no fiber is current
/// before it, nor when it comes back, which is to an empty stack:
///
/// ```wat
/// (func $wrapper (param …) (result …)
///   (if (global.get $fiber) (then (call $foreign)))                     ;; throws
///   (call $import (local.get …)))
/// ```
fn wrap_imports(module: &mut Module, seam: &Seam, foreign: &Foreign) -> Result<()> {
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
        let refuse = refuse.filter(|_| foreign.imports.contains(&function));
        let fiber = module.locals.add(walrus::ValType::I32);
        let stack_pointer = module.locals.add(walrus::ValType::I32);
        define(module, function, format!("call {name}"), |body, arguments| {
            let call = |body: &mut InstrSeqBuilder| {
                for argument in arguments {
                    body.local_get(*argument);
                }
                body.call(import);
            };
            if let Some(refuse) = refuse {
                let throw = |then: &mut InstrSeqBuilder| {
                    then.call(refuse);
                };
                body.global_get(seam.fiber).if_else(None, throw, |_| {});
                call(body);
                return;
            }
            body.global_get(seam.fiber).local_set(fiber);
            body.global_get(seam.stack_pointer).local_set(stack_pointer);
            body.i32_const(0).global_set(seam.fiber);
            call(body);
            body.local_get(stack_pointer).global_set(seam.stack_pointer);
            body.local_get(fiber).global_set(seam.fiber);
        })?;
    }
    Ok(())
}

/// Around every export but ours:
///
/// ```wat
/// (func $wrapper (param …) (result …)
///   (global.set $fiber (i32.const 0))
///   (call $function (local.get …)))
/// ```
fn wrap_exports(module: &mut Module, seam: &Seam) {
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
        body.i32_const(0).global_set(seam.fiber);
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
