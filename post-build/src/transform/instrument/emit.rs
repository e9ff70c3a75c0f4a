//! Writes the body of an instrumented function.

use super::Globals;
use super::body::{Callees, Op, measure, reachable, signature};
use super::frame::Frame;
use super::live::live_after;
use super::points::{Point, Sequence, find, keep_callees};
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::ops::Range;
use std::vec::IntoIter;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction};
use wasmparser::{
    FuncToValidate, FuncType, FuncValidator, FunctionBody, Operator, ValType, ValidatorResources,
};

type Types = FuncValidator<ValidatorResources>;

/// The function with this body, instrumented; none if it makes no call that can suspend.
pub fn instrumented(
    function: &FuncToValidate<ValidatorResources>,
    body: &FunctionBody,
    callees: &Callees,
    globals: Globals,
) -> Result<Option<Function>> {
    let module = &function.resources;
    let find_calls = |ops: &[Op]| -> Vec<bool> {
        ops.iter().map(|op| callees.can_suspend(module, &op.operator)).collect()
    };
    let validator = |additional: u32| -> Result<Types> {
        let again = FuncToValidate { resources: module.clone(), ..*function };
        let mut types = again.into_validator(Default::default());
        types.read_locals(&mut body.get_binary_reader())?;
        types.define_locals(0, additional, ValType::I32)?;
        Ok(types)
    };
    let mut types = validator(0)?;
    let callee = types.len_locals();
    let ops = measure(&mut types, reachable(body)?)?;
    let calls = find_calls(&ops);
    if !calls.contains(&true) {
        return Ok(None);
    }
    let operators = keep_callees(ops, callee, |index| calls[index]);
    let mut types = validator(1)?;
    let count = types.len_locals() as usize;
    let ops = measure(&mut types, operators)?;
    let calls = find_calls(&ops);

    let points = find(&ops, count, |index| calls[index]);
    let mut needed = live_after(&ops, count, |index| calls[index]);
    needed.iter_mut().for_each(|locals| locals.add(&points.exact));
    let mut types = validator(1)?;
    let frame = Frame::new(&types, globals, &needed);
    let mut emitter = Emitter {
        labels: (0..frame.exits()).map(|_| Label::Added).collect(),
        frame,
        phase: globals.phase,
        bytes: Vec::new(),
        restore_at: None,
        sequences: points.sequences.into_iter().map(|it| (it.begin, it)).collect(),
        inherited: Vec::new(),
        writing: Vec::new(),
    };
    let ty = signature(module, function.ty);
    emitter.body(&mut types, &ops, ty)?;
    let restore_at = emitter.restore_at.expect("a function with calls begins with a dispatch");
    emitter.frame.wrap(body, ty, emitter.bytes.split_at(restore_at)).map(Some)
}

/// Where a branch can go.
#[derive(PartialEq)]
enum Label {
    /// A block, loop or `if` of the function, or the function itself.
    Original,
    Added,
}

/// A sequence that is being written.
struct Writing {
    /// The points to come, with the label of their join, if it needs one.
    points: IntoIter<(Point, Option<usize>)>,
    /// The height of the operand stack at its beginning.
    base: usize,
    /// What the operands below the current point are kept in.
    kept: Vec<u32>,
}

impl Writing {
    fn next(&self) -> Option<&Point> {
        self.points.as_slice().first().map(|(point, _)| point)
    }
}

/// Where a rewind to some of the calls goes: to a label, or straight on.
type Target = (Range<u32>, Option<usize>);

struct Emitter {
    frame: Frame,
    phase: u32,
    bytes: Vec<u8>,
    /// Where in `bytes` the frame is taken back: at the first dispatch, in front of all else.
    restore_at: Option<usize>,
    /// From the outside in: a label is its place in here. The first are where unwindings go.
    labels: Vec<Label>,
    /// By their beginnings.
    sequences: HashMap<usize, Sequence>,
    /// Targets that the next dispatch serves too.
    inherited: Vec<Target>,
    writing: Vec<Writing>,
}

impl Emitter {
    fn put(&mut self, instruction: Instruction) {
        instruction.encode(&mut self.bytes);
    }

    fn open(&mut self, instruction: Instruction, label: Label) {
        self.put(instruction);
        self.labels.push(label);
    }

    fn close(&mut self) {
        self.put(Instruction::End);
        self.labels.pop();
    }

    /// The relative depth of a label.
    fn depth(&self, label: usize) -> u32 {
        (self.labels.len() - 1 - label) as u32
    }

