//! `suspend` for engines with JavaScript Promise Integration (JSPI).
//!
//! Every fiber runs on a stack of the engine's own, from its first instruction to its last. The engine
//! keeps the frames and locals, but no globals: before the call that suspends, the fiber leaves in its
//! record where its own stack ends, and behind it goes on from there, inside the module. Those are the last
//! and the first instructions that it executes, whatever else settles in the same microtask
//! checkpoint.
//!
//! Here a fiber that parks waits for a promise as well, which the runtime makes and keeps. `ready` and
//! `begin` stay imports, from which nobody comes in before they return.
//!
//! What the call comes back with may be a rejection, in the runtime's wrapper. Nearly always the runtime
//! knows that it is not, and says so in a global, which is read before anything else can run.

use super::fibers::Fibers;
use super::recording::Recording;
use super::seam::{
    DEFINED_SUSPEND, READY, SUSPEND, Seam, declared, define, import, import_variable,
};
use anyhow::Result;
use walrus::{FunctionBuilder, FunctionId, InstrSeqBuilder, Module, RefType, ValType};

const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

/// Completes a prepared module for JSPI. One that keeps its names can record which of them are on the stack
/// (`recording.rs`).
pub fn jspi(module: &mut Module, keep_names: bool) -> Result<()> {
    let fibers = Fibers::find(module)?;
    if let Some(suspend) = declared(module, SUSPEND) {
        let recording = keep_names.then(|| Recording::introduce(module));
        define_suspend(module, &fibers, suspend, recording)?;
    }
    let outcome = fibers.add_outcome(module);
    module.exports.add("suspendable_outcome", outcome);
    export_start(module, &fibers);
    fibers.export_faults(module);
    Seam::conceal(module);
    walrus::passes::gc::run(module);
    Ok(())
}

/// ```wat
/// (func $suspend (param $slot i32) (result i32)
///   (local $fiber i32) (local $outcome externref) (local $rejected i32)
///   …record the stack…
///   …check the stack…
///   (local.set $fiber (global.get $fiber))
///   …leave the fiber…
///   (local.set $outcome (call $import.await                             ;; suspended here
///     (if (result externref) (local.get $slot)
///       (then (table.get $externrefs (local.get $slot)))
///       (else (call $import.parked (local.get $fiber))))))
///   (local.set $rejected (global.get $import.may_be_rejection))
///   …enter the fiber…
///   (if (local.get $rejected) (then
///     (if (local.tee $rejected (call $import.is_rejection (local.get $outcome))) (then
///       (local.set $outcome (call $import.reason (local.get $outcome)))))))
///   (if (local.get $slot) (then (table.set $externrefs (local.get $slot) (local.get $outcome))))
///   (local.get $rejected))
/// ```
///
/// Without anything that parks, there is no test of the slot.
fn define_suspend(
    module: &mut Module,
    fibers: &Fibers,
    suspend: FunctionId,
    recording: Option<Recording>,
) -> Result<()> {
    let Seam { fiber: current, externrefs, .. } = fibers.seam;
    let escaped = import(module, "escaped", &[ValType::I32], &[]);
    let wait = import(module, "await", &[EXTERNREF], &[EXTERNREF]);
    let may_be_rejection = import_variable(module, "may_be_rejection");
    let is_rejection = import(module, "is_rejection", &[EXTERNREF], &[ValType::I32]);
    let reason = import(module, "reason", &[EXTERNREF], &[EXTERNREF]);
    let parked =
        declared(module, READY).map(|_| import(module, "parked", &[ValType::I32], &[EXTERNREF]));
    let [fiber, outcome, rejected] =
        [ValType::I32, EXTERNREF, ValType::I32].map(|ty| module.locals.add(ty));
    define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
        let slot = arguments[0];
        recording.iter().for_each(|recording| recording.record(body));
        fibers.check_stack(body, escaped);
        body.global_get(current).local_set(fiber);
        fibers.leave(body, fiber);
        match parked {
            Some(parked) => {
                body.local_get(slot).if_else(
                    EXTERNREF,
                    |then| {
                        then.local_get(slot).table_get(externrefs);
                    },
                    |otherwise| {
                        otherwise.local_get(fiber).call(parked);
                    },
                );
            }
            None => {
                body.local_get(slot).table_get(externrefs);
            }
        }
        body.call(wait).local_set(outcome);
        body.global_get(may_be_rejection).local_set(rejected);
        fibers.enter(body, fiber);
        body.local_get(rejected).if_else(
            None,
            |then| {
                then.local_get(outcome).call(is_rejection).local_tee(rejected).if_else(
                    None,
                    |then| {
                        then.local_get(outcome).call(reason).local_set(outcome);
                    },
                    |_| {},
                );
            },
            |_| {},
        );
        let deliver = |body: &mut InstrSeqBuilder| {
            body.local_get(slot).local_get(outcome).table_set(externrefs);
        };
        match parked {
            Some(_) => {
                body.local_get(slot).if_else(None, deliver, |_| {});
            }
            None => deliver(body),
        }
        body.local_get(rejected);
    })
}

/// ```wat
/// (func (export "suspendable_start") (param $fiber i32) (result externref)
///   …enter the fiber…
///   (call $run (local.get $fiber))
///   (ref.null extern))
/// ```
///
/// The runtime makes it promising, and asks for the outcome when the promise has settled: an outcome that was
/// returned here would be waited for if it is a promise, and might reject it, as a fault does.
fn export_start(module: &mut Module, fibers: &Fibers) {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[EXTERNREF]);
    function.name("suspendable.start".into());
    let fiber = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    fibers.enter(body, fiber);
    body.local_get(fiber).call(fibers.seam.run);
    body.ref_null(RefType::EXTERNREF);
    let function = function.finish(vec![fiber], &mut module.funcs);
    module.exports.add("suspendable_start", function);
}
