//! Where the values of one function come from: its code in static single assignment form.
//!
//! LLVM reuses a local for unrelated values, so what a local holds depends on the place. One pass
//! over the structured code gives every definition a [`Value`] of its own. Where control flow joins,
//! at the end of a block and at the head of a loop, a local becomes a [`Value::Join`] of what it is
//! on each way in; a loop's joins are made before its body, and each branch back adds an input.
//!
//! Only what a pointer to a function can pass through is kept: `i32` constants, parameters, loads,
//! sums and selections. LLVM also copies two pointers at once, as an `i64`: that is a [`Value::Wide`] of its halves, and a
//! local of that type is two. Everything else is [`Value::Opaque`], a number that somebody else made, or
//! [`Value::Computed`], one that arithmetic made.

use super::linked::{Linked, Signature, Target};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use wasmparser::{
    BlockType, BrTable, ContType, FrameKind, FuncType, FunctionBody, MemArg, ModuleArity, Operator,
    RefType, SubType, ValType,
};

/// An index into [`Flow::values`].
pub type ValueId = u32;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The result of arithmetic.
    Computed,
    /// The result of a call, a global, the half of an `i64`: whole, but from elsewhere.
    Opaque,
    Parameter(u32),
    Number(i32),
    /// The address of a function.
    Function(u32),
    /// An address in an object of the data.
    Object {
        object: u32,
        addend: i32,
    },
    /// `i32.load offset=…`.
    Load {
        address: ValueId,
        offset: i32,
    },
    /// `i32.load` whose offset is the address of an object.
    Index {
        address: ValueId,
        object: u32,
        addend: i32,
    },
    Sum(ValueId, ValueId),
    /// One of these.
    Join(Vec<ValueId>),
    /// An `i64`, by its lower and its upper half.
    Wide(ValueId, ValueId),
}

/// A function's calls, with the values that they pass.
#[derive(Default)]
pub struct Flow {
    pub values: Vec<Value>,
    pub calls: Vec<Call>,
    /// The values that may be anywhere from there on: stored, returned, computed with, or passed by an indirect call.
    pub escaped: BTreeSet<ValueId>,
    /// Whether the code has instructions whose control flow is not followed here (exceptions): then
    /// no value is what it seems.
    pub lost: bool,
}

pub struct Call {
    /// Where the instruction stands in the file.
    pub offset: usize,
    pub callee: Callee,
    /// The arguments, of direct calls only.
    pub arguments: Vec<ValueId>,
}

#[derive(Clone, Copy)]
pub enum Callee {
    Function(u32),
    Indirect { signature: Signature, address: ValueId },
}

/// Follows the code of all functions, in their order.
pub fn all(linked: &Linked) -> Result<Vec<Flow>> {
    (0..linked.functions.len()).map(|function| Flow::of(linked, function as u32)).collect()
}

impl Flow {
    /// Follows the code of the function with this index.
    pub fn of(linked: &Linked, function: u32) -> Result<Flow> {
        let Some(body) = &linked.functions[function as usize].body else {
            return Ok(Flow::default());
        };
        let mut builder = Builder::new(linked, function, body)?;
        let mut operators = body.get_operators_reader()?.into_iter_with_offsets().peekable();
        while let Some(next) = operators.next() {
            let (operator, offset) = next?;
            let end = match operators.peek() {
                Some(Ok((_, offset))) => *offset,
                _ => body.range().end,
            };
            builder.relocation = builder.relocation_in(offset, end);
            builder.offset = offset;
            builder.step(&operator)?;
        }
        Ok(builder.flow)
    }
}

const COMPUTED: ValueId = 0;
const OPAQUE: ValueId = 1;

/// The state between two instructions.
struct Builder<'a> {
    linked: &'a Linked<'a>,
    flow: Flow,
    /// Where in `State::locals` each of the function's locals is, if it is an integer.
    tracked: Vec<Option<Local>>,
    state: State,
    frames: Vec<Frame>,
    /// In code that no control flow reaches: how many blocks deep, where it began.
    dead: Option<usize>,
    /// What the linker wrote into the current instruction, and where that stands in the file.
    relocation: Option<Target>,
    offset: usize,
    /// How many of the code's relocations lie before it.
    passed: usize,
}

#[derive(Clone, Copy)]
enum Local {
    /// An `i32`.
    One(usize),
    /// The lower half of an `i64`; the upper one is behind it.
    Two(usize),
}

#[derive(Clone, Default)]
struct State {
    locals: Vec<ValueId>,
    stack: Vec<ValueId>,
}

