//! How a fiber suspends that runs on a stack of the engine's own.
//!
//! The engine keeps the stack: its frames and locals, but neither globals nor linear memory. So the
//! shadow stack is evacuated before the call that suspends, and restored after it, inside the
//! module: those are the last and the first instructions that the fiber executes, whatever else
//! settles in the same microtask checkpoint.
//!
//! What it comes back with may be a rejection, in the runtime's wrapper. Nearly always the runtime
//! knows that it is not, and says so in a global, which is read before anything else can run.

use super::layout::{RESUMED, SP};
use super::seam::{Seam, import, import_variable};
use walrus::{FunctionId, GlobalId, InstrSeqBuilder, LocalId, Module, RefType, ValType};

const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

/// The runtime's functions for it.
pub struct Native {
    wait: FunctionId,
    may_be_rejection: GlobalId,
    is_rejection: FunctionId,
    reason: FunctionId,
}

impl Native {
    pub fn import(module: &mut Module) -> Self {
        Native {
            wait: import(module, "await", &[EXTERNREF], &[EXTERNREF]),
            may_be_rejection: import_variable(module, "may_be_rejection"),
            is_rejection: import(module, "is_rejection", &[EXTERNREF], &[ValType::I32]),
            reason: import(module, "reason", &[EXTERNREF], &[EXTERNREF]),
        }
    }

    /// `(local $fiber i32) (local $outcome externref) (local $rejected i32)`
    pub fn locals(&self, module: &mut Module) -> [LocalId; 3] {
        [ValType::I32, EXTERNREF, ValType::I32].map(|ty| module.locals.add(ty))
    }

    /// Leaves the stack until the promise in `slot` settles, puts its outcome there, and whether it
    /// was rejected on the stack.
    ///
    /// ```wat
    /// (fiber.sp = (global.get $__stack_pointer))
    /// (call $reserve (local.get $fiber) (i32.const 0) (i32.const 0))           ;; no frames
    /// (call $evacuate (local.get $fiber) (i32.const 0) (i32.const 0))
    /// (global.set $__stack_pointer (if fiber.resumed TOP else fiber.base))
    /// (global.set $fiber (i32.const 0))
    /// (local.set $outcome
    ///   (call $import.await (table.get $externrefs (local.get $slot))))   ;; suspended here
    /// (local.set $rejected (global.get $import.may_be_rejection))
    /// (global.set $__stack_pointer (fiber.sp))
    /// (drop (call $restore (local.get $fiber)))
    /// (fiber.resumed = 1)
    /// (global.set $fiber (local.get $fiber))
    /// (if (local.get $rejected) (then
    ///   (if (local.tee $rejected (call $import.is_rejection (local.get $outcome))) (then
    ///     (local.set $outcome (call $import.reason (local.get $outcome)))))))
    /// (table.set $externrefs (local.get $slot) (local.get $outcome))
    /// (local.get $rejected)
    /// ```
    pub fn suspend(
        &self,
        body: &mut InstrSeqBuilder,
        seam: &Seam,
        slot: LocalId,
        [fiber, outcome, rejected]: [LocalId; 3],
    ) {
        let Seam { memory, externrefs, .. } = *seam;
        SP.store(body, memory, fiber, |body| {
            body.global_get(seam.stack_pointer);
        });
        body.local_get(fiber).i32_const(0).i32_const(0).call(seam.reserve);
        body.local_get(fiber).i32_const(0).i32_const(0).call(seam.evacuate);
        seam.push_outer_stack_pointer(body, fiber);
        body.global_set(seam.stack_pointer);
        body.i32_const(0).global_set(seam.fiber);

        body.local_get(slot).table_get(externrefs).call(self.wait).local_set(outcome);
        body.global_get(self.may_be_rejection).local_set(rejected);

        seam.load(body, SP, fiber);
        body.global_set(seam.stack_pointer);
        body.local_get(fiber).call(seam.restore).drop();
        RESUMED.store(body, memory, fiber, |body| {
            body.i32_const(1);
        });
        body.local_get(fiber).global_set(seam.fiber);
        body.local_get(rejected).if_else(
            None,
            |then| {
                then.local_get(outcome).call(self.is_rejection).local_tee(rejected).if_else(
                    None,
                    |then| {
                        then.local_get(outcome).call(self.reason).local_set(outcome);
                    },
                    |_| {},
                );
            },
            |_| {},
        );
        body.local_get(slot).local_get(outcome).table_set(externrefs).local_get(rejected);
    }
}
