//! Which locals are needed after each call: the classic backward analysis.

use super::body::Op;
use wasmparser::Operator;

/// A set of locals.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn none(count: usize) -> Locals {
        Locals(vec![0; count.div_ceil(64)])
    }

    pub fn insert(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    pub fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    pub fn contains(&self, local: u32) -> bool {
        self.0[local as usize / 64] & 1 << (local % 64) != 0
    }

    pub fn add(&mut self, others: &Locals) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    pub fn has_all_of(&self, others: &Locals) -> bool {
        self.0.iter().zip(&others.0).all(|(word, other)| other & !word == 0)
    }
}

/// A block, loop or `if` that the walk is in.
struct Frame {
    /// Needed behind its end.
    after: Locals,
    /// Needed at the beginning of its `else`.
    alternative: Option<Locals>,
    /// Where it begins, if it is a loop.
    looping: Option<usize>,
}

/// The locals that are needed after each of the instructions for which `is_call` holds. In front of those for which
/// `is_looked_at` holds, the code looks at the local `call` as well.
pub fn live_after(
    ops: &[Op],
    count: usize,
    is_call: impl Fn(usize) -> bool,
    call: u32,
    is_looked_at: impl Fn(usize) -> bool,
) -> Vec<Locals> {
    let none = Locals::none(count);
    // What is needed at the beginning of each loop: grows until nothing is added.
    let mut loops = vec![None; ops.len()];
    loop {
        let mut grown = false;
        let mut needed = Vec::new();
        let mut live = none.clone();
        let mut frames: Vec<Frame> = Vec::new();
        for (index, op) in ops.iter().enumerate().rev() {
            let at_label = |frames: &[Frame], depth: u32| {
                let frame = &frames[frames.len() - 1 - depth as usize];
                match frame.looping {
                    Some(begin) => loops[begin].clone().unwrap_or_else(|| none.clone()),
                    None => frame.after.clone(),
                }
            };
            if is_call(index) {
                needed.push(live.clone());
            }
            match &op.operator {
                Operator::LocalGet { local_index } => live.insert(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    live.remove(*local_index);
                }
                Operator::Br { relative_depth } => live = at_label(&frames, *relative_depth),
                Operator::BrIf { relative_depth } => live.add(&at_label(&frames, *relative_depth)),
                Operator::BrTable { targets } => {
                    live = at_label(&frames, targets.default());
                    for depth in targets.targets().flatten() {
                        live.add(&at_label(&frames, depth));
                    }
                }
                Operator::Return | Operator::Unreachable => live = none.clone(),
                Operator::End => {
                    let is_loop =
                        |begin: &usize| matches!(ops[*begin].operator, Operator::Loop { .. });
                    frames.push(Frame {
                        after: live.clone(),
                        alternative: None,
                        looping: op.begin.filter(is_loop),
                    });
                }
                Operator::Else => {
                    let frame = frames.last_mut().expect("an `else` is in an `if`");
                    frame.alternative = Some(std::mem::replace(&mut live, frame.after.clone()));
                }
                Operator::If { .. } => {
                    let frame = frames.pop().expect("it has ended");
                    live.add(&frame.alternative.unwrap_or(frame.after));
                }
                Operator::Block { .. } => drop(frames.pop()),
                Operator::Loop { .. } => {
                    frames.pop();
                    if loops[index].as_ref() != Some(&live) {
                        loops[index] = Some(live.clone());
                        grown = true;
                    }
                }
                _ => {}
            }
            if is_looked_at(index) {
                live.insert(call);
            }
        }
        if !grown {
            needed.reverse();
            return needed;
        }
    }
}
