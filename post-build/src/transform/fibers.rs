//! How a fiber runs, whatever the backend: it enters its stack, leaves it, ends, or is found dead.

use super::crossing::Crossings;
use super::layout::{Field, fiber};
use super::seam::{Seam, import, subtract};
use anyhow::Result;
use walrus::ir::BinaryOp;
use walrus::{
    FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder, LocalId, Module, RefType, ValType,
};

/// What a backend is made with.
pub struct Fibers {
    pub seam: Seam,
    pub enter: FunctionId,
    pub settle: FunctionId,
}

impl Fibers {
    /// In a prepared module.
    pub fn find(module: &Module) -> Result<Fibers> {
        Ok(Fibers {
            seam: Seam::find(module)?,
            enter: Crossings::find_enter(module)?,
            settle: Crossings::find_settle(module)?,
        })
    }

    /// Goes to the stack of a fiber, where it is to run.
    ///
    /// ```wat
    /// (call $enter)
    /// (global.set $sp (fiber.sp)) (global.set $limit (fiber.limit))
    /// (global.set $segment (fiber.segment))
    /// (global.set $locals (fiber.locals))             ;; with --std
    /// (global.set $outside (i32.const 0))
    /// (global.set $fiber (local.get $fiber))
    /// ```
    pub fn enter(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        body.call(self.enter);
        for (field, global) in self.stack_fields() {
            field.load(body, self.seam.memory, fiber);
            body.global_set(global);
        }
        if let Some(locals) = self.seam.locals {
            fiber::LOCALS.load(body, self.seam.memory, fiber);
            body.global_set(locals);
        }
        body.i32_const(0).global_set(self.seam.outside);
        body.local_get(fiber).global_set(self.seam.fiber);
    }

    /// Leaves in its record where the stack of a fiber ends that suspends: that is all there is to it.
    /// Whoever runs next comes in from JavaScript, and begins from a crossing.
    pub fn leave(&self, body: &mut InstrSeqBuilder, fiber: LocalId) {
        for (field, global) in self.stack_fields() {
            field.store(body, self.seam.memory, fiber, |body| {
                body.global_get(global);
            });
        }
        body.i32_const(0).global_set(self.seam.fiber);
    }

    fn stack_fields(&self) -> [(Field, GlobalId); 3] {
        [
            (fiber::SP, self.seam.sp),
            (fiber::LIMIT, self.seam.limit),
            (fiber::SEGMENT, self.seam.segment),
        ]
    }

    /// Throws if a function is on the stack that cannot be there when a fiber suspends.
    ///
    /// ```wat
    /// (if (i32.or (global.get $outside) (i32.ne (global.get $__stack_pointer) (global.get $crossing)))
    ///   (then (call $import.escaped (i32.sub (global.get $outside) (i32.const 1)))))
    /// ```
    ///
    /// `outside` tells of all of them. That the ordinary stack is where it was when the fiber came in
    /// is checked besides, for it is what frames rely on.
    pub fn check_stack(&self, body: &mut InstrSeqBuilder, escaped: FunctionId) {
        body.global_get(self.seam.stack_pointer)
            .global_get(self.seam.crossing)
            .binop(BinaryOp::I32Ne);
        body.global_get(self.seam.outside).binop(BinaryOp::I32Or).if_else(
            None,
            |then| {
                then.global_get(self.seam.outside).i32_const(1);
                subtract(then);
                then.call(escaped);
            },
            |_| {},
        );
    }

    /// The value that a fiber ends with, a rejection in its wrapper; frees the fiber, and its stack,
    /// which it leaves before.
    ///
    /// ```wat
    /// (func $outcome (param $fiber i32) (result externref)
    ///   (local $value externref) (local $rejected i32)
    ///   (call $enter)
    ///   (local.set $value (table.get $externrefs (fiber.outcome)))
    ///   (local.set $rejected (i32.eq (fiber.ending) (i32.const 1)))
    ///   (call $finish (local.get $fiber))
    ///   (if (result externref) (local.get $rejected)
    ///     (then (call $import.rejection (local.get $value)))
    ///     (else (local.get $value))))
    /// ```
    pub fn add_outcome(&self, module: &mut Module) -> FunctionId {
        let externref = ValType::Ref(RefType::EXTERNREF);
        let rejection = import(module, "rejection", &[externref], &[externref]);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[externref]);
        function.name("suspendable.outcome".into());
        let fiber = module.locals.add(ValType::I32);
        let value = module.locals.add(externref);
        let rejected = module.locals.add(ValType::I32);
        let body = &mut function.func_body();
        body.call(self.enter);
        fiber::OUTCOME.load(body, self.seam.memory, fiber);
        body.table_get(self.seam.externrefs).local_set(value);
        fiber::ENDING.load(body, self.seam.memory, fiber);
        body.i32_const(1).binop(BinaryOp::I32Eq).local_set(rejected);
        body.local_get(fiber).call(self.seam.finish);
        body.local_get(rejected).if_else(
            externref,
            |then| {
                then.local_get(value).call(rejection);
            },
            |otherwise| {
                otherwise.local_get(value);
            },
        );
        function.finish(vec![fiber], &mut module.funcs)
    }

    /// What JavaScript calls when things went wrong: `suspendable_settle` takes away crossings that were
    /// left behind, `suspendable_fault` gives the message of the panic that ended a fiber, or `undefined`.
    ///
    /// ```wat
    /// (func (export "suspendable_fault") (param $fiber i32) (result externref)
    ///   (local $slot i32)
    ///   (call $enter)
    ///   (table.get $externrefs (local.tee $slot (call $fault (local.get $fiber))))
    ///   (call $release (local.get $slot)))
    /// ```
    pub fn export_faults(&self, module: &mut Module) {
        let externref = ValType::Ref(RefType::EXTERNREF);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[externref]);
        function.name("suspendable.fault".into());
        let fiber = module.locals.add(ValType::I32);
        let slot = module.locals.add(ValType::I32);
        function
            .func_body()
            .call(self.enter)
            .local_get(fiber)
            .call(self.seam.fault)
            .local_tee(slot)
            .table_get(self.seam.externrefs)
            .local_get(slot)
            .call(self.seam.release);
        let function = function.finish(vec![fiber], &mut module.funcs);
        module.exports.add("suspendable_fault", function);
        module.exports.add("suspendable_settle", self.settle);
    }
}
