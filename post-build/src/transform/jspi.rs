//! `suspend` for engines with JavaScript Promise Integration (JSPI).
//!
//! Every fiber runs on a stack of the engine's own, from its first instruction to its last.

use super::layout::BASE;
use super::native::Native;
use super::seam::{DEFINED_SUSPEND, SUSPEND, Seam, declared, define};
use anyhow::Result;
use walrus::{FunctionBuilder, FunctionId, Module, RefType, ValType};

const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

/// Completes a prepared module for JSPI.
pub fn jspi(module: &mut Module) -> Result<()> {
    let seam = Seam::find(module)?;
    if let Some(suspend) = declared(module, SUSPEND) {
        let native = Native::import(module);
        let locals = native.locals(module);
        define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
            body.global_get(seam.fiber).local_set(locals[0]);
            native.suspend(body, &seam, arguments[0], locals);
        })?;
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
