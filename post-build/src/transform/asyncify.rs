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
//! are put in front of those that are still in the block. What they have on the fiber's stack stays where
//! it is (`stacks.rs`). So what a suspension costs depends neither on the depth of the stack nor on what
//! is on it.

use super::fibers::Fibers;
use super::layout::fiber::{FRAMES, INTERRUPTED, OUTCOME};
use super::reserve::Reserve;
use super::seam::{
    DEFINED_SUSPEND, SUSPEND, Seam, add_variable, declared, define, import, is_zero, subtract,
};
use anyhow::Result;
use std::collections::HashMap;
use walrus::ir::{BinaryOp, Block, LoadKind, MemArg, MemoryCopy, Value};
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

/// What a fiber is resumed with: itself, a value, whether that is a rejection's, and how many calls of
/// JavaScript have not returned.
const RESUME: [ValType; 4] = [ValType::I32, EXTERNREF, ValType::I32, ValType::I32];

/// What the functions below share.
struct Asyncify {
    fibers: Fibers,
    /// Throws: there is no room for the frames.
    exhausted: FunctionId,
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
pub fn asyncify(module: &mut Module, set: &[String]) -> Result<()> {
    let fibers = Fibers::find(module)?;
    let asyncify = Asyncify {
        exhausted: import(module, "exhausted", &[ValType::I32], &[]),
        buffer: Reserve::make(module, fibers.seam.memory),
        phase: add_variable(module, PHASE, RUNNING),
        cursor: add_variable(module, CURSOR, 0),
        rewind: add_variable(module, REWIND, 0),
        results: add_results(module),
        fibers,
    };
    if let Some(suspend) = declared(module, SUSPEND) {
        asyncify.define_suspend(module, suspend)?;
    }
    let go_on = asyncify.add_go_on(module, set);
    asyncify.export_start(module);
    let outcome = asyncify.fibers.add_outcome(module);
    module.exports.add("suspendable_outcome", outcome);
    asyncify.export_resume(module, go_on, set)?;
    asyncify.export_reset(module);
    asyncify.fibers.export_faults(module);
    Seam::conceal(module);
    walrus::passes::gc::run(module);
    Ok(())
}

impl Asyncify {
    /// ```wat
    /// (func $suspend (param $slot i32) (result i32)
    ///   …check the stack…
    ///   ((global.get $fiber).outcome = (local.get $slot))
    ///   (global.set $phase (i32.const SUSPENDING))
    ///   (global.set $cursor BUFFER)
    ///   (i32.const 0))
    /// ```
    ///
    /// Its result, whether the promise was rejected, is delivered by `resume`.
    fn define_suspend(&self, module: &mut Module, suspend: FunctionId) -> Result<()> {
        let memory = self.fibers.seam.memory;
        let escaped = import(module, "escaped", &[ValType::I32], &[]);
        let fiber = module.locals.add(ValType::I32);
        define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
            self.fibers.check_stack(body, escaped);
            body.global_get(self.fibers.seam.fiber).local_set(fiber);
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

    /// Runs a fiber until it ends (null), or suspends (the promise that it waits for). `calls` of JavaScript
    /// have not returned.
    ///
    /// ```wat
    /// (func (export "suspendable_start")
    ///   (param $fiber i32) (param $calls i32) (result externref) (local $frames i32)
    ///   (call $settle (local.get $calls))
    ///   …enter the fiber…
    ///   (fiber.interrupted = (global.get $rewind))
    ///   (call $run (local.get $fiber))
    ///   …leave, with no frames in its block…)
    /// ```
    fn export_start(&self, module: &mut Module) {
        let params = [ValType::I32; 2];
        let mut function = FunctionBuilder::new(&mut module.types, &params, &[EXTERNREF]);
        function.name("suspendable.start".into());
        let [fiber, calls, frames] = [(); 3].map(|()| module.locals.add(ValType::I32));
        let body = &mut function.func_body();
        body.local_get(calls).call(self.fibers.settle);
        self.enter(body, fiber);
        body.local_get(fiber).call(self.fibers.seam.run);
        self.leave(body, fiber, frames, |body| {
            body.i32_const(0);
        });
        let function = function.finish(vec![fiber, calls], &mut module.funcs);
        module.exports.add("suspendable_start", function);
    }

    /// Goes on with a fiber whose promise has settled; returns as `start`.
    ///
    /// ```wat
    /// (func (export "suspendable_resume") (param $fiber i32) (param $value externref)
    ///   (param $rejected i32) (param $calls i32) (result externref)
    ///   (local $number i32) (local $frames i32)
    ///   (call $settle (local.get $calls))
    ///   (table.set $externrefs (fiber.outcome) (local.get $value))
    ///   (global.set $result.i32 (local.get $rejected))                   ;; what `suspend` returns
    ///   …enter the fiber…
    ///   (fiber.interrupted = (global.get $rewind))
    ///   (global.set $rewind (fiber.frames))                              ;; its innermost frame
    ///   (loop $next
    ///     (local.set $number (i32.load (global.get $rewind)))
    ///     (global.set $phase (i32.const RESUMING))
    ///     (call $go_on (local.get $number))
    ///     (br_if $next (i32.eqz (i32.or
    ///       (global.get $phase)
    ///       (i32.eq (local.get $number) (i32.const RUN))))))
    ///   …leave, with the frames from $rewind on…)
    /// ```
    ///
    /// The frame of `run` is a fiber's outermost. JavaScript that the fiber calls can settle other
    /// promises at once, so another fiber may be resumed in the middle of this one: that one keeps
    /// `rewind` in its record, and puts it back.
    fn export_resume(&self, module: &mut Module, go_on: FunctionId, set: &[String]) -> Result<()> {
        let Seam { memory, externrefs, run, .. } = self.fibers.seam;
        let name = module.funcs.get(run).name.clone().unwrap_or_default();
        let run = set.iter().position(|member| *member == name);
        let mut function = FunctionBuilder::new(&mut module.types, &RESUME, &[EXTERNREF]);
        function.name("suspendable.resume".into());
        let arguments = RESUME.map(|ty| module.locals.add(ty));
        let [fiber, value, rejected, calls] = arguments;
        let [number, frames] = [(); 2].map(|()| module.locals.add(ValType::I32));
        let body = &mut function.func_body();
        body.local_get(calls).call(self.fibers.settle);
        OUTCOME.load(body, self.fibers.seam.memory, fiber);
        body.local_get(value).table_set(externrefs);
        body.local_get(rejected).global_set(self.results[0].1);
        self.enter(body, fiber);
        FRAMES.load(body, self.fibers.seam.memory, fiber);
        body.global_set(self.rewind);
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
        self.leave(body, fiber, frames, |body| {
            body.global_get(self.rewind);
        });
        let function = function.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("suspendable_resume", function);
        Ok(())
    }

    fn enter(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        self.fibers.enter(body, fiber);
        INTERRUPTED.store(body, self.fibers.seam.memory, fiber, |body| {
            body.global_get(self.rewind);
        });
    }

    /// ```wat
    /// (if (result externref) (i32.eqz (global.get $phase))
    ///   (then
    ///     (global.set $rewind (fiber.interrupted))
    ///     (ref.null extern))
    ///   (else                                                             ;; SUSPENDING
    ///     (global.set $phase (i32.const RUNNING))
    ///     …leave the fiber…
    ///     …used = cursor - BUFFER…
    ///     (if (i32.eqz (local.tee $frames (call $make_room (local.get $fiber) KEPT used)))
    ///       (then (call $import.exhausted (i32.const 0))))
    ///     (fiber.frames = (local.get $frames))
    ///     (memory.copy (local.get $frames) BUFFER used)                   ;; it may have moved
    ///     …used = 0…
    ///     (global.set $rewind (fiber.interrupted))
    ///     (table.get $externrefs (fiber.outcome))))
    /// ```
    ///
    /// `kept` pushes where the frames begin that are in the fiber's block and stay there, or 0. The
    /// pointers to both stacks stay as they are: whoever runs next begins from a crossing.
    fn leave(
        &self,
        body: &mut InstrSeqBuilder,
        fiber: LocalId,
        frames: LocalId,
        kept: impl FnOnce(&mut InstrSeqBuilder),
    ) {
        let Seam { memory, externrefs, .. } = self.fibers.seam;
        let put_back = |body: &mut InstrSeqBuilder| {
            INTERRUPTED.load(body, self.fibers.seam.memory, fiber);
            body.global_set(self.rewind);
        };
        body.global_get(self.phase);
        is_zero(body);
        body.if_else(
            EXTERNREF,
            |ended| {
                put_back(ended);
                ended.ref_null(RefType::EXTERNREF);
            },
            |suspended| {
                suspended.i32_const(RUNNING).global_set(self.phase);
                self.fibers.leave(suspended, fiber);
                suspended.global_get(self.cursor);
                self.buffer.push_address(suspended);
                subtract(suspended);
                self.buffer.set_used(suspended);
                suspended.local_get(fiber);
                kept(suspended);
                self.buffer.push_used(suspended);
                suspended.call(self.fibers.seam.make_room).local_tee(frames);
                is_zero(suspended);
                suspended.if_else(
                    None,
                    |then| {
                        then.i32_const(0).call(self.exhausted);
                    },
                    |_| {},
                );
                FRAMES.store(suspended, memory, fiber, |body| {
                    body.local_get(frames);
                });
                suspended.local_get(frames);
                self.buffer.push_address(suspended);
                self.buffer.push_used(suspended);
                suspended.instr(MemoryCopy { src: memory, dst: memory });
                self.buffer.set_unused(suspended);
                put_back(suspended);
                OUTCOME.load(suspended, self.fibers.seam.memory, fiber);
                suspended.table_get(externrefs);
            },
        );
    }

    /// After a fault of a fiber: whatever was on its way, it is no more.
    ///
    /// ```wat
    /// (func (export "suspendable_reset") (param $fiber i32)
    ///   (global.set $phase (i32.const RUNNING))
    ///   (global.set $rewind (fiber.interrupted))
    ///   …the whole buffer is dirty…)
    /// ```
    fn export_reset(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.reset".into());
        let fiber = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        body.i32_const(RUNNING).global_set(self.phase);
        INTERRUPTED.load(body, self.fibers.seam.memory, fiber);
        body.global_set(self.rewind);
        self.buffer.set_all_dirty(body);
        let function = function.finish(vec![fiber], &mut module.funcs);
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
