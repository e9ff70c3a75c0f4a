//! What a function saves when it is unwound, and takes back when it is rewound.
//!
//! ```text
//! number of the function │ word │ what only some calls need │ what all calls need
//! ▲ cursor when it is unwound, and when it is rewound                       behind it, afterwards ▲
//! ```
//!
//! The locals lie in their own widths, those of one type behind each other. The word is one more than the number of the
//! call. Where the function has locals that only some of its calls need, the frames of the others are without them: the
//! word is doubled then, and one more if they are there.

use super::Globals;
use super::live::Locals;
use super::moves::{Move, Moves};
use anyhow::{Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction};
use wasmparser::{FuncType, FunctionBody, ValType};

/// Locals that are saved for some calls of a function and not for others.
struct Extra {
    locals: BTreeSet<u32>,
    /// By number, whether a call needs them.
    calls: Vec<bool>,
}

impl Extra {
    /// Fewer are not worth the code; the small functions of the tests would hardly ever have so many.
    const LEAST: usize = if cfg!(test) { 1 } else { 3 };

    /// So many sets are compared with each other. No function has so many different ones, but one that is made up.
    const MOST: usize = 1000;

    /// Leaves out what most calls can do without, if that is a good part: of the sets that are
    /// needed by some call, the one that spares the calls which need no more than it the most.
    fn choose(needed: &[Locals], all: &Locals, count: u32) -> Option<Extra> {
        let size = |locals: &Locals| (0..count).filter(|local| locals.contains(*local)).count();
        let left_out = |common: &Locals| size(all) - size(common);
        let is_spared = |common: &Locals, call: &Locals| common.has_all_of(call);
        let mut calls: HashMap<&Locals, usize> = HashMap::new();
        let mut different = Vec::new();
        for call in needed.iter().rev() {
            let those = calls.entry(call).or_default();
            *those += 1;
            if *those == 1 {
                different.push(call);
            }
        }
        different.truncate(Self::MOST);
        let spared = |common: &Locals| -> usize {
            different.iter().filter(|call| is_spared(common, call)).map(|call| calls[*call]).sum()
        };
        let gain = |common: &&&Locals| left_out(common) * spared(common);
        let common = *different.iter().rev().max_by_key(gain)?;
        (left_out(common) >= Self::LEAST).then(|| Extra {
            locals: (0..count)
                .filter(|local| all.contains(*local) && !common.contains(*local))
                .collect(),
            calls: needed.iter().map(|call| !is_spared(common, call)).collect(),
        })
    }
}

/// The locals of a function, its own and what is added, and which of them are saved.
pub struct Frame {
    globals: Globals,
    /// The number of the function.
    number: u32,
    types: Vec<ValType>,
    /// How many the function declares itself.
    own: usize,
    /// While it is rewound: one more than the number of the call to go to. 0 otherwise.
    pub call: u32,
    /// The locals that hold the result of a call, by its type.
    results: BTreeMap<ValType, u32>,
    /// The locals that hold an operand meanwhile, by its height on the stack and its type.
    kept: BTreeMap<(usize, ValType), u32>,
    saved: BTreeSet<u32>,
    /// What only some of the calls need.
    extra: Option<Extra>,
}

impl Frame {
    pub fn new(own: Vec<ValType>, number: u32, globals: Globals) -> Frame {
        let count = own.len() as u32;
        let mut frame = Frame {
            globals,
            number,
            own: own.len(),
            types: own,
            call: count,
            results: BTreeMap::new(),
            kept: BTreeMap::new(),
            saved: BTreeSet::new(),
            extra: None,
        };
        frame.types.push(ValType::I32);
        frame
    }

    fn add(types: &mut Vec<ValType>, ty: ValType) -> u32 {
        types.push(ty);
        types.len() as u32 - 1
    }

    /// The local that holds the result of a call.
    pub fn result(&mut self, ty: ValType) -> u32 {
        *self.results.entry(ty).or_insert_with(|| Self::add(&mut self.types, ty))
    }

    /// The local that holds the operand at this height.
    pub fn keep(&mut self, height: usize, ty: ValType) -> u32 {
        *self.kept.entry((height, ty)).or_insert_with(|| Self::add(&mut self.types, ty))
    }

    /// How many locals there are.
    pub fn count(&self) -> usize {
        self.types.len()
    }

    /// Says what every call needs: no locals are added from then on.
    pub fn save(&mut self, needed: &[Locals]) {
        let count = self.types.len() as u32;
        let mut all = Locals::none(count as usize);
        needed.iter().for_each(|call| all.add(call));
        self.extra = Extra::choose(needed, &all, count);
        let is_common = |local: &u32| {
            all.contains(*local)
                && self.extra.as_ref().is_none_or(|extra| !extra.locals.contains(local))
        };
        self.saved = (0..count).filter(is_common).collect();
    }

    /// How many blocks are round the function.
    pub fn exits(&self) -> usize {
        if self.extra.is_some() { 3 } else { 1 }
    }

    /// The word of a call, and which of the blocks to leave with it, from the outside in.
    pub fn unwinding(&self, call: u32) -> (i32, usize) {
        let word = call as i32 + 1;
        match &self.extra {
            None => (word, 0),
            Some(extra) => {
                let is_needed = extra.calls[call as usize];
                (word * 2 + is_needed as i32, 1 + is_needed as usize)
            }
        }
    }