/// A block, a loop, or an arm of an `if`.
struct Frame {
    kind: Kind,
    /// The height of the stack below its parameters.
    height: usize,
    parameters: usize,
    results: usize,
    /// What is known where the label is: a loop's head, or the end of anything else. None before
    /// the first branch there. The stack has only what the branch carries.
    label: Option<State>,
    /// The joins made for this label; ascending.
    joins: Vec<ValueId>,
}

enum Kind {
    Block,
    Loop,
    /// With the state at the condition.
    If(State),
}

impl<'a> Builder<'a> {
    fn new(linked: &'a Linked, function: u32, body: &FunctionBody) -> Result<Self> {
        let signature = &linked.signatures[linked.functions[function as usize].signature as usize];
        let mut builder = Builder {
            linked,
            flow: Flow { values: vec![Value::Computed, Value::Opaque], ..Flow::default() },
            tracked: Vec::new(),
            state: State::default(),
            frames: Vec::new(),
            dead: None,
            relocation: None,
            offset: 0,
            passed: linked.relocations.as_ref().map_or(0, |relocations| {
                let start = body.range().start;
                relocations.code.partition_point(|(offset, _)| *offset < start)
            }),
        };
        for (index, ty) in signature.params().iter().enumerate() {
            builder.declare(*ty, Value::Parameter(index as u32));
        }
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            for _ in 0..count {
                builder.declare(ty, Value::Number(0));
            }
        }
        builder.enter(Kind::Block, 0, signature.results().len());
        Ok(builder)
    }

    fn declare(&mut self, ty: ValType, initial: Value) {
        let next = self.state.locals.len();
        match ty {
            ValType::I32 => {
                self.tracked.push(Some(Local::One(next)));
                let value = self.add(initial);
                self.state.locals.push(value);
            }
            ValType::I64 => {
                self.tracked.push(Some(Local::Two(next)));
                let half = match initial {
                    Value::Number(_) => self.add(initial),
                    _ => OPAQUE,
                };
                self.state.locals.extend([half, half]);
            }
            _ => self.tracked.push(None),
        }
    }

    fn step(&mut self, operator: &Operator) -> Result<()> {
        if self.flow.lost {
            return self.step_lost(operator);
        }
        if let Some(depth) = self.dead {
            return self.step_dead(operator, depth);
        }
        use Operator::*;
        match *operator {
            Nop => {}
            Block { blockty } => self.block(Kind::Block, blockty)?,
            Loop { blockty } => self.block(Kind::Loop, blockty)?,
            If { blockty } => {
                self.pop();
                let condition = self.state.clone();
                self.block(Kind::If(condition), blockty)?;
            }
            Else => self.otherwise(),
            End => self.end(),
            Br { relative_depth } => {
                self.branch(relative_depth)?;
                self.die();
            }
            BrIf { relative_depth } => {
                self.pop();
                self.branch(relative_depth)?;
            }
            BrTable { ref targets } => {
                self.pop();
                self.branch_table(targets)?;
                self.die();
            }
            Return | Unreachable => {
                self.flow.escaped.extend(&self.state.stack);
                self.die();
            }

            LocalGet { local_index } => {
                let value = match self.local(local_index) {
                    Some(Local::One(local)) => self.state.locals[local],
                    Some(Local::Two(local)) => {
                        let halves = &self.state.locals[local..local + 2];
                        self.add(Value::Wide(halves[0], halves[1]))
                    }
                    None => COMPUTED,
                };
                self.state.stack.push(value);
            }
            LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            LocalTee { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
                self.state.stack.push(value);
            }
            GlobalGet { .. } => self.state.stack.push(OPAQUE),
            I32Const { value } => {
                let value = match self.relocation {
                    Some(Target::Function(function)) => Value::Function(function),
                    Some(Target::Object { object, addend }) => Value::Object { object, addend },
                    None => Value::Number(value),
                };
                self.push(value);
            }
            I32Add => {
                let (right, left) = (self.pop(), self.pop());
                self.flow.escaped.extend([left, right]);
                self.push(Value::Sum(left, right));
            }
            I32Sub => {
                let (right, left) = (self.pop(), self.pop());
                self.flow.escaped.extend([left, right]);
                let difference = match self.flow.values[right as usize] {
                    Value::Number(number) => {
                        let negated = self.add(Value::Number(number.wrapping_neg()));
                        Value::Sum(left, negated)
                    }
                    _ => Value::Computed,
                };
                self.push(difference);
            }
            // An aligned pointer, or an offset where there is room for it: a number more, or less.
            I32And | I32Or => {
                let (right, left) = (self.pop(), self.pop());
                self.flow.escaped.extend([left, right]);
                let masked =
                    match (&self.flow.values[left as usize], &self.flow.values[right as usize]) {
                        (_, Value::Number(mask)) if *operator == I32Or || *mask < 0 => {
                            Value::Sum(left, COMPUTED)
                        }
                        _ => Value::Computed,
                    };
                self.push(masked);
            }
            Select => {
                self.pop();
                let (right, left) = (self.pop(), self.pop());
                let value = match (self.wide(left), self.wide(right)) {
                    (Some(left), Some(right)) => {
                        let [low, high] =
                            [0, 1].map(|half| self.add(Value::Join(vec![left[half], right[half]])));
                        Value::Wide(low, high)
                    }
                    _ => Value::Join(vec![left, right]),
                };
                self.push(value);
            }
            I64Const { value } => self.push_wide(value),
            I64Load { memarg } => self.load_wide(&memarg),
            I32WrapI64 => {
                let value = self.pop();
                let [low, _] = self.halves(value);
                self.state.stack.push(low);
            }
            I64ExtendI32U | I64ExtendI32S => {
                let low = self.pop();
                self.flow.escaped.insert(low);
                let high = match operator {
                    I64ExtendI32U => self.add(Value::Number(0)),
                    _ => COMPUTED,
                };
                self.push(Value::Wide(low, high));
            }
            I64Shl | I64ShrU | I64ShrS | I64Rotl | I64Rotr => {
                let (by, value) = (self.pop(), self.pop());
                let ([low, high], zero) = (self.halves(value), self.add(Value::Number(0)));
                let moved = match operator {
                    I64Shl => Value::Wide(zero, low),
                    I64ShrU => Value::Wide(high, zero),
                    I64ShrS => Value::Wide(high, COMPUTED),
                    _ => Value::Wide(high, low),
                };
                let is_half = self.halves(by).map(|half| &self.flow.values[half as usize])
                    == [&Value::Number(32), &Value::Number(0)];
                self.push(if is_half { moved } else { Value::Wide(OPAQUE, OPAQUE) });
            }
            I64Or => {
                let (right, left) = (self.pop(), self.pop());
                let (left, right) = (self.halves(left), self.halves(right));
                let [low, high] = [0, 1].map(|half| self.either(left[half], right[half]));
                self.push(Value::Wide(low, high));
            }
            I32Load { memarg } | I32AtomicLoad { memarg } => self.load(&memarg),
            // What was stored there before.
            I32AtomicRmwXchg { memarg } => {
                let stored = self.pop();
                self.flow.escaped.insert(stored);
                self.load(&memarg);
            }
            I32AtomicRmwCmpxchg { memarg } => {
                let stored = self.pop();
                self.flow.escaped.insert(stored);
                self.pop();
                self.load(&memarg);
            }
            MemoryAtomicWait32 { .. } | MemoryAtomicWait64 { .. } => {
                self.wait();
                self.other(operator);
            }
            Call { function_index } => self.call(function_index),
            CallIndirect { type_index, .. } => self.call_indirect(type_index)?,
            ReturnCall { function_index } => {
                self.call(function_index);
                self.die();
            }
            ReturnCallIndirect { type_index, .. } => {
                self.call_indirect(type_index)?;
                self.die();
            }
            Try { .. } | TryTable { .. } => self.flow.lost = true,
            _ => self.other(operator),
        }
        Ok(())
    }

    /// Where the control flow is not followed, only who is called is known.
    fn step_lost(&mut self, operator: &Operator) -> Result<()> {
        use Operator::*;
        match *operator {
            Call { function_index } | ReturnCall { function_index } => self.call(function_index),
            MemoryAtomicWait32 { .. } | MemoryAtomicWait64 { .. } => self.wait(),
            CallIndirect { type_index, .. } | ReturnCallIndirect { type_index, .. } => {
                self.call_indirect(type_index)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Skips code that is never reached, up to the end of the block that it stands in.
    fn step_dead(&mut self, operator: &Operator, depth: usize) -> Result<()> {
        use Operator::*;
        match operator {
            Block { .. } | Loop { .. } | If { .. } => self.dead = Some(depth + 1),
            Try { .. } | TryTable { .. } => self.flow.lost = true,
            End if depth > 0 => self.dead = Some(depth - 1),
            Else if depth == 0 => self.otherwise(),
            End => self.end(),
            _ => {}
        }
        Ok(())
    }

    /// An instruction that only pops numbers and pushes others.
    fn other(&mut self, operator: &Operator) {
        let Some((pops, pushes)) = operator.operator_arity(&NoControl) else {
            self.flow.lost = true;
            return;
        };
        for _ in 0..pops {
            let value = self.pop();
            self.flow.escaped.insert(value);
        }
        for _ in 0..pushes {
            self.state.stack.push(COMPUTED);
        }
    }

    fn load(&mut self, memory: &MemArg) {
        let address = self.pop();
        let value = match self.relocation {
            Some(Target::Object { object, addend }) => Value::Index { address, object, addend },
            _ => Value::Load { address, offset: memory.offset as i32 },
        };
        self.push(value);
    }

    /// Two words of memory at once.
    fn load_wide(&mut self, memory: &MemArg) {
        let address = self.pop();
        let [low, high] = [0, 4].map(|half: i32| {
            self.add(match self.relocation {
                Some(Target::Object { object, addend }) => {
                    Value::Index { address, object, addend: addend.wrapping_add(half) }
                }
                _ => Value::Load { address, offset: (memory.offset as i32).wrapping_add(half) },
            })
        });
        self.push(Value::Wide(low, high));
    }

    /// The halves of an `i64`, if they are known.
    fn wide(&self, value: ValueId) -> Option<[ValueId; 2]> {
        match self.flow.values[value as usize] {
            Value::Wide(low, high) => Some([low, high]),
            _ => None,
        }
    }

    fn halves(&self, value: ValueId) -> [ValueId; 2] {
        self.wide(value).unwrap_or([OPAQUE, OPAQUE])
    }

    /// `left | right`.
    fn either(&self, left: ValueId, right: ValueId) -> ValueId {
        let is_zero = |value: ValueId| self.flow.values[value as usize] == Value::Number(0);
        match () {
            () if is_zero(left) => right,
            () if is_zero(right) => left,
            () => OPAQUE,
        }
    }

    fn push_wide(&mut self, value: i64) {
        let [low, high] =
            [value as i32, (value >> 32) as i32].map(|half| self.add(Value::Number(half)));
        self.push(Value::Wide(low, high));
    }

    fn call(&mut self, function: u32) {
        let signature = self.linked.functions[function as usize].signature;
        let arguments = self.apply(signature);
        self.flow.calls.push(Call {
            offset: self.offset,
            callee: Callee::Function(function),
            arguments,
        });
    }

    /// An instruction at which a thread waits, as a call of the import that takes its place.
    fn wait(&mut self) {
        let callee = self.linked.wait.map(Callee::Function);
        let offset = self.offset;
        self.flow.calls.extend(callee.map(|callee| Call { offset, callee, arguments: Vec::new() }));
    }

    fn call_indirect(&mut self, ty: u32) -> Result<()> {
        let signature = self.linked.types.get(ty as usize);
        let signature = *signature.context("an indirect call has an unknown type")?;
        let address = self.pop();
        let arguments = self.apply(signature);
        self.flow.escaped.extend(arguments);
        self.flow.calls.push(Call {
            offset: self.offset,
            callee: Callee::Indirect { signature, address },
            arguments: Vec::new(),
        });
        Ok(())
    }

    /// Pops the arguments of a call and pushes its results.
    fn apply(&mut self, signature: Signature) -> Vec<ValueId> {
        let signature = &self.linked.signatures[signature as usize];
        let mut arguments: Vec<_> = signature.params().iter().map(|_| self.pop()).collect();
        arguments.reverse();
        self.state.stack.extend(signature.results().iter().map(|_| OPAQUE));
        arguments
    }

    // Control flow

    fn block(&mut self, kind: Kind, ty: BlockType) -> Result<()> {
        let (parameters, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => {
                let signature = self.linked.types.get(ty as usize);
                let signature = *signature.context("a block has an unknown type")?;
                let signature = &self.linked.signatures[signature as usize];
                (signature.params().len(), signature.results().len())
            }
        };
        self.enter(kind, parameters, results);
        Ok(())
    }

    fn enter(&mut self, kind: Kind, parameters: usize, results: usize) {
        let mut frame = Frame {
            kind,
            height: self.state.stack.len().saturating_sub(parameters),
            parameters,
            results,
            label: None,
            joins: Vec::new(),
        };
        if let Kind::Loop = frame.kind {
            let carried = self.state.stack.split_off(frame.height);
            let mut head = State { locals: self.state.locals.clone(), stack: carried };
            for value in head.locals.iter_mut().chain(&mut head.stack) {
                *value = self.add(Value::Join(vec![*value]));
                frame.joins.push(*value);
            }
            self.state.locals.clone_from(&head.locals);
            self.state.stack.extend(&head.stack);
            frame.label = Some(head);
        }
        self.frames.push(frame);
    }

    fn branch_table(&mut self, targets: &BrTable) -> Result<()> {
        let mut depths: Vec<u32> = targets.targets().collect::<Result<_, _>>()?;
        depths.push(targets.default());
        depths.sort_unstable();
        depths.dedup();
        depths.into_iter().try_for_each(|depth| self.branch(depth))
    }

    /// Joins the current state into that of a label.
    fn branch(&mut self, depth: u32) -> Result<()> {
        let index = self.frames.len().checked_sub(depth as usize + 1);
        let index = index.context("a branch has no target")?;
        if index == 0 {
            self.flow.escaped.extend(&self.state.stack);
            return Ok(()); // it returns
        }
        let frame = &mut self.frames[index];
        let carried = match frame.kind {
            Kind::Loop => frame.parameters,
            _ => frame.results,
        };
        let stack = &self.state.stack[self.state.stack.len().saturating_sub(carried)..];
        let Some(label) = &mut frame.label else {
            frame.label = Some(State { locals: self.state.locals.clone(), stack: stack.to_vec() });
            return Ok(());
        };
        let known = label.locals.iter_mut().chain(&mut label.stack);
        for (known, &new) in known.zip(self.state.locals.iter().chain(stack)) {
            if *known == new {
                continue;
            }
            if frame.joins.binary_search(known).is_ok() {
                if let Value::Join(inputs) = &mut self.flow.values[*known as usize]
                    && inputs.last() != Some(&new)
                {
                    inputs.push(new);
                }
            } else {
                self.flow.values.push(Value::Join(vec![*known, new]));
                *known = self.flow.values.len() as ValueId - 1;
                frame.joins.push(*known);
            }
        }
        Ok(())
    }

    /// `else`: the end of the first arm, and the beginning of the second.
    fn otherwise(&mut self) {
        self.leave();
        self.dead = None;
        let frame = self.frames.last_mut().expect("`else` stands in an `if`");
        if let Kind::If(condition) = std::mem::replace(&mut frame.kind, Kind::Block) {
            self.state = condition;
        }
    }

    fn end(&mut self) {
        if self.frames.len() == 1 {
            self.flow.escaped.extend(&self.state.stack);
            return;
        }
        self.leave();
        let frame = self.frames.last_mut().expect("`end` ends a block");
        match std::mem::replace(&mut frame.kind, Kind::Block) {
            Kind::Block => {}
            Kind::Loop => {
                // Its label is its head: only who falls out of it comes here.
                self.frames.pop();
                return;
            }
            Kind::If(condition) => {
                // Without `else`, the other arm passes the parameters on as the results.
                self.state = condition;
                self.dead = None;
                self.leave();
            }
        }
        let frame = self.frames.pop().expect("as above");
        match frame.label {
            Some(label) => {
                self.dead = None;
                self.state.stack.truncate(frame.height);
                self.state.stack.extend(label.stack);
                self.state.locals = label.locals;
            }
            None => self.die(),
        }
    }

    /// Control flow falls out of the innermost block, if it comes here.
    fn leave(&mut self) {
        let is_loop = matches!(self.frames.last(), Some(Frame { kind: Kind::Loop, .. }));
        if self.dead.is_none() && !is_loop {
            self.branch(0).expect("the innermost block");
        }
    }

    fn die(&mut self) {
        self.dead = Some(0);
    }

    // Values

    fn add(&mut self, value: Value) -> ValueId {
        self.flow.values.push(value);
        self.flow.values.len() as ValueId - 1
    }

    fn push(&mut self, value: Value) {
        let value = self.add(value);
        self.state.stack.push(value);
    }

    fn pop(&mut self) -> ValueId {
        self.state.stack.pop().unwrap_or(COMPUTED)
    }

    fn local(&self, index: u32) -> Option<Local> {
        self.tracked.get(index as usize).copied().flatten()
    }

    fn set_local(&mut self, index: u32, value: ValueId) {
        match self.local(index) {
            Some(Local::One(local)) => self.state.locals[local] = value,
            Some(Local::Two(local)) => {
                let halves = self.halves(value);
                self.state.locals[local..local + 2].copy_from_slice(&halves);
            }
            None => {}
        }
    }

    /// The relocation in a range of the file. The ranges come in order.
    fn relocation_in(&mut self, start: usize, end: usize) -> Option<Target> {
        let code = &self.linked.relocations.as_ref()?.code;
        while code.get(self.passed).is_some_and(|(offset, _)| *offset < start) {
            self.passed += 1;
        }
        let &(offset, target) = code.get(self.passed)?;
        (offset < end).then_some(target)
    }
}

/// Says nothing about blocks and calls, which [`Builder::step`] handles itself.
struct NoControl;

impl ModuleArity for NoControl {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
