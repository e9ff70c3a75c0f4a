//! `suspend` for every engine: Asyncify, the module unwinds and rewinds its own stack.
//!
//! The functions of the suspension set are instrumented after this (`instrument/`), and do what the
//! global `phase` says. `suspend` starts to unwind and, called again at the end of a rewind, stops
//! it. `start` and `resume` stop the unwinding when it arrives, and begin the next rewind. A
//! suspension therefore crosses into JavaScript once each way.
//!
//! **Where the frames go while they unwind.** Whoever saves a frame does not check that there is room
//! for it. So the buffer is the end of linear memory (`reserve.rs`): frames that do not fit trap on
//! their first byte too many, and have overwritten nothing. As soon as the unwinding is over, what
//! the frames took is copied into a block of the fiber's own, and the buffer is free for the next.
//!
//! **Deep stacks.** What an unwinding and a rewinding cost grows with the frames. Where the engine has
//! JSPI, the runtime may therefore resume a fiber by `resume_native`, which is promising: the frames
//! are rewound onto a stack of the engine's own, once, and the engine keeps them from then on. Fibers
//! of both kinds live side by side: `phase` is RUNNING whenever a native one runs or is left.

use super::guard::guard;
use super::layout::{BASE, NATIVE, OUTCOME, RESUMED, SP};
use super::native::Native;
use super::reserve::Reserve;
use super::seam::{
    DEFINED_SUSPEND, SUSPEND, Seam, add_variable, declared, define, is_zero, subtract,
};
use anyhow::Result;
use std::collections::HashSet;
use walrus::{
    FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder, LocalId, Module, RefType, ValType,
};

/// The globals that drive the instrumented functions (`instrument/`).
pub const PHASE: &str = "suspendable.phase";
pub const CURSOR: &str = "suspendable.cursor";

const RUNNING: i32 = 0;
const SUSPENDING: i32 = 1;
const RESUMING: i32 = 2;

const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

/// What a fiber is resumed with: itself, a value, and whether that is a rejection's.
const RESUME: [ValType; 3] = [ValType::I32, EXTERNREF, ValType::I32];

/// What the functions below share.
struct Asyncify {
    seam: Seam,
    buffer: Reserve,
    phase: GlobalId,
    /// Where the next frame goes, or where the last one ends.
    cursor: GlobalId,
    /// Whether the promise that the resuming fiber waited for was rejected.
    rejected: GlobalId,
    /// How many bytes of frames the last unwinding took.
    depth: GlobalId,
}

/// Completes a prepared module for Asyncify, but for the functions of `set`: they are instrumented
/// next.
///
/// Returns the names of the functions that the guard can complain of, by number.
pub fn asyncify(module: &mut Module, set: &[String]) -> Result<Vec<String>> {
    let seam = Seam::find(module)?;
    let buffer = Reserve::make(module, seam.memory);
    let phase = add_variable(module, PHASE);
    let cursor = add_variable(module, CURSOR);
    let rejected = add_variable(module, "suspendable.rejected");
    let depth = add_variable(module, "suspendable.depth");
    let asyncify = Asyncify { seam, buffer, phase, cursor, rejected, depth };
    let mut guarded = Vec::new();
    if let Some(suspend) = declared(module, SUSPEND) {
        asyncify.define_suspend(module, suspend)?;
        guarded = guard(module, &members(module, set, suspend), asyncify.phase);
    }
    asyncify.export_start(module);
    let outcome = asyncify.seam.add_outcome(module);
    module.exports.add("suspendable_outcome", outcome);
    asyncify.export_resume(module);
    asyncify.export_resume_native(module, outcome);
    asyncify.export_reset(module);
    module.exports.add("suspendable_phase", phase);
    asyncify.export_depth(module);
    asyncify.seam.export_fault(module);
    asyncify.seam.export_reset_stack(module);
    Seam::conceal(module);
    walrus::passes::gc::run(module);
    Ok(guarded)
}

/// The functions of the set, and `suspend`, whose return is where an unwinding begins.
fn members(module: &Module, set: &[String], suspend: FunctionId) -> HashSet<FunctionId> {
    let names: HashSet<&str> = set.iter().map(String::as_str).collect();
    let functions = module.funcs.iter_local().map(|(id, _)| id);
    let is_member = |id: &FunctionId| {
        module.funcs.get(*id).name.as_deref().is_some_and(|name| names.contains(name))
    };
    functions.filter(is_member).chain([suspend]).collect()
}

