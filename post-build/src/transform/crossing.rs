//! Crossings: where JavaScript was called, and so where whoever comes in from there begins.
//!
//! The pointers to the stacks are globals, and after a trap, or an exception that passed through, they
//! are what the dead call left. JavaScript goes on, and comes in again. So nobody who comes in (an
//! export, a fiber that starts or is resumed, the code behind JSPI's `await`) goes by what the globals
//! hold. A call of JavaScript leaves a record of them, its *crossing*, on the ordinary stack; the global
//! `crossing` is the address of the innermost one, and who comes in begins from it:
//!
//! ```text
//! the ordinary stack
//! │                            … below: who was called back │ crossing │ frames │ … │ root crossing │
//!                                                             ▲ $crossing             ▲ the first one
//! ```
//!
//! The root crossing stands for the event loop: the ordinary stack is empty but for it, and members have
//! no room.
//!
//! Who returns from JavaScript takes its crossing away and, if somebody came in meanwhile, puts the
//! globals back. If JavaScript throws instead, nobody is there to do so. The glue notices, and knows how
//! many calls of JavaScript have not returned: `settle` takes away the crossings of all others. Until
//! then, one that was left behind only makes those who come in begin lower on both stacks than they
//! would have to: it harms nobody.

use super::layout::crossing::{
    BORROWED, FAULTED, FIBER, LIMIT, LOCALS, OUTER, OUTSIDE, SEGMENT, SIZE, SP,
};
use super::seam::{Seam, subtract};
use anyhow::{Context, Result};
use walrus::ir::BinaryOp;
use walrus::{FunctionBuilder, FunctionId, InstrSeqBuilder, LocalId, Module, ValType};

/// The functions that make and use crossings.
pub struct Crossings {
    /// Of who comes in: `(func)`.
    pub enter: FunctionId,
    /// Of who calls JavaScript, before: `(func (result $crossing i32))`.
    pub leave: FunctionId,
    /// … and after: `(func (param $crossing i32))`.
    pub come_back: FunctionId,
}

/// Under these names, which are taken back in the end, the backends find two of the functions.
const ENTER: &str = "__suspendable_enter";
const SETTLE: &str = "__suspendable_settle";

impl Crossings {
    /// Adds the functions. `is_certain` says that who came in has moved the ordinary stack's pointer.
    pub fn add(module: &mut Module, seam: &Seam, is_certain: bool) -> Crossings {
        let crossings = Crossings {
            enter: add_enter(module, seam),
            leave: add_leave(module, seam),
            come_back: add_come_back(module, seam, is_certain),
        };
        let settle = add_settle(module, seam);
        for (name, function) in [(ENTER, crossings.enter), (SETTLE, settle)] {
            module.exports.add(name, function);
        }
        crossings
    }

    /// `enter`, in a prepared module.
    pub fn find_enter(module: &Module) -> Result<FunctionId> {
        module.exports.get_func(ENTER).context("the module is prepared")
    }

    /// `(func $settle (param $calls i32))`, in a prepared module.
    pub fn find_settle(module: &Module) -> Result<FunctionId> {
        module.exports.get_func(SETTLE).context("the module is prepared")
    }
}

/// ```wat
/// (func $enter (local $crossing i32)
///   (global.set $__stack_pointer (local.tee $crossing (global.get $crossing)))
///   (global.set $sp (crossing.sp)) (global.set $limit (crossing.limit))
///   (global.set $segment (crossing.segment))
///   (global.set $borrowed (crossing.borrowed))
///   (global.set $fiber (i32.const 0))
///   (global.set $faulted (i32.const 0)))                  ;; who comes in does not panic
/// ```
fn add_enter(module: &mut Module, seam: &Seam) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
    function.name("suspendable.enter".into());
    let crossing = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    body.global_get(seam.crossing).local_tee(crossing).global_set(seam.stack_pointer);
    put_back(body, seam, crossing);
    body.i32_const(0).global_set(seam.fiber);
    body.i32_const(0).global_set(seam.faulted);
    function.finish(vec![], &mut module.funcs)
}

fn put_back(body: &mut InstrSeqBuilder, seam: &Seam, crossing: LocalId) {
    for (field, global) in [(SP, seam.sp), (LIMIT, seam.limit), (SEGMENT, seam.segment)] {
        field.load(body, seam.memory, crossing);
        body.global_set(global);
    }
    for (field, global) in [(BORROWED, seam.borrowed), (LOCALS, seam.locals)] {
        if let Some(global) = global {
            field.load(body, seam.memory, crossing);
            body.global_set(global);
        }
    }
}

/// ```wat
/// (func $leave (result i32) (local $crossing i32)
///   (local.set $crossing (i32.sub (global.get $__stack_pointer) (i32.const SIZE)))
///   (crossing.outer = (global.get $crossing))
///   (crossing.sp = (global.get $sp)) …
///   (global.set $fiber (i32.const 0))
///   (global.set $crossing (local.get $crossing))
///   (local.get $crossing))
/// ```
///
/// An ordinary stack that is full traps here, as it does in every function with a frame.
fn add_leave(module: &mut Module, seam: &Seam) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
    function.name("suspendable.leave".into());
    let crossing = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    body.global_get(seam.stack_pointer).i32_const(SIZE);
    subtract(body);
    body.local_set(crossing);
    let kept = [
        (OUTER, seam.crossing),
        (SP, seam.sp),
        (LIMIT, seam.limit),
        (SEGMENT, seam.segment),
        (FIBER, seam.fiber),
        (OUTSIDE, seam.outside),
        (FAULTED, seam.faulted),
    ];
    let borrowed = seam.borrowed.map(|borrowed| (BORROWED, borrowed));
    let locals = seam.locals.map(|locals| (LOCALS, locals));
    for (field, global) in kept.into_iter().chain(borrowed).chain(locals) {
        field.store(body, seam.memory, crossing, |body| {
            body.global_get(global);
        });
    }
    body.i32_const(0).global_set(seam.fiber);
    body.local_get(crossing).global_set(seam.crossing);
    body.local_get(crossing);
    function.finish(vec![], &mut module.funcs)
}

