//! `suspend` for every engine: Asyncify, the module unwinds and rewinds its own stack.
//!
//! The functions of the suspension set are instrumented after this (`instrument/`), or have been before, by
//! Binaryen (`binaryen.rs`). `suspend` starts to unwind; `start` and `resume` stop the unwinding when it
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
//!
//! **Without a promise.** A fiber that parks waits for no promise: others make it `ready`, and it goes on in
//! its turn. Those that are ready are a list through their records; `drain` runs one after the other, in a
//! microtask, and so does not cross into JavaScript at all between them. For fairness it lets other
//! microtasks run as well after so many. If somebody is ready, one of these will see to it:
//!
//! - a microtask, which has been asked for: `scheduled`;
//! - a drain that is on the stack. It is asked for no microtask as long as the fiber that it runs, `drained`,
//!   is the one that makes others ready. In JavaScript that it calls, microtasks may be run at once: those
//!   that are made ready from there need not wait for it.

use super::binaryen::Binaryen;
use super::fibers::Fibers;
use super::layout::fiber::{ENDING, FRAMES, LINK, NOBODYS, OUTCOME, READY as IS_READY};
use super::recording::Recording;
use super::reserve::Reserve;
use super::seam::{
    BEGIN, DEFINED_SUSPEND, READY, SUSPEND, Seam, add_variable, declared, define, import,
    import_value, is_zero,
};
use super::unwinding::{FrameByFrame, Unwinding};
use anyhow::Result;
use walrus::ir::{BinaryOp, MemoryCopy};
use walrus::{
    FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder, LocalId, Module, RefType, ValType,
};

/// How many fibers go on in one microtask.
const TURNS: i32 = 100;

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
    unwinding: Box<dyn Unwinding>,
    /// What a fiber that has ended leaves behind in the place of a promise.
    ended: GlobalId,
    queue: Option<Queue>,
}

/// Those that are ready, if anything in the module parks.
struct Queue {
    first: GlobalId,
    last: GlobalId,
    /// Whether a microtask will drain it.
    scheduled: GlobalId,
    schedule: FunctionId,
    /// The fiber that is run by a drain, the innermost of them.
    drained: GlobalId,
    /// What a fiber that has parked leaves behind in the place of a promise.
    parked: GlobalId,
}

/// What those functions have that a fiber leaves its stack in.
struct Leaving {
    fiber: LocalId,
    frames: LocalId,
    kept: LocalId,
}

impl Leaving {
    fn new(module: &mut Module, fiber: LocalId) -> Leaving {
        let [frames, kept] = [(); 2].map(|()| module.locals.add(ValType::I32));
        Leaving { fiber, frames, kept }
    }
}

/// Completes a prepared module for Asyncify, but for the functions of `set`: they are instrumented
/// next. A module that keeps its names can record which of them are on the stack (`recording.rs`).
pub fn asyncify(module: &mut Module, set: &[String], keep_names: bool) -> Result<()> {
    let fibers = Fibers::find(module)?;
    let unwinding = FrameByFrame::introduce(module, &fibers, set);
    complete(module, fibers, Box::new(unwinding), keep_names)
}

/// The same, where Binaryen has instrumented functions before. Returns their names.
pub fn asyncify_by_binaryen(module: &mut Module, keep_names: bool) -> Result<Vec<String>> {
    let fibers = Fibers::find(module)?;
    let unwinding = Binaryen::find(module, &fibers)?;
    let instrumented = unwinding.instrumented(module);
    complete(module, fibers, Box::new(unwinding), keep_names)?;
    Ok(instrumented)
}