impl Asyncify {
    /// ```wat
    /// (func $suspend (param $slot i32) (result i32) (local $fiber i32)
    ///   (if (global.get $phase) (then                                   ;; RESUMING
    ///     (global.set $phase (i32.const RUNNING))
    ///     (return (global.get $rejected))))
    ///   (local.set $fiber (global.get $fiber))
    ///   (if (fiber.native) (then (return …as through JSPI…)))
    ///   (fiber.outcome = (local.get $slot))
    ///   (global.set $phase (i32.const SUSPENDING))
    ///   (global.set $cursor BUFFER)
    ///   (i32.const 0))
    /// ```
    fn define_suspend(&self, module: &mut Module, suspend: FunctionId) -> Result<()> {
        let native = Native::import(module);
        let locals = native.locals(module);
        let fiber = locals[0];
        let memory = self.seam.memory;
        define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
            body.global_get(self.phase).if_else(
                None,
                |then| {
                    then.i32_const(RUNNING).global_set(self.phase);
                    then.global_get(self.rejected).return_();
                },
                |_| {},
            );
            body.global_get(self.seam.fiber).local_set(fiber);
            self.seam.load(body, NATIVE, fiber);
            body.if_else(
                None,
                |then| {
                    native.suspend(then, &self.seam, arguments[0], locals);
                    then.return_();
                },
                |_| {},
            );
            OUTCOME.store(body, memory, fiber, |body| {
                body.local_get(arguments[0]);
            });
            body.i32_const(SUSPENDING).global_set(self.phase);
            self.buffer.push_address(body);
            body.global_set(self.cursor);
            body.i32_const(0);
        })
    }

    /// Runs a fiber until it ends (null), or suspends (the promise that it waits for).
    ///
    /// ```wat
    /// (func (export "suspendable_start") (param $fiber i32) (result externref) (local $outer i32)
    ///   (local.set $outer (global.get $__stack_pointer))
    ///   (fiber.base = (local.get $outer))
    ///   …run…)
    /// ```
    fn export_start(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[EXTERNREF]);
        function.name("suspendable.start".into());
        let fiber = module.locals.add(ValType::I32);
        let outer = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        body.global_get(self.seam.stack_pointer).local_set(outer);
        BASE.store(body, self.seam.memory, fiber, |body| {
            body.local_get(outer);
        });
        self.run(body, fiber, outer);
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_start", function);
    }

    /// Goes on with a fiber whose promise has settled; returns as `start`.
    ///
    /// ```wat
    /// (func (export "suspendable_resume")
    ///   (param $fiber i32) (param $value externref) (param $rejected i32) (result externref)
    ///   (local $outer i32)
    ///   …rewind…
    ///   (local.set $outer (i32.const TOP))          ;; the runtime resumes from an empty stack
    ///   …run…)
    /// ```
    fn export_resume(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &RESUME, &[EXTERNREF]);
        function.name("suspendable.resume".into());
        let arguments = RESUME.map(|ty| module.locals.add(ty));
        let outer = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        self.rewind(body, arguments);
        body.i32_const(self.seam.top).local_set(outer);
        self.run(body, arguments[0], outer);
        let function = function.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("suspendable_resume", function);
    }

    /// Goes on with a fiber on the stack which this was called on, and which the engine switches from
    /// then on; returns the outcome of the fiber.
    ///
    /// ```wat
    /// (func (export "suspendable_resume_native")
    ///   (param $fiber i32) (param $value externref) (param $rejected i32) (result externref)
    ///   …rewind…
    ///   (fiber.native = 1)
    ///   (global.set $fiber (local.get $fiber))
    ///   (call $run (local.get $fiber))
    ///   (global.set $fiber (i32.const 0))
    ///   (global.set $__stack_pointer (i32.const TOP))
    ///   (call $outcome (local.get $fiber)))
    /// ```
    fn export_resume_native(&self, module: &mut Module, outcome: FunctionId) {
        let mut function = FunctionBuilder::new(&mut module.types, &RESUME, &[EXTERNREF]);
        function.name("suspendable.resume_native".into());
        let arguments = RESUME.map(|ty| module.locals.add(ty));
        let fiber = arguments[0];
        let body = &mut function.func_body();
        self.rewind(body, arguments);
        NATIVE.store(body, self.seam.memory, fiber, |body| {
            body.i32_const(1);
        });
        body.local_get(fiber).global_set(self.seam.fiber);
        body.local_get(fiber).call(self.seam.run);
        body.i32_const(0).global_set(self.seam.fiber);
        body.i32_const(self.seam.top).global_set(self.seam.stack_pointer);
        body.local_get(fiber).call(outcome);
        let function = function.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("suspendable_resume_native", function);
    }

    /// ```wat
    /// (table.set $externrefs (fiber.outcome) (local.get $value))
    /// (global.set $rejected (local.get $rejected))
    /// (fiber.resumed = 1)
    /// (global.set $__stack_pointer (fiber.sp))
    /// (global.set $cursor (call $restore (local.get $fiber)))             ;; the end of its frames
    /// (global.set $phase (i32.const RESUMING))
    /// ```
    fn rewind(&self, body: &mut InstrSeqBuilder, [fiber, value, rejected]: [LocalId; 3]) {
        let Seam { memory, externrefs, stack_pointer, restore, .. } = self.seam;
        self.seam.load(body, OUTCOME, fiber);
        body.local_get(value).table_set(externrefs);
        body.local_get(rejected).global_set(self.rejected);
        RESUMED.store(body, memory, fiber, |body| {
            body.i32_const(1);
        });
        self.seam.load(body, SP, fiber);
        body.global_set(stack_pointer);
        body.local_get(fiber).call(restore).global_set(self.cursor);
        body.i32_const(RESUMING).global_set(self.phase);
    }

    /// ```wat
    /// (global.set $fiber (local.get $fiber))
    /// (call $run (local.get $fiber))
    /// (global.set $fiber (i32.const 0))
    /// (if (result externref) (i32.eqz (global.get $phase))
    ///   (then
    ///     (global.set $__stack_pointer (local.get $outer))
    ///     (ref.null extern))
    ///   (else                                                             ;; SUSPENDING
    ///     (global.set $phase (i32.const RUNNING))
    ///     (fiber.sp = (global.get $__stack_pointer))
    ///     …used = cursor - BUFFER…
    ///     (global.set $depth used)
    ///     (call $reserve (local.get $fiber) (global.get $depth))          ;; below fiber.sp
    ///     (call $evacuate (local.get $fiber) BUFFER)                      ;; it may have moved
    ///     …used = 0…
    ///     (global.set $__stack_pointer (local.get $outer))
    ///     (table.get $externrefs (fiber.outcome))))
    /// ```
    fn run(&self, body: &mut InstrSeqBuilder, fiber: LocalId, outer: LocalId) {
        let Seam { memory, externrefs, stack_pointer, .. } = self.seam;
        body.local_get(fiber).global_set(self.seam.fiber);
        body.local_get(fiber).call(self.seam.run);
        body.i32_const(0).global_set(self.seam.fiber);
        body.global_get(self.phase);
        is_zero(body);
        body.if_else(
            EXTERNREF,
            |ended| {
                ended.local_get(outer).global_set(stack_pointer);
                ended.ref_null(RefType::EXTERNREF);
            },
            |suspended| {
                suspended.i32_const(RUNNING).global_set(self.phase);
                SP.store(suspended, memory, fiber, |body| {
                    body.global_get(stack_pointer);
                });
                suspended.global_get(self.cursor);
                self.buffer.push_address(suspended);
                subtract(suspended);
                self.buffer.set_used(suspended);
                self.buffer.push_used(suspended);
                suspended.global_set(self.depth);
                suspended.local_get(fiber).global_get(self.depth).call(self.seam.reserve);
                suspended.local_get(fiber);
                self.buffer.push_address(suspended);
                suspended.call(self.seam.evacuate);
                self.buffer.set_unused(suspended);
                suspended.local_get(outer).global_set(stack_pointer);
                self.seam.load(suspended, OUTCOME, fiber);
                suspended.table_get(externrefs);
            },
        );
    }

    /// How many bytes of frames the last unwinding took. A function, for JavaScript calls it sooner
    /// than it reads a global.
    ///
    /// ```wat
    /// (func (export "suspendable_depth") (result i32) (global.get $depth))
    /// ```
    fn export_depth(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        function.name("suspendable.depth".into());
        function.func_body().global_get(self.depth);
        let function = function.finish(vec![], &mut module.funcs);
        module.exports.add("suspendable_depth", function);
    }

    /// After a fault: whatever was on its way, it is no more.
    ///
    /// ```wat
    /// (func (export "suspendable_reset")
    ///   (global.set $fiber (i32.const 0))
    ///   (global.set $phase (i32.const RUNNING))
    ///   …the whole buffer is dirty…)
    /// ```
    fn export_reset(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
        function.name("suspendable.reset".into());
        let body = &mut function.func_body();
        body.i32_const(0).global_set(self.seam.fiber);
        body.i32_const(RUNNING).global_set(self.phase);
        self.buffer.set_all_dirty(body);
        let function = function.finish(vec![], &mut module.funcs);
        module.exports.add("suspendable_reset", function);
    }
}
