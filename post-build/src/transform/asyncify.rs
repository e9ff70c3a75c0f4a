//! `suspend` for every engine: Asyncify, the module unwinds and rewinds its own stack.
//!
//! The functions of the suspension set are instrumented after this (`instrument/`), and do what the
//! global `phase` says. `suspend` starts to unwind; `start` and `resume` stop the unwinding when it
//! arrives. A suspension crosses into JavaScript once each way.
//!
//! **Where the frames go while they unwind.** Whoever saves a frame does not check that there is room
//! for it. So the buffer is the end of linear memory (`reserve.rs`): frames that do not fit trap on
//! their first byte too many, and have overwritten nothing. As soon as the unwinding is over, what
//! the frames took is copied into a block of the fiber's own, and the buffer is free for the next.
//!
//! **One frame at a time.** `resume` rewinds the innermost frame, by a call of its function. When that
//! has returned, it rewinds the frame below, behind the call that has returned, and so on. If the fiber
//! suspends again meanwhile, only the functions that were entered since are unwound, and their frames
//! are put in front of those that are still in the block. So what a suspension costs does not grow with
//! the depth of the stack, but for the shadow stack: pointers into all of it have to be valid.

use super::guard::guard;
use super::layout::{BASE, OUTCOME, RESUMED, SP};
use super::reserve::Reserve;
use super::seam::{
    DEFINED_SUSPEND, SUSPEND, Seam, add_variable, declared, define, is_zero, subtract,
};
use anyhow::Result;
use std::collections::{HashMap, HashSet};
use walrus::ir::{BinaryOp, Block, LoadKind, MemArg, Value};
use walrus::{
    ConstExpr, FunctionBuilder, FunctionId, FunctionKind, GlobalId, InstrSeqBuilder, LocalId,
    Module, RefType, ValType,
};