fn complete(
    module: &mut Module,
    fibers: Fibers,
    unwinding: Box<dyn Unwinding>,
    keep_names: bool,
) -> Result<()> {
    let asyncify = Asyncify {
        exhausted: import(module, "exhausted", &[ValType::I32], &[]),
        buffer: Reserve::make(module, fibers.seam.memory, None),
        unwinding,
        ended: import_value(module, "ended"),
        queue: Queue::introduce(module),
        fibers,
    };
    if let Some(suspend) = declared(module, SUSPEND) {
        let recording = keep_names.then(|| Recording::introduce(module));
        asyncify.define_suspend(module, suspend, recording)?;
    }
    if let Some(queue) = &asyncify.queue {
        asyncify.define_ready(module, queue)?;
    }
    asyncify.export_start(module);
    let outcome = asyncify.fibers.add_outcome(module);
    module.exports.add("suspendable_outcome", outcome);
    asyncify.export_resume(module);
    if let Some(queue) = &asyncify.queue {
        asyncify.export_drain(module, queue);
    }
    asyncify.export_reset(module);
    asyncify.fibers.export_faults(module);
    Seam::conceal(module);
    walrus::passes::gc::run(module);
    Ok(())
}

impl Asyncify {
    /// ```wat
    /// (func $suspend (param $slot i32) (result i32)
    ///   …is it a rewind?…
    ///   …record the stack…
    ///   …check the stack…
    ///   ((global.get $fiber).outcome = (local.get $slot))
    ///   …begin to unwind…
    ///   (i32.const 0))
    /// ```
    ///
    /// Its result, whether the promise was rejected, is delivered by `resume`.
    fn define_suspend(
        &self,
        module: &mut Module,
        suspend: FunctionId,
        recording: Option<Recording>,
    ) -> Result<()> {
        let memory = self.fibers.seam.memory;
        let escaped = import(module, "escaped", &[ValType::I32], &[]);
        let fiber = module.locals.add(ValType::I32);
        define(module, suspend, DEFINED_SUSPEND.into(), |body, arguments| {
            self.unwinding.arrive(body);
            recording.iter().for_each(|recording| recording.record(body));
            self.fibers.check_stack(body, escaped);
            body.global_get(self.fibers.seam.fiber).local_set(fiber);
            OUTCOME.store(body, memory, fiber, |body| {
                body.local_get(arguments[0]);
            });
            self.unwinding.begin(body, &self.buffer);
            body.i32_const(0);
        })
    }

    /// Runs a fiber from its beginning; returns what it leaves. `calls` of JavaScript have not returned.
    ///
    /// ```wat
    /// (func (export "suspendable_start")
    ///   (param $fiber i32) (param $calls i32) (result externref) (local $frames i32) (local $kept i32)
    ///   (call $settle (local.get $calls))
    ///   …begin…
    ///   …leave…
    ///   …what it left…)
    /// ```
    ///
    /// The parts are written out in each of these functions: calls of them would be a part of what a
    /// suspension costs.
    fn export_start(&self, module: &mut Module) {
        let params = [ValType::I32; 2];
        let mut function = FunctionBuilder::new(&mut module.types, &params, &[EXTERNREF]);
        function.name("suspendable.start".into());
        let [fiber, calls] = [(); 2].map(|()| module.locals.add(ValType::I32));
        let leaving = Leaving::new(module, fiber);
        let body = &mut function.func_body();
        body.local_get(calls).call(self.fibers.settle);
        self.begin(body, fiber);
        self.leave(body, &leaving, EXTERNREF, |body, suspended| {
            self.push_left(body, fiber, suspended)
        });
        let function = function.finish(vec![fiber, calls], &mut module.funcs);
        module.exports.add("suspendable_start", function);
    }