    /// The whole function round `inner`, which branches out of one of the blocks with the word of the call that is
    /// being unwound.
    ///
    /// ```wat
    /// (block $all
    ///   (block $few (result i32)
    ///     (block $many (result i32) …inner… (return))
    ///     (call $begin_frame (i32.const NUMBER))
    ///     …save what only some calls need…
    ///     (br $all))
    ///   (call $begin_frame (i32.const NUMBER)))
    /// …save what all calls need…
    /// ```
    ///
    /// What a call does not need is not kept for its way out: that makes the code of large functions slow.
    pub fn wrap(
        &self,
        body: &FunctionBody,
        ty: &FuncType,
        inner: &[u8],
        moves: &mut Moves,
    ) -> Result<Function> {
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, RoundtripReencoder.val_type(ty)?));
        }
        for same in self.types[self.own..].chunk_by(|one, other| one == other) {
            locals.push((same.len() as u32, RoundtripReencoder.val_type(same[0])?));
        }
        let mut function = Function::new(locals);
        let mut bytes = Vec::new();
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        let word = BlockType::Result(wasm_encoder::ValType::I32);
        if self.extra.is_some() {
            put(Instruction::Block(BlockType::Empty));
            put(Instruction::Block(word));
        }
        put(Instruction::Block(word));
        bytes.extend(inner);
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        put(Instruction::Return);
        put(Instruction::End);
        let begin_frame = Instruction::Call(moves.function(Move::BeginFrame));
        put(Instruction::I32Const(self.number as i32));
        put(begin_frame.clone());
        if let Some(extra) = &self.extra {
            self.store(&mut put, &extra.locals, moves)?;
            put(Instruction::Br(1));
            put(Instruction::End);
            put(Instruction::I32Const(self.number as i32));
            put(begin_frame);
            put(Instruction::End);
        }
        self.store(&mut put, &self.saved, moves)?;
        for result in ty.results() {
            put(zero(*result)?);
        }
        put(Instruction::End);
        function.raw(bytes);
        Ok(function)
    }

    /// ```wat
    /// (local.set $call (call $take_frame))                               ;; phase = 0
    /// (if (i32.and (local.get $call) (i32.const 1)) (then …load what only some calls need…))
    /// …load what all calls need…
    /// (local.set $call (i32.shr_u (local.get $call) (i32.const 1)))
    /// (local.set $result (global.get $result))
    /// ```
    pub fn restore(&self, put: &mut impl FnMut(Instruction), moves: &mut Moves) -> Result<()> {
        put(Instruction::Call(moves.function(Move::TakeFrame)));
        put(Instruction::LocalSet(self.call));
        if let Some(extra) = &self.extra {
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32And);
            put(Instruction::If(BlockType::Empty));
            self.load(put, &extra.locals, moves)?;
            put(Instruction::End);
        }
        self.load(put, &self.saved, moves)?;
        if self.extra.is_some() {
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32ShrU);
            put(Instruction::LocalSet(self.call));
        }
        for (ty, local) in &self.results {
            put(Instruction::GlobalGet(self.globals.result(*ty)?));
            put(Instruction::LocalSet(*local));
        }
        Ok(())
    }

    fn load(
        &self,
        put: &mut impl FnMut(Instruction),
        locals: &BTreeSet<u32>,
        moves: &mut Moves,
    ) -> Result<()> {
        for (ty, locals) in self.groups(locals)? {
            put(Instruction::Call(moves.function(Move::Load(ty, locals.len()))));
            locals.into_iter().for_each(|local| put(Instruction::LocalSet(local)));
        }
        Ok(())
    }

    fn store(
        &self,
        put: &mut impl FnMut(Instruction),
        locals: &BTreeSet<u32>,
        moves: &mut Moves,
    ) -> Result<()> {
        for (ty, locals) in self.groups(locals)? {
            let count = locals.len();
            locals.into_iter().for_each(|local| put(Instruction::LocalGet(local)));
            put(Instruction::Call(moves.function(Move::Store(ty, count))));
        }
        Ok(())
    }

    /// What is moved at once, in the order in which it lies in the frame.
    fn groups(&self, locals: &BTreeSet<u32>) -> Result<Vec<(ValType, Vec<u32>)>> {
        let mut by_type: BTreeMap<ValType, Vec<u32>> = BTreeMap::new();
        for local in locals {
            let ty = self.types[*local as usize];
            ensure!(
                !matches!(ty, ValType::Ref(_)),
                "it holds a JavaScript reference during a call that can suspend"
            );
            by_type.entry(ty).or_default().push(*local);
        }
        let groups = by_type.into_iter().flat_map(|(ty, locals)| {
            let groups: Vec<_> =
                locals.chunks(Move::MOST).map(|group| (ty, group.to_vec())).collect();
            groups
        });
        Ok(groups.collect())
    }
}

fn zero(ty: ValType) -> Result<Instruction<'static>> {
    Ok(match ty {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(_) => bail!("it returns a reference"),
    })
}
