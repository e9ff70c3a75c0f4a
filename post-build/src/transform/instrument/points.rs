//! Where a function is re-entered: behind its calls that can suspend, and in front of what is on the way to them.

use super::body::Op;
use std::ops::Range;
use wasmparser::Operator;

/// A call that can suspend, or a block, loop or `if` with such calls in it.
pub struct Point {
    /// Its instruction.
    pub at: usize,
    /// The operands of its sequence that it does not take, by their heights on the operand stack.
    pub stays: Range<usize>,
    /// The numbers of the calls.
    pub calls: Range<u32>,
    /// The calls of an `if` from here on are in its `else`.
    pub alternative: u32,
    /// Of an `if`: where its `else` is.
    pub otherwise: Option<usize>,
    /// Its last instruction.
    pub end: usize,
}

impl Point {
    /// Whether it can begin where its sequence does: a block, or an `if`, which can be written as one, with an empty
    /// operand stack in front of it.
    pub fn can_begin_before(&self, ops: &[Op]) -> bool {
        let takes = match ops[self.at].operator {
            Operator::Block { .. } => 0,
            Operator::If { .. } => 1,
            _ => return false,
        };
        self.stays.is_empty() && ops[self.at].takes == takes
    }
}

/// The points of a sequence of instructions: of the function, a block, a loop, or an arm.
pub struct Sequence {
    /// Its first instruction.
    pub begin: usize,
    /// In the order of the code.
    pub points: Vec<Point>,
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
}

/// Finds the points of a function in which `is_call` can suspend: the sequences that have some, in
/// the order of their beginnings.
pub fn find(ops: &[Op], is_call: impl Fn(usize) -> bool) -> Vec<Sequence> {
    let mut found = Vec::new();
    let mut calls = 0;
    let sequence =
        |opener, begin, base| Open { opener, begin, base, points: Vec::new(), consequent: None };
    let mut open = vec![sequence(None, 0, 0)];
    for (at, op) in ops.iter().enumerate() {
        let current = open.last_mut().expect("the function has not ended");
        let stays = current.base..op.height - op.takes;
        match op.operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                let base = stays.end;
                let point = Point {
                    at,
                    stays,
                    calls: calls..calls,
                    alternative: u32::MAX,
                    otherwise: None,
                    end: at,
                };
                open.push(sequence(Some(point), at + 1, base));
            }
            Operator::Else => {
                let arm = open.pop().expect("an `if` has begun");
                let mut other = sequence(arm.opener, at + 1, arm.base);
                if let Some(point) = &mut other.opener {
                    point.alternative = calls;
                    point.otherwise = Some(at);
                }
                other.consequent = Some(Sequence { begin: arm.begin, points: arm.points });
                open.push(other);
            }
            Operator::End => {
                let ended = open.pop().expect("something has begun");
                found.extend(ended.consequent);
                found.push(Sequence { begin: ended.begin, points: ended.points });
                let (Some(mut point), Some(outer)) = (ended.opener, open.last_mut()) else {
                    continue;
                };
                point.calls.end = calls;
                point.end = at;
                point.alternative = point.alternative.min(calls);
                if !point.calls.is_empty() {
                    outer.points.push(point);
                }
            }
            _ if is_call(at) => {
                let calls_of_it = calls..calls + 1;
                calls += 1;
                current.points.push(Point {
                    at,
                    stays,
                    calls: calls_of_it,
                    alternative: u32::MAX,
                    otherwise: None,
                    end: at,
                });
            }
            _ => {}
        }
    }
    found.retain(|sequence| !sequence.points.is_empty());
    found.sort_by_key(|sequence| sequence.begin);
    found
}