    /// Goes on with a fiber whose promise has settled; returns as `start`.
    ///
    /// ```wat
    /// (func (export "suspendable_resume") (param $fiber i32) (param $value externref)
    ///   (param $rejected i32) (param $calls i32) (result externref)
    ///   (local $number i32) (local $frames i32) (local $kept i32)
    ///   (call $settle (local.get $calls))
    ///   (table.set $externrefs (fiber.outcome) (local.get $value))
    ///   (global.set $delivered (local.get $rejected))                    ;; what `suspend` returns
    ///   …resume…
    ///   …leave…
    ///   …what it left…)
    /// ```
    fn export_resume(&self, module: &mut Module) {
        let Seam { memory, externrefs, .. } = self.fibers.seam;
        let mut function = FunctionBuilder::new(&mut module.types, &RESUME, &[EXTERNREF]);
        function.name("suspendable.resume".into());
        let arguments = RESUME.map(|ty| module.locals.add(ty));
        let [fiber, value, rejected, calls] = arguments;
        let number = module.locals.add(ValType::I32);
        let leaving = Leaving::new(module, fiber);
        let body = &mut function.func_body();
        body.local_get(calls).call(self.fibers.settle);
        OUTCOME.load(body, memory, fiber);
        body.local_get(value).table_set(externrefs);
        body.local_get(rejected).global_set(self.unwinding.delivered());
        self.resume(body, number, &leaving);
        self.leave(body, &leaving, EXTERNREF, |body, suspended| {
            self.push_left(body, fiber, suspended)
        });
        let function = function.finish(arguments.to_vec(), &mut module.funcs);
        module.exports.add("suspendable_resume", function);
    }

    /// ```wat
    /// …enter the fiber…
    /// (call $run (local.get $fiber))
    /// ```
    fn begin(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        self.enter(body, fiber);
        body.local_get(fiber).call(self.fibers.seam.run);
    }

    /// ```wat
    /// …enter the fiber…
    /// …rewind its frames…
    /// ```
    fn resume(&self, body: &mut InstrSeqBuilder, number: LocalId, leaving: &Leaving) {
        let Leaving { fiber, kept, .. } = *leaving;
        self.enter(body, fiber);
        self.unwinding.rewind(body, fiber, number, kept);
    }

    fn enter(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        self.fibers.enter(body, fiber);
        self.unwinding.enter(body, fiber);
    }

    /// What a fiber that is not on its stack leaves to JavaScript: a promise, or that it has parked, or ended.
    ///
    /// ```wat
    /// (if (result externref) (fiber.outcome)
    ///   (then (table.get $externrefs (fiber.outcome)))
    ///   (else (global.get $import.parked)))
    /// ```
    ///
    /// or `(global.get $import.ended)`.
    fn push_left(&self, body: &mut InstrSeqBuilder, fiber: LocalId, is_suspended: bool) {
        let Seam { memory, externrefs, .. } = self.fibers.seam;
        let promise = |body: &mut InstrSeqBuilder| {
            OUTCOME.load(body, memory, fiber);
            body.table_get(externrefs);
        };
        match &self.queue {
            _ if !is_suspended => {
                body.global_get(self.ended);
            }
            Some(queue) => {
                OUTCOME.load(body, memory, fiber);
                body.if_else(EXTERNREF, promise, |parked| {
                    parked.global_get(queue.parked);
                });
            }
            None => promise(body),
        }
    }

