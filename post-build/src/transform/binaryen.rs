//! Binaryen's own Asyncify, in the place of our instrumentation: `--asyncify=binaryen`.
//!
//! It is there to compare, and as a second opinion on ours. `wasm-opt --asyncify` instruments the same functions,
//! before the module is completed: it is told that the import `suspend` changes the state, and that nobody else than
//! the set may be on the stack then. (It can be left to find out for itself, which functions that are: far more, of
//! which all but the set are never on the stack of a suspension.) All of the control stays inside of the module, as with ours:
//!
//! | ours | Binaryen's |
//! | --- | --- |
//! | `suspend` is not called again | a rewind ends in a second call of it |
//! | the frames of a fiber, the innermost first | a header in front of them, the innermost still first: `current`, `end` |
//! | the innermost frame is rewound, others when it has returned | all of them, from the outermost on |
//!
//! So a suspension costs what the whole stack does. The fiber's stack in linear memory stays where it is, here too:
//! prologues and epilogues are skipped by what unwinds and rewinds.

use super::fibers::Fibers;
use super::layout::fiber::FRAMES;
use super::reserve::{RESERVE, Reserve};
use super::seam::{add_variable, subtract};
use super::unwinding::Unwinding;
use anyhow::{Context, Result};
use walrus::ir::{BinaryOp, GlobalGet, Instr, LoadKind, MemArg, StoreKind, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, GlobalId, InstrSeqBuilder, LocalId, MemoryId, Module};

/// Where the next frame goes, or the one comes from that is rewound next; and where it may not go any more.
const CURRENT: MemArg = MemArg { align: 4, offset: 0 };
const END: MemArg = MemArg { align: 4, offset: 4 };
const HEADER: i32 = 8;

/// Of `__asyncify_state`.
const NORMAL: i32 = 0;
const REWINDING: i32 = 2;

/// What the pass has added.
pub struct Binaryen {
    memory: MemoryId,
    run: FunctionId,
    state: GlobalId,
    start_unwind: FunctionId,
    stop_unwind: FunctionId,
    start_rewind: FunctionId,
    stop_rewind: FunctionId,
    delivered: GlobalId,
}

impl Binaryen {
    /// In a module that has been through the pass.
    pub fn find(module: &mut Module, fibers: &Fibers) -> Result<Binaryen> {
        let mut take = |name: &str| {
            let function = module.exports.get_func(name)?;
            module.exports.remove(name)?;
            anyhow::Ok(function)
        };
        let get_state = take("asyncify_get_state")?;
        let [start_unwind, stop_unwind] =
            [take("asyncify_start_unwind")?, take("asyncify_stop_unwind")?];
        let [start_rewind, stop_rewind] =
            [take("asyncify_start_rewind")?, take("asyncify_stop_rewind")?];
        Ok(Binaryen {
            memory: fibers.seam.memory,
            run: fibers.seam.run,
            state: got_by(module, get_state).context("Binaryen has a global for its state")?,
            start_unwind,
            stop_unwind,
            start_rewind,
            stop_rewind,
            delivered: add_variable(module, "suspendable.delivered", 0),
        })
    }

    /// The names of the functions that the pass has instrumented: they look at its state.
    pub fn instrumented(&self, module: &Module) -> Vec<String> {
        struct Looks(GlobalId, bool);
        impl Visitor<'_> for Looks {
            fn visit_global_get(&mut self, get: &GlobalGet) {
                self.1 |= get.global == self.0;
            }
        }
        let functions = module.funcs.iter_local().filter(|(_, body)| {
            let mut looks = Looks(self.state, false);
            dfs_in_order(&mut looks, body, body.entry_block());
            looks.1
        });
        functions.filter_map(|(id, _)| module.funcs.get(id).name.clone()).collect()
    }

    fn store(&self, body: &mut InstrSeqBuilder, at: MemArg) {
        body.store(self.memory, StoreKind::I32 { atomic: false }, at);
    }
}

impl Unwinding for Binaryen {
    fn delivered(&self) -> GlobalId {
        self.delivered
    }

    /// ```wat
    /// (if (i32.eq (global.get $__asyncify_state) (i32.const REWINDING)) (then
    ///   (call $asyncify_stop_rewind)
    ///   (return (global.get $delivered))))
    /// ```
    fn arrive(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.state).i32_const(REWINDING).binop(BinaryOp::I32Eq).if_else(
            None,
            |then| {
                then.call(self.stop_rewind).global_get(self.delivered).return_();
            },
            |_| {},
        );
    }

    /// ```wat
    /// (BUFFER.current = (i32.add BUFFER (i32.const HEADER)))
    /// (BUFFER.end = (i32.add BUFFER (i32.const SIZE - HEADER)))           ;; at 4 GiB, its end would be 0
    /// (call $asyncify_start_unwind BUFFER)
    /// ```
    fn begin(&self, body: &mut InstrSeqBuilder, buffer: &Reserve) {
        for (field, offset) in [(CURRENT, HEADER), (END, RESERVE - HEADER)] {
            buffer.push_address(body);
            buffer.push_address(body);
            body.i32_const(offset).binop(BinaryOp::I32Add);
            self.store(body, field);
        }
        buffer.push_address(body);
        body.call(self.start_unwind);
    }

    /// A fiber that runs in the middle of another one has its frames to itself.
    fn enter(&self, _: &mut InstrSeqBuilder, _: LocalId) {}

    /// ```wat
    /// (call $asyncify_start_rewind (fiber.frames))
    /// (call $run (local.get $fiber))
    /// ```
    fn rewind(&self, body: &mut InstrSeqBuilder, fiber: LocalId, _: LocalId, kept: LocalId) {
        FRAMES.load(body, self.memory, fiber);
        body.call(self.start_rewind).local_get(fiber).call(self.run);
        body.i32_const(0).local_set(kept);
    }

    fn exit(&self, _: &mut InstrSeqBuilder, _: LocalId) {}

    fn push_unwound(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.state);
    }

    /// ```wat
    /// (call $asyncify_stop_unwind)
    /// (i32.sub BUFFER.current BUFFER)
    /// ```
    fn end(&self, body: &mut InstrSeqBuilder, buffer: &Reserve) {
        body.call(self.stop_unwind);
        buffer.push_address(body);
        body.load(self.memory, LoadKind::I32 { atomic: false }, CURRENT);
        buffer.push_address(body);
        subtract(body);
    }

    /// ```wat
    /// (frames.current = (i32.add (local.get $frames) USED))
    /// (frames.end = (i32.add (local.get $frames) USED))
    /// ```
    fn moved(&self, body: &mut InstrSeqBuilder, frames: LocalId, buffer: &Reserve) {
        for field in [CURRENT, END] {
            body.local_get(frames).local_get(frames);
            buffer.push_used(body);
            body.binop(BinaryOp::I32Add);
            self.store(body, field);
        }
    }

    fn reset(&self, body: &mut InstrSeqBuilder) {
        body.i32_const(NORMAL).global_set(self.state);
    }
}

/// The global that a function returns.
fn got_by(module: &Module, function: FunctionId) -> Option<GlobalId> {
    let FunctionKind::Local(body) = &module.funcs.get(function).kind else { return None };
    match body.block(body.entry_block()).instrs.first()?.0 {
        Instr::GlobalGet(GlobalGet { global }) => Some(global),
        _ => None,
    }
}