    /// The relative depth of a label that had another one in the original function.
    fn mapped(&self, depth: u32) -> u32 {
        let mut own = self.labels.iter().rev().enumerate();
        let mut own = own.by_ref().filter(|(_, label)| **label == Label::Original);
        own.nth(depth as usize).expect("a label of the function").0 as u32
    }

    fn body(&mut self, types: &mut Types, ops: &[Op], ty: &FuncType) -> Result<()> {
        let ty = match ty.results() {
            [] => BlockType::Empty,
            [result] => BlockType::Result(RoundtripReencoder.val_type(*result)?),
            _ => bail!("it returns several values"),
        };
        self.open(Instruction::Block(ty), Label::Original);
        self.begin(ops, 0, 0)?;
        for (index, op) in ops.iter().enumerate() {
            if self.next().is_some_and(|point| point.join == index) {
                self.join(types, ops)?;
            }
            self.op(ops, index)?;
            types.op(1, &op.operator)?;
        }
        Ok(())
    }

    fn next(&self) -> Option<&Point> {
        self.writing.last().and_then(Writing::next)
    }

    /// Begins the sequence at `begin`: the joins of its points, and the way to them.
    fn begin(&mut self, ops: &[Op], begin: usize, base: usize) -> Result<()> {
        let Some(Sequence { points, .. }) = self.sequences.remove(&begin) else {
            self.writing.push(Writing { points: Vec::new().into_iter(), base, kept: Vec::new() });
            return Ok(());
        };
        ensure!(ops[begin].height == base, "it has a block with parameters");
        let first = &points[0];
        // The way to a point at the very beginning leads straight on.
        let unlabelled = (first.join == begin) as usize;
        let delegates = first.at == begin
            && matches!(ops[begin].operator, Operator::Block { .. } | Operator::Loop { .. });
        let mut labels = vec![None; points.len()];
        for label in labels[unlabelled..].iter_mut().rev() {
            *label = Some(self.labels.len());
            self.open(Instruction::Block(BlockType::Empty), Label::Added);
        }
        let mut targets: Vec<Target> =
            points.iter().map(|point| point.calls.clone()).zip(labels.iter().copied()).collect();
        targets.append(&mut self.inherited);
        if delegates {
            // Nothing is between this beginning and that of the block: one dispatch serves both.
            self.inherited = targets.split_off(1);
        } else {
            self.dispatch(&targets);
        }
        let points: Vec<_> = points.into_iter().zip(labels).collect();
        self.writing.push(Writing { points: points.into_iter(), base, kept: Vec::new() });
        Ok(())
    }

    /// During a rewind, goes where the calls are. `targets` are in the order of their calls, without
    /// gaps, and only the first can be straight on.
    fn dispatch(&mut self, targets: &[Target]) {
        let is_first = self.restore_at.is_none();
        if !is_first && let [(_, label)] = targets {
            if let Some(label) = *label {
                self.put(Instruction::GlobalGet(self.phase));
                self.put(Instruction::BrIf(self.depth(label)));
            }
            return;
        }
        self.put(Instruction::GlobalGet(self.phase));
        self.open(Instruction::If(BlockType::Empty), Label::Added);
        if is_first {
            self.restore_at = Some(self.bytes.len());
        }
        self.jump(targets);
        self.close();
    }

    /// Inside a block of its own, whose end leads straight on.
    fn jump(&mut self, targets: &[Target]) {
        let call = self.frame.call;
        let calls = targets[0].0.start..targets[targets.len() - 1].0.end;
        let here = self.labels.len() - 1;
        let depth = |emitter: &Self, label: Option<usize>| emitter.depth(label.unwrap_or(here));
        // About the bytes of one comparison.
        const COMPARISON: usize = 8;
        if targets.len() > 1 && calls.len() < COMPARISON * (targets.len() - 1) {
            self.put(Instruction::LocalGet(call));
            if calls.start > 0 {
                self.put(Instruction::I32Const(calls.start as i32));
                self.put(Instruction::I32Sub);
            }
            let table: Vec<u32> = targets
                .iter()
                .flat_map(|(calls, label)| calls.clone().map(|_| depth(self, *label)))
                .collect();
            let last = table[table.len() - 1];
            self.put(Instruction::BrTable(table.into(), last));
        } else {
            for (calls, label) in targets[1..].iter().rev() {
                self.put(Instruction::LocalGet(call));
                self.put(Instruction::I32Const(calls.start as i32));
                self.put(Instruction::I32GeU);
                self.put(Instruction::BrIf(depth(self, *label)));
            }
            if let Some(label) = targets[0].1 {
                self.put(Instruction::Br(self.depth(label)));
            }
        }
    }