    /// What the library calls to let a fiber go on, and begin; and JavaScript, for a timer, when no fiber
    /// is current, whatever a call that trapped has left.
    ///
    /// ```wat
    /// (func $ready (param $fiber i32)
    ///   (if (i32.eqz (fiber.outcome)) (then                              ;; PARKED
    ///     (fiber.outcome = (i32.const READY))
    ///     (fiber.link = (i32.const 0))
    ///     (if (global.get $first)
    ///       (then ((global.get $last).link = (local.get $fiber)))
    ///       (else (global.set $first (local.get $fiber))))
    ///     (global.set $last (local.get $fiber))
    ///     (if (i32.or
    ///           (i32.eqz (global.get $fiber))
    ///           (i32.ne (global.get $fiber) (global.get $drained)))
    ///       (then …schedule…)))))
    /// (func (export "suspendable_ready") (param $fiber i32)
    ///   (global.set $fiber (i32.const 0))
    ///   (call $ready (local.get $fiber)))
    /// ```
    fn define_ready(&self, module: &mut Module, queue: &Queue) -> Result<()> {
        let Seam { memory, fiber: current, .. } = self.fibers.seam;
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.ready".into());
        let [fiber, last] = [(); 2].map(|()| module.locals.add(ValType::I32));
        let body = &mut function.func_body();
        OUTCOME.load(body, memory, fiber);
        is_zero(body);
        body.if_else(
            None,
            |then| {
                for (field, value) in [(OUTCOME, IS_READY), (LINK, 0)] {
                    field.store(then, memory, fiber, |body| {
                        body.i32_const(value);
                    });
                }
                then.global_get(queue.first).if_else(
                    None,
                    |behind| {
                        behind.global_get(queue.last).local_set(last);
                        LINK.store(behind, memory, last, |body| {
                            body.local_get(fiber);
                        });
                    },
                    |first| {
                        first.local_get(fiber).global_set(queue.first);
                    },
                );
                then.local_get(fiber).global_set(queue.last);
                then.global_get(current);
                is_zero(then);
                then.global_get(current).global_get(queue.drained).binop(BinaryOp::I32Ne);
                then.binop(BinaryOp::I32Or).if_else(None, |then| queue.schedule(then), |_| {});
            },
            |_| {},
        );
        let ready = function.finish(vec![fiber], &mut module.funcs);
        for name in [READY, BEGIN] {
            if let Some(declared) = declared(module, name) {
                define(module, declared, format!("suspendable.{name}"), |body, arguments| {
                    body.local_get(arguments[0]).call(ready);
                })?;
            }
        }
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.ready_outside".into());
        let fiber = module.locals.add(ValType::I32);
        function.func_body().i32_const(0).global_set(current).local_get(fiber).call(ready);
        let outside = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_ready", outside);
        Ok(())
    }