/// ```wat
/// (func $come_back (param $crossing i32)
///   (global.set $crossing (crossing.outer))
///   (global.set $fiber (crossing.fiber))
///   (if (i32.ne (global.get $__stack_pointer)
///               (local.tee … (i32.add (local.get $crossing) (i32.const SIZE))))
///     (then …put all others back…)))
/// ```
///
/// Whoever came in has set the pointer of the ordinary stack to the crossing, or below, and nobody puts
/// it back above: so if it is where it was, nobody came in. wasm-bindgen's own JSPI does put it
/// elsewhere; with it, nothing is concluded from that.
fn add_come_back(module: &mut Module, seam: &Seam, is_certain: bool) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
    function.name("suspendable.come_back".into());
    let crossing = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    OUTER.load(body, seam.memory, crossing);
    body.global_set(seam.crossing);
    FIBER.load(body, seam.memory, crossing);
    body.global_set(seam.fiber);
    let before = |body: &mut InstrSeqBuilder| {
        body.local_get(crossing).i32_const(SIZE).binop(BinaryOp::I32Add);
    };
    let all = |body: &mut InstrSeqBuilder| {
        before(body);
        body.global_set(seam.stack_pointer);
        put_back(body, seam, crossing);
        for (field, global) in [(OUTSIDE, seam.outside), (FAULTED, seam.faulted)] {
            field.load(body, seam.memory, crossing);
            body.global_set(global);
        }
    };
    if is_certain {
        body.global_get(seam.stack_pointer);
        before(body);
        body.binop(BinaryOp::I32Ne).if_else(None, all, |_| {});
    } else {
        all(body);
    }
    function.finish(vec![crossing], &mut module.funcs)
}

/// Whether JavaScript is being called by a fiber, or by what that calls.
///
/// ```wat
/// (func (export "suspendable_is_inside") (param $fiber i32) (result i32) (local $crossing i32)
///   (local.set $crossing (global.get $crossing))
///   (loop $next (if (i32.ne (local.get $crossing) (i32.const ROOT)) (then
///     (if (i32.eq (crossing.fiber) (local.get $fiber)) (then (return (i32.const 1))))
///     (local.set $crossing (crossing.outer))
///     (br $next))))
///   (i32.const 0))
/// ```
pub fn export_is_inside(module: &mut Module, seam: &Seam) {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    function.name("suspendable.is_inside".into());
    let [fiber, crossing] = [(); 2].map(|()| module.locals.add(ValType::I32));
    let body = &mut function.func_body();
    body.global_get(seam.crossing).local_set(crossing);
    body.loop_(None, |next| {
        let again = next.id();
        next.local_get(crossing).i32_const(seam.root).binop(BinaryOp::I32Ne).if_else(
            None,
            |then| {
                FIBER.load(then, seam.memory, crossing);
                then.local_get(fiber).binop(BinaryOp::I32Eq).if_else(
                    None,
                    |found| {
                        found.i32_const(1).return_();
                    },
                    |_| {},
                );
                OUTER.load(then, seam.memory, crossing);
                then.local_set(crossing).br(again);
            },
            |_| {},
        );
    });
    body.i32_const(0);
    let function = function.finish(vec![fiber], &mut module.funcs);
    module.exports.add("suspendable_is_inside", function);
}

/// Takes away all crossings but the outermost `calls`.
///
/// ```wat
/// (func $settle (param $calls i32) (local $crossing i32)
///   (local.set $crossing (global.get $crossing))
///   (loop $count (if (i32.ne (local.get $crossing) (i32.const ROOT)) (then
///     (local.set $crossing (crossing.outer))
///     (local.set $calls (i32.sub (local.get $calls) (i32.const 1)))
///     (br $count))))
///   (loop $next (if (i32.lt_s (local.get $calls) (i32.const 0)) (then
///     (local.set $crossing (global.get $crossing))
///     (global.set $crossing (crossing.outer))
///     (local.set $calls (i32.add (local.get $calls) (i32.const 1)))
///     (br $next)))))
/// ```
fn add_settle(module: &mut Module, seam: &Seam) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
    function.name("suspendable.settle".into());
    let [calls, crossing] = [(); 2].map(|()| module.locals.add(ValType::I32));
    let body = &mut function.func_body();
    body.global_get(seam.crossing).local_set(crossing);
    body.loop_(None, |count| {
        let again = count.id();
        count.local_get(crossing).i32_const(seam.root).binop(BinaryOp::I32Ne).if_else(
            None,
            |then| {
                OUTER.load(then, seam.memory, crossing);
                then.local_set(crossing);
                then.local_get(calls).i32_const(1);
                subtract(then);
                then.local_set(calls).br(again);
            },
            |_| {},
        );
    });
    body.loop_(None, |next| {
        let again = next.id();
        next.local_get(calls).i32_const(0).binop(BinaryOp::I32LtS).if_else(
            None,
            |then| {
                then.global_get(seam.crossing).local_set(crossing);
                OUTER.load(then, seam.memory, crossing);
                then.global_set(seam.crossing);
                then.local_get(calls).i32_const(1).binop(BinaryOp::I32Add);
                then.local_set(calls).br(again);
            },
            |_| {},
        );
    });
    function.finish(vec![calls], &mut module.funcs)
}
