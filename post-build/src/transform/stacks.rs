//! Two shadow stacks: members keep their frames on the stack of the fiber, everybody else on the
//! ordinary one.
//!
//! When a fiber suspends, only members are on its stack. So only their frames have to last, and they
//! get a stack pointer of their own, `sp`, into memory that belongs to the fiber and never moves (the
//! library's `stack.rs`). A member is compiled by LLVM like any function:
//!
//! ```wat
//! (global.set $__stack_pointer (local.tee $frame
//!   (i32.sub (global.get $__stack_pointer) (i32.const ROOM))))
//! …
//! (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const ROOM)))
//! ```
//!
//! and becomes
//!
//! ```wat
//! (if (i32.lt_u (local.tee $frame (i32.sub (global.get $sp) (i32.const ROOM))) (global.get $limit))
//!   (then (local.set $frame (call $grow (i32.const ROOM)))))       ;; in another segment
//! (global.set $sp (local.get $frame))
//! …
//! (global.set $sp (local.tee $before (i32.add (local.get $frame) (i32.const ROOM))))
//! (if (i32.eq (local.get $before) (global.get $segment))
//!   (then (call $shrink)))                                         ;; back to the segment before
//! ```
//!
//! - `sp` is never below `limit`, and no stack lies in the first kilobyte of the memory. So the difference
//!   cannot wrap for that much room; for more, and where the prologue is another one, the distance of
//!   `sp` and `limit` is compared with ROOM instead.
//! - The frame that took a segment begins at its end, where its record is, and no other one does: those
//!   below it are lower, and a frame is never empty. So an epilogue that arrives there gives it back.
//!   The first segment of a fiber has no record; `segment` is 0 in it, and so is nobody's `sp`.
//! - A frame keeps its address in a local. So it does not matter to a function where its callers' frames
//!   are, nor to a rewind, which skips the prologue: the room has been taken already, and is given back
//!   by the epilogue, not when the function is unwound.
//!
//! This comes before wasm-opt, for which a member inlined into another is two frames.
//!
//! How much room a function takes is read from its code (`frames.rs`).

use super::frames::{Frame, Place};
use super::layout::segment::{LIMIT, OWN_LIMIT, SEGMENT, SP};
use super::names::rust_path;
use super::seam::{LEAST_ADDRESS, Seam, import, subtract};
use anyhow::{Context, Result};
use std::collections::HashSet;
use walrus::ir::{BinaryOp, GlobalGet, GlobalSet};
use walrus::{
    FunctionBuilder, FunctionId, FunctionKind, InstrSeqBuilder, LocalFunction, LocalId, Module,
    ValType,
};

/// Moves the frames of `members` to the stacks of fibers.
pub fn split(module: &mut Module, members: &HashSet<FunctionId>) -> Result<()> {
    let seam = Seam::find(module)?;
    let grow = add_grow(module, &seam);
    let shrink = add_shrink(module, &seam);
    for function in module.funcs.iter_mut().filter(|function| members.contains(&function.id())) {
        let FunctionKind::Local(body) = &mut function.kind else { continue };
        let frame = Frame::read(body, seam.stack_pointer).with_context(|| {
            let name = rust_path(function.name.as_deref().unwrap_or_default());
            format!("function `{name}` can be on the stack of a suspended fiber")
        })?;
        if let Some(frame) = frame {
            let before = module.locals.add(ValType::I32);
            rewrite(body, &frame, before, &seam, grow, shrink);
        }
    }
    Ok(())
}

