//! Writes the body of an instrumented function.

use super::Globals;
use super::body::{Callees, Op, callee_signature, measure, reachable, signature};
use super::frame::Frame;
use super::live::live_after;
use super::moves::Moves;
use super::points::{Point, Sequence, find};
use anyhow::{Result, bail, ensure};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::vec::IntoIter;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction};
use wasmparser::{FuncToValidate, FuncType, FunctionBody, Operator, ValidatorResources};

/// What the code of a function is for.
#[derive(Clone, Copy, PartialEq)]
pub enum For {
    Both,
    /// It is called, and never rewound.
    Beginning,
    /// It is only called to be rewound.
    GoingOn,
}

/// The function with this body and this number, instrumented; none if it makes no call that can
/// suspend.
pub fn instrumented(
    function: &FuncToValidate<ValidatorResources>,
    body: &FunctionBody,
    callees: &Callees,
    globals: Globals,
    number: u32,
    purpose: For,
    moves: &mut Moves,
) -> Result<Option<Function>> {
    let module = &function.resources;
    let again = FuncToValidate { resources: module.clone(), ..*function };
    let mut types = again.into_validator(Default::default());
    types.read_locals(&mut body.get_binary_reader())?;
    let own = (0..types.len_locals()).filter_map(|local| types.get_local_type(local)).collect();
    let ops = measure(&mut types, reachable(body)?)?;
    let calls: Vec<bool> = ops.iter().map(|op| callees.can_suspend(module, &op.operator)).collect();
    if !calls.contains(&true) {
        return Ok(None);
    }
    let sequences = find(&ops, |index| calls[index]);

    let mut frame = Frame::new(own, number, globals);
    let points = || sequences.iter().flat_map(|sequence| &sequence.points);
    let mut results = HashMap::new();
    for point in points().filter(|point| !point.can_begin_before(&ops)) {
        let op = &ops[point.at];
        let end = if calls[point.at] { point.stays.end } else { op.height };
        for height in point.stays.start..end {
            frame.keep(height, op.operands[height]);
        }
        if calls[point.at] {
            let result = match callee_signature(module, &op.operator).results() {
                [] => None,
                [ty] => Some(frame.result(*ty)),
                _ => bail!("a call that can suspend returns several values"),
            };
            results.insert(point.at, result);
        }
    }
    let looks = looks(&ops, &sequences);
    let is_looked_at = |index| looks.contains(&index);
    let mut needed =
        live_after(&ops, frame.count(), |index| calls[index], frame.call, is_looked_at);
    let resets = needed.iter().map(|call| call.contains(frame.call)).collect();
    needed.iter_mut().for_each(|call| call.remove(frame.call));
    for point in points() {
        for height in point.stays.clone() {
            let local = frame.keep(height, ops[point.at].operands[height]);
            for call in point.calls.clone() {
                needed[call as usize].insert(local);
            }
        }
    }
    frame.save(&needed);
    let mut emitter = Emitter {
        labels: (0..frame.exits()).map(|_| Label::Added).collect(),
        frame,
        phase: globals.phase,
        bytes: Vec::new(),
        is_restored: false,
        joins: purpose != For::Beginning,
        resets,
        sequences: sequences.into_iter().map(|it| (it.begin, it)).collect(),
        entered: HashMap::new(),
        places: HashMap::new(),
        inherited: Vec::new(),
        writing: Vec::new(),
        results,
        moves,
    };
    let ty = signature(module, function.ty);
    emitter.body(&ops, ty)?;
    let Emitter { frame, bytes, moves, .. } = emitter;
    frame.wrap(body, ty, &bytes, moves).map(Some)
}

