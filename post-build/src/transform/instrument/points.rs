//! Where a function is re-entered: its calls that can suspend, and every block, loop or arm on the
//! way to them.

use super::body::{Op, is_repeatable};
use super::live::Locals;
use std::ops::Range;
use wasmparser::Operator;

/// A call that can suspend, or a block, loop or `if` with such calls in it.
pub struct Point {
    /// Its instruction.
    pub at: usize,
    /// Where a rewind arrives: at `at`, or in front of what computes its operands.
    pub join: usize,
    /// Where the operands begin that it takes: what is computed before is needed afterwards.
    pub operands: usize,
    /// The numbers of the calls.
    pub calls: Range<u32>,
    /// The calls of an `if` from here on are in its `else`.
    pub alternative: u32,
}

/// The points of a sequence of instructions: of the function, a block, a loop, or an arm.
pub struct Sequence {
    /// Its first instruction.
    pub begin: usize,
    /// In the order of the code.
    pub points: Vec<Point>,
}

/// What `find` finds.
pub struct Points {
    /// The sequences with points, in the order of their beginnings.
    pub sequences: Vec<Sequence>,
    /// Locals from which operands are computed again that have to be right.
    pub exact: Locals,
    pub calls: u32,
}

/// A sequence that has not ended.
struct Open {
    /// The instruction that began it; none for the function.
    opener: Option<Point>,
    begin: usize,
    /// The height of the operand stack at its beginning.
    base: usize,
    points: Vec<Point>,
    /// The points of the arm before this one.
    consequent: Option<Sequence>,
    /// All instructions from here on can be repeated.
    repeatable: usize,
}

/// Finds the points of a function in which `is_call` can suspend.
pub fn find(ops: &[Op], locals: usize, is_call: impl Fn(usize) -> bool) -> Points {
    let mut found = Points { sequences: Vec::new(), exact: Locals::none(locals), calls: 0 };
    let sequence = |opener, begin, base| Open {
        opener,
        begin,
        base,
        points: Vec::new(),
        consequent: None,
        repeatable: begin,
    };
    let mut open = vec![sequence(None, 0, 0)];
    for (index, op) in ops.iter().enumerate() {
        let current = open.last_mut().expect("the function has not ended");
        match op.operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                // What it does not take itself is put aside: its code may change the locals.
                let floor = op.height - op.takes;
                let point = point(ops, index, current, floor, found.calls);
                open.push(sequence(Some(point), index + 1, floor));
            }
            Operator::Else => {
                let arm = open.pop().expect("an `if` has begun");
                let mut other = sequence(arm.opener, index + 1, arm.base);
                if let Some(point) = &mut other.opener {
                    point.alternative = found.calls;
                }
                other.consequent = Some(Sequence { begin: arm.begin, points: arm.points });
                open.push(other);
            }
            Operator::End => {
                let ended = open.pop().expect("something has begun");
                found.sequences.extend(ended.consequent);
                found.sequences.push(Sequence { begin: ended.begin, points: ended.points });
                let (Some(mut point), Some(outer)) = (ended.opener, open.last_mut()) else {
                    continue;
                };
                outer.repeatable = index + 1;
                point.calls.end = found.calls;
                point.alternative = point.alternative.min(found.calls);
                if !point.calls.is_empty() {
                    outer.points.push(point);
                }
            }
            _ if is_call(index) => {
                let mut point = point(ops, index, current, current.base, found.calls);
                found.calls += 1;
                point.calls.end = found.calls;
                current.repeatable = index + 1;
                note_exact(ops, &point, &mut found.exact);
                current.points.push(point);
            }
            ref other if !is_repeatable(other) => current.repeatable = index + 1,
            _ => {}
        }
    }
    found.sequences.retain(|sequence| !sequence.points.is_empty());
    found.sequences.sort_by_key(|sequence| sequence.begin);
    found
}

