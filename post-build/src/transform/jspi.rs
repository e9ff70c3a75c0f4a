//! `suspend` for engines with JavaScript Promise Integration.
//!
//! The engine keeps the stack: its frames and locals, but neither globals nor linear memory. So the
//! shadow stack is evacuated before the call that suspends, and restored after it, inside the
//! module: those are the last and the first instructions that the fiber executes, whatever else
//! settles in the same microtask checkpoint.

use super::layout::{BASE, RESUMED, SP};
use super::seam::{DEFINED_SUSPEND, SUSPEND, Seam, declared, define, import};
use anyhow::Result;
use walrus::{FunctionBuilder, FunctionId, Module, RefType, ValType};

const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

/// Completes a prepared module for JSPI.
pub fn jspi(module: &mut Module) -> Result<()> {
    let seam = Seam::find(module)?;
    if let Some(suspend) = declared(module, SUSPEND) {
        define_suspend(module, &seam, suspend)?;
    }
    let outcome = seam.add_outcome(module);
    export_start(module, &seam, outcome);
    seam.export_fault(module);
    seam.export_reset_stack(module);
    Seam::conceal(module);
    walrus::passes::gc::run(module);
    Ok(())
}

/// ```wat
/// (func $suspend (param $slot i32) (result i32)
///   (local $fiber i32) (local $outcome externref)
///   (local.set $fiber (global.get $fiber))
///   (fiber.sp = (global.get $__stack_pointer))
///   (call $reserve (local.get $fiber) (i32.const 0))                        ;; no frames
///   (call $evacuate (local.get $fiber) (i32.const 0))
///   (global.set $__stack_pointer (if fiber.resumed TOP else fiber.base))
///   (global.set $fiber (i32.const 0))
///   (local.set $outcome
///     (call $import.await (table.get $externrefs (local.get $slot))))   ;; suspended here
///   (global.set $__stack_pointer (fiber.sp))
///   (drop (call $restore (local.get $fiber)))
///   (fiber.resumed = 1)
///   (global.set $fiber (local.get $fiber))
///   (if (result i32) (call $import.is_rejection (local.get $outcome))
///     (then (table.set (local.get $slot) (call $import.reason (local.get $outcome)))
///           (i32.const 1))
///     (else (table.set (local.get $slot) (local.get $outcome))
///           (i32.const 0))))
/// ```
fn define_suspend(module: &mut Module, seam: &Seam, suspend: FunctionId) -> Result<()> {
    let wait = import(module, "await", &[EXTERNREF], &[EXTERNREF]);
    let is_rejection = import(module, "is_rejection", &[EXTERNREF], &[ValType::I32]);
    let reason = import(module, "reason", &[EXTERNREF], &[EXTERNREF]);
    let fiber = module.locals.add(ValType::I32);
    let outcome = module.locals.add(EXTERNREF);
    let Seam { memory, externrefs, .. } = *seam;
    define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
        let slot = arguments[0];
        body.global_get(seam.fiber).local_set(fiber);
        SP.store(body, memory, fiber, |body| {
            body.global_get(seam.stack_pointer);
        });
        body.local_get(fiber).i32_const(0).call(seam.reserve);
        body.local_get(fiber).i32_const(0).call(seam.evacuate);
        seam.push_outer_stack_pointer(body, fiber);
        body.global_set(seam.stack_pointer);
        body.i32_const(0).global_set(seam.fiber);

        body.local_get(slot).table_get(externrefs).call(wait).local_set(outcome);

        seam.load(body, SP, fiber);
        body.global_set(seam.stack_pointer);
        body.local_get(fiber).call(seam.restore).drop();
        RESUMED.store(body, memory, fiber, |body| {
            body.i32_const(1);
        });
        body.local_get(fiber).global_set(seam.fiber);
        body.local_get(outcome).call(is_rejection).if_else(
            ValType::I32,
            |then| {
                then.local_get(slot).local_get(outcome).call(reason).table_set(externrefs);
                then.i32_const(1);
            },
            |otherwise| {
                otherwise.local_get(slot).local_get(outcome).table_set(externrefs);
                otherwise.i32_const(0);
            },
        );
    })
}

/// ```wat
/// (func (export "suspendable_start") (param $fiber i32) (result externref)
///   (fiber.base = (global.get $__stack_pointer))
///   (global.set $fiber (local.get $fiber))
///   (call $run (local.get $fiber))
///   (global.set $__stack_pointer (if fiber.resumed TOP else fiber.base))
///   (global.set $fiber (i32.const 0))
///   (call $outcome (local.get $fiber)))
/// ```
///
/// The runtime makes it promising, so what it returns is what the promise settles to: the outcome
/// travels with its fiber, although others may end between this and the promise's reactions.
fn export_start(module: &mut Module, seam: &Seam, outcome: FunctionId) {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[EXTERNREF]);
    function.name("suspendable.start".into());
    let fiber = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    BASE.store(body, seam.memory, fiber, |body| {
        body.global_get(seam.stack_pointer);
    });
    body.local_get(fiber).global_set(seam.fiber);
    body.local_get(fiber).call(seam.run);
    seam.push_outer_stack_pointer(body, fiber);
    body.global_set(seam.stack_pointer);
    body.i32_const(0).global_set(seam.fiber);
    body.local_get(fiber).call(outcome);
    let function = function.finish(vec![fiber], &mut module.funcs);
    module.exports.add("suspendable_start", function);
}