/// The globals that drive the instrumented functions (`instrument/`).
pub const PHASE: &str = "suspendable.phase";
pub const CURSOR: &str = "suspendable.cursor";
pub const REWIND: &str = "suspendable.rewind";
pub const RESULTS: [&str; 4] = [
    "suspendable.result.i32",
    "suspendable.result.i64",
    "suspendable.result.f32",
    "suspendable.result.f64",
];

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
    /// Where the next frame goes.
    cursor: GlobalId,
    /// Where the next frame is that is rewound.
    rewind: GlobalId,
    /// For the result of the call behind which the next frame goes on, by its type.
    results: [(ValType, GlobalId); 4],
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
    let rewind = add_variable(module, REWIND);
    let results = add_results(module);
    let asyncify = Asyncify { seam, buffer, phase, cursor, rewind, results };
    let mut guarded = Vec::new();
    if let Some(suspend) = declared(module, SUSPEND) {
        asyncify.define_suspend(module, suspend)?;
        guarded = guard(module, &members(module, set, suspend), asyncify.phase);
    }
    let go_on = asyncify.add_go_on(module, set);
    asyncify.export_start(module);
    let outcome = asyncify.seam.add_outcome(module);
    module.exports.add("suspendable_outcome", outcome);
    asyncify.export_resume(module, go_on, set)?;
    asyncify.export_reset(module);
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
    /// (func $suspend (param $slot i32) (result i32)
    ///   ((global.get $fiber).outcome = (local.get $slot))
    ///   (global.set $phase (i32.const SUSPENDING))
    ///   (global.set $cursor BUFFER)
    ///   (i32.const 0))
    /// ```
    ///
    /// Its result, whether the promise was rejected, is delivered by `resume`.
    fn define_suspend(&self, module: &mut Module, suspend: FunctionId) -> Result<()> {
        let memory = self.seam.memory;
        let fiber = module.locals.add(ValType::I32);
        define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
            body.global_get(self.seam.fiber).local_set(fiber);
            OUTCOME.store(body, memory, fiber, |body| {
                body.local_get(arguments[0]);
            });
            body.i32_const(SUSPENDING).global_set(self.phase);
            self.buffer.push_address(body);
            body.global_set(self.cursor);
            body.i32_const(0);
        })
    }

    /// Rewinds the frame of the function with that number, runs it until it returns or suspends, and
    /// keeps what it returns.
    ///
    /// ```wat
    /// (func $go_on (param $number i32)
    ///   (block $f1 (block $f0 (br_table $f0 $f1 (local.get $number)))
    ///     (global.set $result.i32 (call $f0 (i32.const 0)))
    ///     (return))
    ///   (call $f1 (i64.const 0))
    ///   (return)
    ///   …)
    /// ```
    fn add_go_on(&self, module: &mut Module, set: &[String]) -> FunctionId {
        let by_name: HashMap<&str, FunctionId> = module
            .funcs
            .iter()
            .filter(|function| matches!(function.kind, FunctionKind::Local(_)))
            .filter_map(|function| Some((function.name.as_deref()?, function.id())))
            .collect();
        let members: Vec<_> = set.iter().map(|name| by_name[name.as_str()]).collect();
        let signatures: Vec<_> = members
            .iter()
            .map(|member| {
                let ty = module.types.get(module.funcs.get(*member).ty());
                (ty.params().to_vec(), ty.results().to_vec())
            })
            .collect();
        let number = module.locals.add(ValType::I32);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.go_on".into());
        let cases: Vec<_> =
            members.iter().map(|_| function.dangling_instr_seq(None).id()).collect();
        if let Some(&first) = cases.first() {
            let last = cases[cases.len() - 1];
            function.instr_seq(first).local_get(number).br_table(cases.clone().into(), last);
        }
        for (index, (member, (params, results))) in members.iter().zip(signatures).enumerate() {
            // What comes behind the end of its block is the beginning of the next one.
            let mut outer = match cases.get(index + 1) {
                Some(next) => function.instr_seq(*next),
                None => function.func_body(),
            };
            outer.instr(Block { seq: cases[index] });
            params.iter().for_each(|ty| push_zero(&mut outer, *ty));
            outer.call(*member);
            for result in results {
                match self.results.iter().find(|(ty, _)| *ty == result) {
                    Some((_, global)) => outer.global_set(*global),
                    // No call that can suspend may return it: the instrumentation says so.
                    None => outer.drop(),
                };
            }
            outer.return_();
        }
        function.finish(vec![number], &mut module.funcs)
    }

    /// Runs a fiber until it ends (null), or suspends (the promise that it waits for).
    ///
    /// ```wat
    /// (func (export "suspendable_start") (param $fiber i32) (result externref) (local $outer i32)
    ///   (local.set $outer (global.get $__stack_pointer))
    ///   (fiber.base = (local.get $outer))
    ///   (global.set $fiber (local.get $fiber))
    ///   (call $run (local.get $fiber))
    ///   …leave, with no frames in its block…)
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
        body.local_get(fiber).global_set(self.seam.fiber);
        body.local_get(fiber).call(self.seam.run);
        self.leave(body, fiber, outer, |body| {
            body.i32_const(0);
        });
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_start", function);
    }

    /// Goes on with a fiber whose promise has settled; returns as `start`.
    ///
    /// ```wat
    /// (func (export "suspendable_resume")
    ///   (param $fiber i32) (param $value externref) (param $rejected i32) (result externref)
    ///   (local $number i32)
    ///   (table.set $externrefs (fiber.outcome) (local.get $value))
    ///   (global.set $result.i32 (local.get $rejected))                   ;; what `suspend` returns
    ///   (fiber.resumed = 1)
    ///   (global.set $__stack_pointer (fiber.sp))
    ///   (global.set $rewind (call $restore (local.get $fiber)))          ;; its innermost frame
    ///   (global.set $fiber (local.get $fiber))
    ///   (loop $next
    ///     (local.set $number (i32.load (global.get $rewind)))
    ///     (global.set $phase (i32.const RESUMING))
    ///     (call $go_on (local.get $number))
    ///     (br_if $next (i32.eqz (i32.or
    ///       (global.get $phase)
    ///       (i32.eq (local.get $number) (i32.const RUN))))))
    ///   …leave, with TOP for $outer, and the frames from $rewind on…)
    /// ```
    ///
    /// The frame of `run` is a fiber's outermost. The runtime resumes from an empty stack, so no other
    /// fiber is resumed while this one runs, and `rewind` stays as it is.
    fn export_resume(&self, module: &mut Module, go_on: FunctionId, set: &[String]) -> Result<()> {
        let Seam { memory, externrefs, stack_pointer, restore, run, top, .. } = self.seam;
        let name = module.funcs.get(run).name.clone().unwrap_or_default();
        let run = set.iter().position(|member| *member == name);
        let mut function = FunctionBuilder::new(&mut module.types, &RESUME, &[EXTERNREF]);
        function.name("suspendable.resume".into());
        let arguments = RESUME.map(|ty| module.locals.add(ty));
        let [fiber, value, rejected] = arguments;
        let [number, outer] = [(); 2].map(|()| module.locals.add(ValType::I32));
        let body = &mut function.func_body();
        self.seam.load(body, OUTCOME, fiber);
        body.local_get(value).table_set(externrefs);
        body.local_get(rejected).global_set(self.results[0].1);
        RESUMED.store(body, memory, fiber, |body| {
            body.i32_const(1);
        });
        self.seam.load(body, SP, fiber);
        body.global_set(stack_pointer);
        body.local_get(fiber).call(restore).global_set(self.rewind);
        body.local_get(fiber).global_set(self.seam.fiber);
        body.loop_(None, |next| {
            let again = next.id();
            next.global_get(self.rewind);
            next.load(memory, LoadKind::I32 { atomic: false }, MemArg { align: 4, offset: 0 });
            next.local_set(number);
            next.i32_const(RESUMING).global_set(self.phase);
            next.local_get(number).call(go_on);
            // Without `run` in the set nothing suspends, and nothing is resumed.
            next.local_get(number)
                .i32_const(run.map_or(0, |run| run as i32))
                .binop(BinaryOp::I32Eq);
            next.global_get(self.phase).binop(BinaryOp::I32Or);
            is_zero(next);
            next.br_if(again);
        });
        body.i32_const(top).local_set(outer);
        self.leave(body, fiber, outer, |body| {
            body.global_get(self.rewind);
        });
        let function = function.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("suspendable_resume", function);
        Ok(())
    }

    /// ```wat
    /// (global.set $fiber (i32.const 0))
    /// (if (result externref) (i32.eqz (global.get $phase))
    ///   (then
    ///     (global.set $__stack_pointer (local.get $outer))
    ///     (ref.null extern))
    ///   (else                                                             ;; SUSPENDING
    ///     (global.set $phase (i32.const RUNNING))
    ///     (fiber.sp = (global.get $__stack_pointer))
    ///     …used = cursor - BUFFER…
    ///     (call $reserve (local.get $fiber) KEPT used)                    ;; below fiber.sp
    ///     (call $evacuate (local.get $fiber) BUFFER used)                 ;; it may have moved
    ///     …used = 0…
    ///     (global.set $__stack_pointer (local.get $outer))
    ///     (table.get $externrefs (fiber.outcome))))
    /// ```
    ///
    /// `kept` pushes where the frames begin that are in the fiber's block and stay there, or 0.
    fn leave(
        &self,
        body: &mut InstrSeqBuilder,
        fiber: LocalId,
        outer: LocalId,
        kept: impl FnOnce(&mut InstrSeqBuilder),
    ) {
        let Seam { memory, externrefs, stack_pointer, .. } = self.seam;
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
                suspended.local_get(fiber);
                kept(suspended);
                self.buffer.push_used(suspended);
                suspended.call(self.seam.reserve);
                suspended.local_get(fiber);
                self.buffer.push_address(suspended);
                self.buffer.push_used(suspended);
                suspended.call(self.seam.evacuate);
                self.buffer.set_unused(suspended);
                suspended.local_get(outer).global_set(stack_pointer);
                self.seam.load(suspended, OUTCOME, fiber);
                suspended.table_get(externrefs);
            },
        );
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

fn add_results(module: &mut Module) -> [(ValType, GlobalId); 4] {
    let zeros = [
        (ValType::I32, Value::I32(0)),
        (ValType::I64, Value::I64(0)),
        (ValType::F32, Value::F32(0.0)),
        (ValType::F64, Value::F64(0.0)),
    ];
    let mut names = RESULTS.iter();
    zeros.map(|(ty, zero)| {
        let global = module.globals.add_local(ty, true, false, ConstExpr::Value(zero));
        module.globals.get_mut(global).name = names.next().map(|name| (*name).to_owned());
        (ty, global)
    })
}

fn push_zero(body: &mut InstrSeqBuilder, ty: ValType) {
    match ty {
        ValType::I32 => body.i32_const(0),
        ValType::I64 => body.i64_const(0),
        ValType::F32 => body.f32_const(0.0),
        ValType::F64 => body.f64_const(0.0),
        ValType::V128 => body.const_(Value::V128(0)),
        ValType::Ref(reference) => body.ref_null(reference),
    };
}