    /// Lets those go on that are ready, in their order, until JavaScript has to see to one: to what it
    /// leaves. That one is returned; or 0, if there is nobody, or others have to have their turn.
    ///
    /// ```wat
    /// (func (export "suspendable_drain") (param $calls i32) (result i32)
    ///   (local $fiber i32) (local $turns i32) (local $suspended i32) …
    ///   (call $settle (local.get $calls))
    ///   (global.set $scheduled (i32.const 0))
    ///   (loop $next
    ///     (if (i32.eqz (local.tee $fiber (global.get $first))) (then (return (i32.const 0))))
    ///     (if (i32.eq (local.get $turns) (i32.const TURNS)) (then …schedule… (return (i32.const 0))))
    ///     (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
    ///     (global.set $first (fiber.link))
    ///     (fiber.link = (global.get $drained))
    ///     (global.set $drained (local.get $fiber))
    ///     (global.set $delivered (i32.const 0))                          ;; what `suspend` returns
    ///     (local.set $kept (i32.const 0))
    ///     (if (fiber.frames) (then …resume…) (else …begin…))
    ///     (local.set $suspended …leave…)
    ///     (global.set $drained (fiber.link))
    ///     (if (local.get $suspended)
    ///       (then (br_if $next (i32.eqz (fiber.outcome))))               ;; PARKED
    ///       (else
    ///         (fiber.frames = (i32.const 0))
    ///         (if (i32.eq (fiber.ending) (i32.const NOBODYS)) (then
    ///           (call $enter)
    ///           (call $finish (local.get $fiber))
    ///           (br $next))))))
    ///   (local.get $fiber))
    /// (func (export "suspendable_left") (param $fiber i32) (result externref)
    ///   (if (result externref) (fiber.frames)
    ///     (then …what it left…)
    ///     (else (global.get $import.ended))))
    /// (func (export "suspendable_drained") (result i32) (global.get $drained))
    /// ```
    fn export_drain(&self, module: &mut Module, queue: &Queue) {
        let Seam { memory, finish, .. } = self.fibers.seam;
        let i32 = [ValType::I32];
        let mut function = FunctionBuilder::new(&mut module.types, &i32, &i32);
        function.name("suspendable.drain".into());
        let [calls, fiber, turns, number, suspended] =
            [(); 5].map(|()| module.locals.add(ValType::I32));
        let leaving = Leaving::new(module, fiber);
        let body = &mut function.func_body();
        body.local_get(calls).call(self.fibers.settle);
        body.i32_const(0).global_set(queue.scheduled);
        body.loop_(None, |next| {
            let again = next.id();
            next.global_get(queue.first).local_tee(fiber);
            is_zero(next);
            let nobody = |then: &mut InstrSeqBuilder| {
                then.i32_const(0).return_();
            };
            next.if_else(None, nobody, |_| {});
            next.local_get(turns).i32_const(TURNS).binop(BinaryOp::I32Eq).if_else(
                None,
                |then| {
                    queue.schedule(then);
                    nobody(then);
                },
                |_| {},
            );
            next.local_get(turns).i32_const(1).binop(BinaryOp::I32Add).local_set(turns);
            LINK.load(next, memory, fiber);
            next.global_set(queue.first);
            LINK.store(next, memory, fiber, |body| {
                body.global_get(queue.drained);
            });
            next.local_get(fiber).global_set(queue.drained);
            next.i32_const(0).global_set(self.unwinding.delivered());
            next.i32_const(0).local_set(leaving.kept);
            FRAMES.load(next, memory, fiber);
            next.if_else(
                None,
                |resume| self.resume(resume, number, &leaving),
                |begin| self.begin(begin, fiber),
            );
            self.leave(next, &leaving, ValType::I32, |body, suspended| {
                body.i32_const(suspended.into());
            });
            next.local_set(suspended);
            LINK.load(next, memory, fiber);
            next.global_set(queue.drained);
            next.local_get(suspended).if_else(
                None,
                |suspended| {
                    OUTCOME.load(suspended, memory, fiber);
                    is_zero(suspended);
                    suspended.br_if(again);
                },
                |ended| {
                    FRAMES.store(ended, memory, fiber, |body| {
                        body.i32_const(0);
                    });
                    ENDING.load(ended, memory, fiber);
                    ended.i32_const(NOBODYS).binop(BinaryOp::I32Eq).if_else(
                        None,
                        |then| {
                            then.call(self.fibers.enter);
                            then.local_get(fiber).call(finish).br(again);
                        },
                        |_| {},
                    );
                },
            );
        });
        body.local_get(fiber);
        let function = function.finish(vec![calls], &mut module.funcs);
        module.exports.add("suspendable_drain", function);
        let mut function = FunctionBuilder::new(&mut module.types, &i32, &[EXTERNREF]);
        function.name("suspendable.left".into());
        let fiber = module.locals.add(ValType::I32);
        FRAMES.load(&mut function.func_body(), memory, fiber);
        function.func_body().if_else(
            EXTERNREF,
            |suspended| self.push_left(suspended, fiber, true),
            |ended| self.push_left(ended, fiber, false),
        );
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_left", function);
        let mut function = FunctionBuilder::new(&mut module.types, &[], &i32);
        function.name("suspendable.drained".into());
        function.func_body().global_get(queue.drained);
        let function = function.finish(vec![], &mut module.funcs);
        module.exports.add("suspendable_drained", function);
    }