    /// Where a rewind arrives at the next point: with an empty operand stack.
    fn join(&mut self, types: &Types, ops: &[Op]) -> Result<()> {
        let writing = self.writing.last_mut().expect("a point is in a sequence");
        let (point, label) = &writing.points.as_slice()[0];
        let label = *label;
        let height = ops[point.join].height;
        let stays = ops[point.at].height - ops[point.at].takes;
        let base = writing.base;
        let mut kept = Vec::new();
        for position in (base..height).rev() {
            let ty = types.get_operand_type(height - 1 - position).flatten();
            let ty = ty.context("an operand has no type")?;
            let local = self.frame.take(ty);
            if position < stays {
                self.frame.save(local);
            }
            kept.push(local);
            self.put(Instruction::LocalSet(local));
        }
        if let Some(label) = label {
            debug_assert_eq!(label, self.labels.len() - 1);
            self.close();
        }
        for local in kept.iter().rev() {
            self.put(Instruction::LocalGet(*local));
        }
        self.writing.last_mut().expect("as before").kept = kept;
        Ok(())
    }

    /// The next point is behind us.
    fn pass(&mut self) -> Option<Point> {
        let writing = self.writing.last_mut()?;
        for local in writing.kept.drain(..) {
            self.frame.give_back(local);
        }
        writing.points.next().map(|(point, _)| point)
    }

    fn op(&mut self, ops: &[Op], index: usize) -> Result<()> {
        let op = &ops[index];
        let is_point = self.next().is_some_and(|point| point.at == index);
        match &op.operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                if is_point && matches!(op.operator, Operator::If { .. }) {
                    self.choose_arm();
                }
                let instruction = RoundtripReencoder.instruction(op.operator.clone())?;
                self.open(instruction, Label::Original);
                self.begin(ops, index + 1, op.height - op.takes)?;
            }
            Operator::Else => {
                self.put(Instruction::Else);
                let ended = self.writing.pop().expect("the other arm");
                self.begin(ops, index + 1, ended.base)?;
            }
            Operator::End => {
                self.writing.pop();
                self.close();
                // The point that has ended, if it is one, is the outer sequence's next.
                let begin = op.begin;
                if begin.is_some() && self.next().map(|point| point.at) == begin {
                    self.pass();
                }
            }
            Operator::Br { relative_depth } => {
                self.put(Instruction::Br(self.mapped(*relative_depth)));
            }
            Operator::BrIf { relative_depth } => {
                self.put(Instruction::BrIf(self.mapped(*relative_depth)));
            }
            Operator::BrTable { targets } => {
                let table = targets.targets().map(|depth| Ok(self.mapped(depth?)));
                let table: Vec<u32> = table.collect::<Result<_>>()?;
                let default = self.mapped(targets.default());
                self.put(Instruction::BrTable(table.into(), default));
            }
            other => {
                ensure!(!is_unsupported(other), "it has the instruction {other:?}");
                let instruction = RoundtripReencoder.instruction(other.clone())?;
                self.put(instruction);
                if is_point && let Some(point) = self.pass() {
                    let (word, exit) = self.frame.unwinding(point.calls.start);
                    self.put(Instruction::I32Const(word));
                    self.put(Instruction::GlobalGet(self.phase));
                    self.put(Instruction::BrIf(self.depth(exit)));
                    self.put(Instruction::Drop);
                }
            }
        }
        Ok(())
    }

    /// During a rewind, the condition on the stack is that of the arm which the call is in.
    fn choose_arm(&mut self) {
        let point = self.next().expect("an `if` with calls");
        let (calls, alternative) = (point.calls.clone(), point.alternative);
        let phase = Instruction::GlobalGet(self.phase);
        if alternative == calls.end {
            self.put(phase);
            self.put(Instruction::I32Or);
            return;
        }
        if alternative == calls.start {
            self.put(Instruction::I32Const(0));
        } else {
            self.put(Instruction::LocalGet(self.frame.call));
            self.put(Instruction::I32Const(alternative as i32));
            self.put(Instruction::I32LtU);
        }
        self.put(phase);
        self.put(Instruction::I32Eqz);
        self.put(Instruction::Select);
    }
}

/// Instructions with labels or calls of their own, which rustc does not write.
fn is_unsupported(operator: &Operator) -> bool {
    use Operator::*;
    matches!(
        operator,
        ReturnCall { .. }
            | ReturnCallIndirect { .. }
            | CallRef { .. }
            | ReturnCallRef { .. }
            | Try { .. }
            | Catch { .. }
            | CatchAll
            | Delegate { .. }
            | TryTable { .. }
            | BrOnNull { .. }
            | BrOnNonNull { .. }
            | BrOnCast { .. }
            | BrOnCastFail { .. }
    )
}