/// Where the code looks at the local `call` on its way, not only when it is rewound: at a dispatch, but for the first
/// one, and at a condition. In front of these instructions.
fn looks(ops: &[Op], sequences: &[Sequence]) -> HashSet<usize> {
    let first_points: HashMap<usize, &Point> =
        sequences.iter().map(|sequence| (sequence.begin, &sequence.points[0])).collect();
    let mut looks = HashSet::new();
    for point in sequences.iter().flat_map(|sequence| &sequence.points) {
        let op = &ops[point.at].operator;
        if point.can_begin_before(ops)
            || !matches!(op, Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. })
        {
            continue;
        }
        looks.insert(point.at + 1);
        looks.extend(point.otherwise.map(|otherwise| otherwise + 1));
        if matches!(op, Operator::If { .. }) {
            looks.insert(point.at);
        }
    }
    // The first dispatch looks at the phase.
    let mut begin = 0;
    while first_points.get(&begin).is_some_and(|point| is_at_beginning(ops, begin, point)) {
        begin += 1;
        looks.remove(&begin);
    }
    looks
}

/// Whether one dispatch serves a sequence and what its first point begins.
fn is_at_beginning(ops: &[Op], begin: usize, first: &Point) -> bool {
    first.at == begin
        && matches!(ops[begin].operator, Operator::Block { .. } | Operator::Loop { .. })
}

/// Where a branch can go.
#[derive(PartialEq)]
enum Label {
    /// A block, loop or `if` of the function, or the function itself.
    Original,
    /// Such a block or `if`, which has been begun before its code.
    Before,
    Added,
}

/// A sequence that is being written.
struct Writing {
    /// The points to come.
    points: IntoIter<Point>,
    /// The height of the operand stack at its beginning.
    base: usize,
}

impl Writing {
    fn next(&self) -> Option<&Point> {
        self.points.as_slice().first()
    }
}

/// The label that a rewind to some of the calls goes to.
type Target = (Range<u32>, usize);

struct Emitter<'a> {
    frame: Frame,
    phase: u32,
    bytes: Vec<u8>,
    /// Whether the frame has been taken back: at the first dispatch, in front of all else.
    is_restored: bool,
    /// Whether a rewind comes here at all.
    joins: bool,
    /// By call: whether a dispatch may come again after it.
    resets: Vec<bool>,
    /// From the outside in: a label is its place in here. The first are where unwindings go.
    labels: Vec<Label>,
    /// By their beginnings.
    sequences: HashMap<usize, Sequence>,
    /// Those of them to which a dispatch that has been written leads.
    entered: HashMap<usize, Sequence>,
    /// The labels of joins and of what is begun before its code, by the instruction at which they end.
    places: HashMap<usize, usize>,
    /// Targets that the next dispatch serves too.
    inherited: Vec<Target>,
    writing: Vec<Writing>,
    /// The local for the result of each call.
    results: HashMap<usize, Option<u32>>,
    moves: &'a mut Moves,
}