/// The point at `index`, whose join comes where the operand stack is lowest, and not below `floor`.
fn point(ops: &[Op], index: usize, current: &Open, floor: usize, call: u32) -> Point {
    let taken = ops[index].height - ops[index].takes;
    let (mut join, mut operands) = (index, index);
    let mut lowest = ops[index].height;
    for candidate in (current.repeatable..index).rev() {
        let height = ops[candidate].height;
        if lowest == floor || height < floor {
            break;
        }
        if height < lowest {
            (join, lowest) = (candidate, height);
            if height >= taken {
                operands = candidate;
            }
        }
    }
    Point { at: index, join, operands, calls: call..call, alternative: u32::MAX }
}

/// What is computed again and stays on the stack during the call, and the callee of an indirect
/// call, has to come out as before.
fn note_exact(ops: &[Op], point: &Point, exact: &mut Locals) {
    let mut note = |range: Range<usize>| {
        for op in &ops[range] {
            if let Operator::LocalGet { local_index } = op.operator {
                exact.insert(local_index);
            }
        }
    };
    note(point.join..point.operands);
    if matches!(ops[point.at].operator, Operator::CallIndirect { .. }) {
        note(callee(ops, point.at)..point.at);
    }
}

/// Where the computation of an indirect call's callee begins.
fn callee(ops: &[Op], call: usize) -> usize {
    let below = ops[call].height - 1;
    (0..call).rev().find(|index| ops[*index].height == below).unwrap_or(call)
}

/// Puts the callee of every indirect call for which `is_call` holds into the local `callee`, unless
/// it can be computed again: what it was loaded from may have changed when the call is rewound.
pub fn keep_callees<'a>(
    ops: Vec<Op<'a>>,
    local_index: u32,
    is_call: impl Fn(usize) -> bool,
) -> Vec<Operator<'a>> {
    let mut result: Vec<Operator> = Vec::with_capacity(ops.len());
    // Where in `result` each instruction went, and since when all can be repeated.
    let mut places = Vec::with_capacity(ops.len());
    for (index, op) in ops.iter().enumerate() {
        if matches!(op.operator, Operator::CallIndirect { .. }) && is_call(index) {
            let begin = straight(&ops, index, op.height - 1);
            let pure = begin.is_some_and(|begin| {
                ops[begin..index].iter().all(|op| is_repeatable(&op.operator))
            });
            if !pure {
                let arguments = begin
                    .and_then(|begin| Some((straight(&ops, begin, op.height - op.takes)?, begin)))
                    .filter(|(from, begin)| can_swap(&ops[*from..*begin], &ops[*begin..index]));
                result.push(Operator::LocalSet { local_index });
                if let Some((from, begin)) = arguments {
                    // First the callee, then the arguments, which can be computed again.
                    let length = begin - from;
                    let from: usize = places[from];
                    result[from..].rotate_left(length);
                }
                result.push(Operator::LocalGet { local_index });
            }
        }
        places.push(result.len());
        result.push(op.operator.clone());
    }
    result
}

/// Where the computation begins of what stands on the operand stack from `height` on in front of
/// `end`, if no branch and no block lies in between.
fn straight(ops: &[Op], end: usize, height: usize) -> Option<usize> {
    if ops[end].height == height {
        return Some(end);
    }
    for index in (0..end).rev() {
        match ops[index].operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Unreachable
            | Operator::Call { .. }
            | Operator::CallIndirect { .. } => return None,
            _ if ops[index].height == height => return Some(index),
            _ => {}
        }
    }
    None
}

/// Whether `first`, then `second` comes to the same as `second`, then `first`.
fn can_swap(first: &[Op], second: &[Op]) -> bool {
    first.iter().all(|op| is_repeatable(&op.operator))
        && second.iter().all(|op| match op.operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                !first.iter().any(|other| {
                    matches!(other.operator, Operator::LocalGet { local_index: read } if read == local_index)
                })
            }
            _ => true,
        })
}