/// ```wat
/// (func $grow (param $room i32) (result i32) (local $segment i32)
///   (local.set $segment (call $take (local.get $room)
///     (global.get $sp) (global.get $limit) (global.get $segment)))
///   (if (i32.le_u (local.get $segment) (i32.const 1))               ;; why there is none
///     (then (call $import.exhausted (local.get $segment)) (unreachable)))
///   (global.set $sp (local.get $segment)) (global.set $segment (local.get $segment))
///   (global.set $limit (segment.own_limit))
///   (i32.sub (local.get $segment) (local.get $room)))               ;; where the frame begins
/// ```
fn add_grow(module: &mut Module, seam: &Seam) -> FunctionId {
    let exhausted = import(module, "exhausted", &[ValType::I32], &[]);
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    function.name("suspendable.grow".into());
    let [room, segment] = [(); 2].map(|()| module.locals.add(ValType::I32));
    let body = &mut function.func_body();
    body.local_get(room).global_get(seam.sp).global_get(seam.limit).global_get(seam.segment);
    body.call(seam.take).local_tee(segment);
    body.i32_const(1).binop(BinaryOp::I32LeU).if_else(
        None,
        |then| {
            then.local_get(segment).call(exhausted).unreachable();
        },
        |_| {},
    );
    body.local_get(segment).global_set(seam.sp).local_get(segment).global_set(seam.segment);
    OWN_LIMIT.load(body, seam.memory, segment);
    body.global_set(seam.limit);
    body.local_get(segment).local_get(room);
    subtract(body);
    function.finish(vec![room], &mut module.funcs)
}

/// ```wat
/// (func $shrink (local $segment i32)
///   (local.set $segment (global.get $segment))
///   (global.set $sp (segment.sp)) (global.set $limit (segment.limit))
///   (global.set $segment (segment.segment))
///   (call $give_back (local.get $segment)))
/// ```
fn add_shrink(module: &mut Module, seam: &Seam) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
    function.name("suspendable.shrink".into());
    let segment = module.locals.add(ValType::I32);
    let body = &mut function.func_body();
    body.global_get(seam.segment).local_set(segment);
    for (field, global) in [(SP, seam.sp), (LIMIT, seam.limit), (SEGMENT, seam.segment)] {
        field.load(body, seam.memory, segment);
        body.global_set(global);
    }
    body.local_get(segment).call(seam.give_back);
    function.finish(vec![], &mut module.funcs)
}

/// Lets a function work with the stack pointer of members. `before` is a local for it.
fn rewrite(
    body: &mut LocalFunction,
    frame: &Frame,
    before: LocalId,
    seam: &Seam,
    grow: FunctionId,
    shrink: FunctionId,
) {
    let room = frame.room as i32;
    let (sequence, index) = frame.read;
    body.block_mut(sequence).instrs[index].0 = GlobalGet { global: seam.sp }.into();
    for (sequence, index) in frame.taken.iter().chain(&frame.given_back) {
        body.block_mut(*sequence).instrs[*index].0 = GlobalSet { global: seam.sp }.into();
    }
    // From the ends of the sequences, so that the places in front stay where they are.
    let mut ends = frame.given_back.clone();
    ends.sort_by_key(|(_, index)| std::cmp::Reverse(*index));
    for (sequence, index) in ends {
        insert(body, (sequence, index + 1), |check| {
            check.local_get(before).global_get(seam.segment).binop(BinaryOp::I32Eq).if_else(
                None,
                |then| {
                    then.call(shrink);
                },
                |_| {},
            );
        });
        insert(body, (sequence, index), |tee| {
            tee.local_tee(before);
        });
    }
    match frame.prologue(body).filter(|_| room <= LEAST_ADDRESS) {
        Some(local) => insert(body, (sequence, index + 4), |check| {
            check.global_get(seam.limit).binop(BinaryOp::I32LtU).if_else(
                None,
                |then| {
                    then.i32_const(room).call(grow).local_set(local);
                },
                |_| {},
            );
            check.local_get(local);
        }),
        None => insert(body, (sequence, index), |check| {
            check.global_get(seam.sp).global_get(seam.limit);
            subtract(check);
            check.i32_const(room).binop(BinaryOp::I32LtU).if_else(
                None,
                |then| {
                    then.i32_const(room).call(grow).drop();
                },
                |_| {},
            );
        }),
    }
}

fn insert(
    body: &mut LocalFunction,
    (sequence, index): Place,
    instructions: impl FnOnce(&mut InstrSeqBuilder),
) {
    let mut inserted = body.builder_mut().dangling_instr_seq(None);
    instructions(&mut inserted);
    let inserted = std::mem::take(inserted.instrs_mut());
    body.block_mut(sequence).instrs.splice(index..index, inserted);
}
