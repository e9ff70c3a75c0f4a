//! How a fiber's stack is unwound and rewound, for `asyncify.rs`: by our own instrumentation, or by Binaryen's
//! (`binaryen.rs`).

use super::fibers::Fibers;
use super::layout::fiber::{FRAMES, INTERRUPTED};
use super::reserve::Reserve;
use super::rewinding::{GoOn, RESUMING, RUNNING, Rewinding, SUSPENDING};
use super::seam::{is_zero, subtract};
use walrus::ir::{BinaryOp, LoadKind, MemArg};
use walrus::{GlobalId, InstrSeqBuilder, LocalId, MemoryId, Module};

pub trait Unwinding {
    /// What `suspend` returns when its fiber goes on.
    fn delivered(&self) -> GlobalId;

    /// Where `suspend` begins: a rewind may have come to it.
    fn arrive(&self, body: &mut InstrSeqBuilder);

    /// Where `suspend` ends: its callers unwind into the buffer.
    fn begin(&self, body: &mut InstrSeqBuilder, buffer: &Reserve);

    /// A fiber is about to run, maybe in the middle of another one.
    fn enter(&self, body: &mut InstrSeqBuilder, fiber: LocalId);

    /// Runs a fiber, which has entered, from where it suspended, until it ends or suspends again. `kept` gets where
    /// those of its frames begin that are not rewound then, or 0; `number` is a local for it.
    fn rewind(&self, body: &mut InstrSeqBuilder, fiber: LocalId, number: LocalId, kept: LocalId);

    /// A fiber has run, whatever became of it: what `enter` did.
    fn exit(&self, body: &mut InstrSeqBuilder, fiber: LocalId);

    /// Pushes whether it has unwound its stack.
    fn push_unwound(&self, body: &mut InstrSeqBuilder);

    /// The unwinding is over; pushes how many bytes it has taken of the buffer.
    fn end(&self, body: &mut InstrSeqBuilder, buffer: &Reserve);

    /// These bytes are at `frames` now, to be rewound.
    fn moved(&self, body: &mut InstrSeqBuilder, frames: LocalId, buffer: &Reserve);

    /// Whatever a call was about when it trapped.
    fn reset(&self, body: &mut InstrSeqBuilder);
}

/// Ours, which rewinds one frame at a time.
pub struct FrameByFrame {
    memory: MemoryId,
    rewinding: Rewinding,
    go_on: GoOn,
}

impl FrameByFrame {
    /// For the functions of `set`, which are instrumented later.
    pub fn introduce(module: &mut Module, fibers: &Fibers, set: &[String]) -> FrameByFrame {
        let rewinding = Rewinding::introduce(module);
        let run = module.funcs.get(fibers.seam.run).name.clone().unwrap_or_default();
        let go_on = rewinding.add_go_on(module, set, &run);
        FrameByFrame { memory: fibers.seam.memory, rewinding, go_on }
    }
}

impl Unwinding for FrameByFrame {
    fn delivered(&self) -> GlobalId {
        self.rewinding.results[0].1
    }

    /// It is never called again: its caller is rewound to behind the call.
    fn arrive(&self, _: &mut InstrSeqBuilder) {}

    /// ```wat
    /// (global.set $phase (i32.const SUSPENDING))
    /// (global.set $cursor BUFFER)
    /// ```
    fn begin(&self, body: &mut InstrSeqBuilder, buffer: &Reserve) {
        body.i32_const(SUSPENDING).global_set(self.rewinding.phase);
        buffer.push_address(body);
        body.global_set(self.rewinding.cursor);
    }

    /// ```wat
    /// (fiber.interrupted = (global.get $rewind))
    /// ```
    ///
    /// JavaScript that a fiber calls can settle other promises at once, so another fiber may be resumed in the
    /// middle of this one: that one keeps `rewind` in its record, and puts it back.
    fn enter(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        INTERRUPTED.store(body, self.memory, fiber, |body| {
            body.global_get(self.rewinding.rewind);
        });
    }

    /// ```wat
    /// (global.set $rewind (fiber.frames))                                ;; its innermost frame
    /// (loop $next
    ///   (local.set $number (i32.load (global.get $rewind)))
    ///   (global.set $phase (i32.const RESUMING))
    ///   (call $go_on (local.get $number))
    ///   (br_if $next (i32.eqz (i32.or
    ///     (global.get $phase)
    ///     (i32.eq (local.get $number) (i32.const RUN))))))
    /// (local.set $kept (global.get $rewind))
    /// ```
    ///
    /// The frame of `run` is a fiber's outermost.
    fn rewind(&self, body: &mut InstrSeqBuilder, fiber: LocalId, number: LocalId, kept: LocalId) {
        FRAMES.load(body, self.memory, fiber);
        body.global_set(self.rewinding.rewind);
        body.loop_(None, |next| {
            let again = next.id();
            next.global_get(self.rewinding.rewind);
            let number_at = MemArg { align: 4, offset: 0 };
            next.load(self.memory, LoadKind::I32 { atomic: false }, number_at);
            next.local_set(number);
            next.i32_const(RESUMING).global_set(self.rewinding.phase);
            next.local_get(number).call(self.go_on.function);
            next.local_get(number).i32_const(self.go_on.outermost).binop(BinaryOp::I32Eq);
            next.global_get(self.rewinding.phase).binop(BinaryOp::I32Or);
            is_zero(next);
            next.br_if(again);
        });
        body.global_get(self.rewinding.rewind).local_set(kept);
    }

    /// ```wat
    /// (global.set $rewind (fiber.interrupted))                            ;; as its callee found it
    /// ```
    fn exit(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        INTERRUPTED.load(body, self.memory, fiber);
        body.global_set(self.rewinding.rewind);
    }

    fn push_unwound(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.rewinding.phase);
    }

    /// ```wat
    /// (global.set $phase (i32.const RUNNING))
    /// (i32.sub (global.get $cursor) BUFFER)
    /// ```
    fn end(&self, body: &mut InstrSeqBuilder, buffer: &Reserve) {
        body.i32_const(RUNNING).global_set(self.rewinding.phase);
        body.global_get(self.rewinding.cursor);
        buffer.push_address(body);
        subtract(body);
    }

    fn moved(&self, _: &mut InstrSeqBuilder, _: LocalId, _: &Reserve) {}

    fn reset(&self, body: &mut InstrSeqBuilder) {
        body.i32_const(RUNNING).global_set(self.rewinding.phase);
    }
}