impl Emitter<'_> {
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

    fn body(&mut self, ops: &[Op], ty: &FuncType) -> Result<()> {
        let ty = match ty.results() {
            [] => BlockType::Empty,
            [result] => BlockType::Result(RoundtripReencoder.val_type(*result)?),
            _ => bail!("it returns several values"),
        };
        self.open(Instruction::Block(ty), Label::Original);
        self.begin(ops, 0, 0)?;
        for index in 0..ops.len() {
            self.op(ops, index)?;
        }
        Ok(())
    }

    fn next(&self) -> Option<&Point> {
        self.writing.last().and_then(Writing::next)
    }

    /// Begins the sequence at `begin`: the joins of its points, and the way to them.
    fn begin(&mut self, ops: &[Op], begin: usize, base: usize) -> Result<()> {
        if self.joins && self.sequences.contains_key(&begin) {
            self.lead_into(ops, begin)?;
        }
        let sequence = self.entered.remove(&begin).or_else(|| self.sequences.remove(&begin));
        let points = sequence.map_or_else(Vec::new, |sequence| sequence.points);
        ensure!(points.is_empty() || ops[begin].height == base, "it has a block with parameters");
        self.writing.push(Writing { points: points.into_iter(), base });
        Ok(())
    }

    /// Opens the joins of a sequence, and of the blocks in it that can begin here, and writes the way to them.
    fn lead_into(&mut self, ops: &[Op], begin: usize) -> Result<()> {
        let mut labels = Vec::new();
        let mut delegates = false;
        let mut inside = vec![(begin, true)];
        while let Some((begin, is_first)) = inside.pop() {
            let Some(sequence) = self.sequences.remove(&begin) else { continue };
            for (place, point) in sequence.points.iter().enumerate() {
                let is_first = is_first && place == 0 && is_at_beginning(ops, begin, point);
                if point.can_begin_before(ops) {
                    labels.push((point.end, block_type(&ops[point.at])?, None));
                    inside.push((point.at + 1, is_first));
                    if let Some(otherwise) = point.otherwise {
                        labels.push((otherwise, BlockType::Empty, None));
                        inside.push((otherwise + 1, false));
                    }
                } else if is_first {
                    // Nothing is between this beginning and that of the loop: one dispatch serves both.
                    delegates = true;
                } else {
                    labels.push((point.at, BlockType::Empty, Some(point.calls.clone())));
                }
            }
            self.entered.insert(begin, sequence);
        }
        // What ends first is opened last.
        labels.sort_by_key(|(end, ..)| Reverse(*end));
        let mut targets: Vec<Target> = Vec::new();
        for (end, ty, calls) in labels {
            self.places.insert(end, self.labels.len());
            if let Some(calls) = calls {
                targets.push((calls, self.labels.len()));
                self.open(Instruction::Block(ty), Label::Added);
            } else {
                self.open(Instruction::Block(ty), Label::Before);
            }
        }
        targets.reverse();
        targets.append(&mut self.inherited);
        if delegates {
            self.inherited = targets;
            return Ok(());
        }
        self.dispatch(&targets)
    }

    /// During a rewind, goes where the calls are. `targets` are in the order of their calls, without
    /// gaps.
    fn dispatch(&mut self, targets: &[Target]) -> Result<()> {
        if self.is_restored {
            if let [(_, label)] = *targets {
                self.put(Instruction::LocalGet(self.frame.call));
                self.put(Instruction::BrIf(self.depth(label)));
                return Ok(());
            }
            self.put(Instruction::LocalGet(self.frame.call));
            self.open(Instruction::If(BlockType::Empty), Label::Added);
        } else {
            self.put(Instruction::GlobalGet(self.phase));
            self.open(Instruction::If(BlockType::Empty), Label::Added);
            let Emitter { frame, bytes, moves, .. } = self;
            frame.restore(&mut |instruction: Instruction| instruction.encode(bytes), moves)?;
            self.is_restored = true;
        }
        self.jump(targets);
        self.close();
        Ok(())
    }

    fn jump(&mut self, targets: &[Target]) {
        let call = self.frame.call;
        let calls = targets[0].0.start..targets[targets.len() - 1].0.end;
        // About the bytes of one comparison.
        const COMPARISON: usize = 8;
        if targets.len() > 1 && calls.len() < COMPARISON * (targets.len() - 1) {
            self.put(Instruction::LocalGet(call));
            self.put(Instruction::I32Const(calls.start as i32 + 1));
            self.put(Instruction::I32Sub);
            let table: Vec<u32> = targets
                .iter()
                .flat_map(|(calls, label)| calls.clone().map(|_| self.depth(*label)))
                .collect();
            let last = table[table.len() - 1];
            self.put(Instruction::BrTable(table.into(), last));
        } else {
            for (calls, label) in targets[1..].iter().rev() {
                self.put(Instruction::LocalGet(call));
                self.put(Instruction::I32Const(calls.start as i32));
                self.put(Instruction::I32GtU);
                self.put(Instruction::BrIf(self.depth(*label)));
            }
            self.put(Instruction::Br(self.depth(targets[0].1)));
        }
    }

    /// Takes the operands at these heights, the upper end of the stack, off it.
    fn put_aside(&mut self, op: &Op, heights: Range<usize>) {
        for height in heights.rev() {
            let local = self.frame.keep(height, op.operands[height]);
            self.put(Instruction::LocalSet(local));
        }
    }

    fn bring_back(&mut self, op: &Op, heights: Range<usize>) {
        for height in heights {
            let local = self.frame.keep(height, op.operands[height]);
            self.put(Instruction::LocalGet(local));
        }
    }

    /// Where a rewind arrives at a point.
    fn join(&mut self, at: usize) {
        if let Some(label) = self.places.get(&at) {
            debug_assert_eq!(*label, self.labels.len() - 1);
            self.close();
        }
    }

    /// Where the code of a block or `if` is that has been begun before it.
    fn enter(&mut self, end: usize, otherwise: Option<usize>, op: &Op) {
        let label = self.places[&end];
        self.labels[label] = Label::Original;
        if matches!(op.operator, Operator::If { .. }) {
            let otherwise = otherwise.map_or(label, |otherwise| self.places[&otherwise]);
            self.put(Instruction::I32Eqz);
            self.put(Instruction::BrIf(self.depth(otherwise)));
        }
    }

    fn op(&mut self, ops: &[Op], index: usize) -> Result<()> {
        let op = &ops[index];
        let is_point = self.next().is_some_and(|point| point.at == index);
        match &op.operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                let point = self.next().filter(|_| is_point);
                let before = point.filter(|point| self.places.contains_key(&point.end));
                if let Some((end, otherwise)) = before.map(|point| (point.end, point.otherwise)) {
                    self.enter(end, otherwise, op);
                } else {
                    if let Some(stays) = point.map(|point| point.stays.clone()) {
                        let heights = stays.start..op.height;
                        self.put_aside(op, heights.clone());
                        self.join(index);
                        self.bring_back(op, heights);
                        if matches!(op.operator, Operator::If { .. }) && self.joins {
                            self.choose_arm();
                        }
                    }
                    let instruction = RoundtripReencoder.instruction(op.operator.clone())?;
                    self.open(instruction, Label::Original);
                }
                self.begin(ops, index + 1, op.height - op.takes)?;
            }
            Operator::Else => {
                let ended = self.writing.pop().expect("the other arm");
                if self.places.contains_key(&index) {
                    let point = self.next().expect("the `if`");
                    self.put(Instruction::Br(self.depth(self.places[&point.end])));
                    self.close();
                } else {
                    self.put(Instruction::Else);
                }
                self.begin(ops, index + 1, ended.base)?;
            }
            Operator::End => {
                self.writing.pop();
                self.close();
                // The point that has ended, if it is one, is the outer sequence's next.
                let begin = op.begin;
                if begin.is_some() && self.next().map(|point| point.at) == begin {
                    self.writing.last_mut().and_then(|writing| writing.points.next());
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
                if is_point
                    && let Some(point) =
                        self.writing.last_mut().and_then(|writing| writing.points.next())
                {
                    let result = self.results[&index];
                    if let Some(local) = result {
                        self.put(Instruction::LocalSet(local));
                    }
                    self.put_aside(op, point.stays.clone());
                    let (word, exit) = self.frame.unwinding(point.calls.start);
                    self.put(Instruction::I32Const(word));
                    self.put(Instruction::GlobalGet(self.phase));
                    self.put(Instruction::BrIf(self.depth(exit)));
                    self.put(Instruction::Drop);
                    self.join(index);
                    if self.joins && self.resets[point.calls.start as usize] {
                        self.put(Instruction::I32Const(0));
                        self.put(Instruction::LocalSet(self.frame.call));
                    }
                    self.bring_back(op, point.stays);
                    if let Some(local) = result {
                        self.put(Instruction::LocalGet(local));
                    }
                }
            }
        }
        Ok(())
    }

    /// During a rewind, the condition on the stack is that of the arm which the call is in.
    fn choose_arm(&mut self) {
        let point = self.next().expect("an `if` with calls");
        let (calls, alternative) = (point.calls.clone(), point.alternative);
        let call = Instruction::LocalGet(self.frame.call);
        if alternative == calls.end {
            self.put(call);
            self.put(Instruction::I32Or);
            return;
        }
        if alternative == calls.start {
            self.put(Instruction::I32Const(0));
        } else {
            self.put(call.clone());
            self.put(Instruction::I32Const(alternative as i32));
            self.put(Instruction::I32LeU);
        }
        self.put(call);
        self.put(Instruction::I32Eqz);
        self.put(Instruction::Select);
    }
}

/// The type of a block or an `if`.
fn block_type(op: &Op) -> Result<BlockType> {
    match RoundtripReencoder.instruction(op.operator.clone())? {
        Instruction::Block(ty) | Instruction::If(ty) => Ok(ty),
        other => unreachable!("{other:?} is no block"),
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