    /// ```wat
    /// (if (result …) …has it unwound its stack?…
    ///   (then
    ///     …leave the fiber…
    ///     …used = what that took of BUFFER…
    ///     (if (i32.eqz (local.tee $frames (call $make_room (local.get $fiber) (local.get $kept) used)))
    ///       (then (call $import.exhausted (i32.const 0))))
    ///     (fiber.frames = (local.get $frames))
    ///     (memory.copy (local.get $frames) BUFFER used)                   ;; it may have moved
    ///     …used = 0…
    ///     …result…)
    ///   (else …result…))
    /// ```
    ///
    /// `kept` is where the frames begin that are in the fiber's block and stay there, or 0. The
    /// pointers to both stacks stay as they are: whoever runs next begins from a crossing. `result` pushes
    /// what comes of it, if the fiber is suspended, or has ended.
    fn leave(
        &self,
        body: &mut InstrSeqBuilder,
        leaving: &Leaving,
        ty: ValType,
        result: impl Fn(&mut InstrSeqBuilder, bool),
    ) {
        let Seam { memory, .. } = self.fibers.seam;
        let Leaving { fiber, frames, kept } = *leaving;
        self.unwinding.exit(body, fiber);
        self.unwinding.push_unwound(body);
        body.if_else(
            ty,
            |suspended| {
                self.fibers.leave(suspended, fiber);
                self.unwinding.end(suspended, &self.buffer);
                self.buffer.set_used(suspended);
                suspended.local_get(fiber).local_get(kept);
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
                self.unwinding.moved(suspended, frames, &self.buffer);
                self.buffer.set_unused(suspended);
                result(suspended, true);
            },
            |ended| result(ended, false),
        );
    }

    /// After a fault of a fiber: whatever was on its way, it is no more. Nobody makes it ready again, and
    /// those that it made ready go on.
    ///
    /// ```wat
    /// (func (export "suspendable_reset") (param $fiber i32)
    ///   …it neither unwinds nor rewinds…
    ///   …the whole buffer is dirty…
    ///   (fiber.outcome = (i32.const READY))
    ///   (if (i32.eq (global.get $drained) (local.get $fiber))
    ///     (then (global.set $drained (fiber.link))))
    ///   (if (global.get $first) (then …schedule…)))
    /// ```
    fn export_reset(&self, module: &mut Module) {
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.reset".into());
        let fiber = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        self.unwinding.reset(body);
        self.unwinding.exit(body, fiber);
        self.buffer.set_all_dirty(body);
        if let Some(queue) = &self.queue {
            OUTCOME.store(body, self.fibers.seam.memory, fiber, |body| {
                body.i32_const(IS_READY);
            });
            body.global_get(queue.drained).local_get(fiber).binop(BinaryOp::I32Eq).if_else(
                None,
                |then| {
                    LINK.load(then, self.fibers.seam.memory, fiber);
                    then.global_set(queue.drained);
                },
                |_| {},
            );
            body.global_get(queue.first).if_else(None, |then| queue.schedule(then), |_| {});
        }
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_reset", function);
    }
}

impl Queue {
    /// In a module whose fibers can park: there `ready` is too, for what a thread that faults has to hand on
    /// (the library's `wait.rs`).
    fn introduce(module: &mut Module) -> Option<Queue> {
        declared(module, READY).or(declared(module, BEGIN))?;
        Some(Queue {
            first: add_variable(module, "suspendable.first", 0),
            last: add_variable(module, "suspendable.last", 0),
            scheduled: add_variable(module, "suspendable.scheduled", 0),
            schedule: import(module, "schedule", &[], &[]),
            drained: add_variable(module, "suspendable.drained", 0),
            parked: import_value(module, "parked"),
        })
    }

    /// Asks for a microtask, if none will come.
    ///
    /// ```wat
    /// (if (i32.eqz (global.get $scheduled)) (then
    ///   (call $import.schedule)
    ///   (global.set $scheduled (i32.const 1))))
    /// ```
    ///
    /// Nothing comes in from there before it returns. If the call fails, because JavaScript's own stack is
    /// full, the next one asks again.
    fn schedule(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.scheduled);
        is_zero(body);
        body.if_else(
            None,
            |then| {
                then.call(self.schedule).i32_const(1).global_set(self.scheduled);
            },
            |_| {},
        );
    }
}
