//! What a function saves when it is unwound, and takes back when it is rewound.
//!
//! ```text
//! number of the function │ word │ what all calls need │ what only some calls need
//! ▲ cursor when it is unwound, and when it is rewound                       behind it, afterwards ▲
//! ```
//!
//! The locals lie in their own widths. The word is one more than the number of the call. Where the
//! function has locals that only some of its calls need, the frames of the others are without them: the
//! word is doubled then, and one more if they are there.

use super::Globals;
use super::live::Locals;
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction, MemArg};
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
    address: u32,
    /// The locals that hold the result of a call, by its type.
    results: BTreeMap<ValType, u32>,
    /// The locals that hold an operand meanwhile, by its height on the stack and its type.
    kept: BTreeMap<(usize, ValType), u32>,
    saved: BTreeSet<u32>,
    /// What only some of the calls need.
    extra: Option<Extra>,
}

/// The number of the function, and the word.
const HEAD: u64 = 8;

impl Frame {
    pub fn new(own: Vec<ValType>, number: u32, globals: Globals) -> Frame {
        let count = own.len() as u32;
        let mut frame = Frame {
            globals,
            number,
            own: own.len(),
            types: own,
            call: count,
            address: count + 1,
            results: BTreeMap::new(),
            kept: BTreeMap::new(),
            saved: BTreeSet::new(),
            extra: None,
        };
        frame.types.extend([ValType::I32; 2]);
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

    /// How many blocks are round the function, whose ends save its frame.
    pub fn exits(&self) -> usize {
        1 + self.extra.is_some() as usize
    }

    /// The word of a call, and which of the blocks to leave with it, from the outside in.
    pub fn unwinding(&self, call: u32) -> (i32, usize) {
        let word = call as i32 + 1;
        match &self.extra {
            None => (word, 0),
            Some(extra) => {
                let is_needed = extra.calls[call as usize];
                (word * 2 + is_needed as i32, is_needed as usize)
            }
        }
    }

    /// The whole function round `inner`, which branches out of the outermost blocks with the word of
    /// the call that is being unwound.
    pub fn wrap(&self, body: &FunctionBody, ty: &FuncType, inner: &[u8]) -> Result<Function> {
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, RoundtripReencoder.val_type(ty)?));
        }
        for ty in &self.types[self.own..] {
            locals.push((1, RoundtripReencoder.val_type(*ty)?));
        }
        let mut function = Function::new(locals);
        let mut bytes = Vec::new();
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        for _ in 0..self.exits() {
            put(Instruction::Block(BlockType::Result(wasm_encoder::ValType::I32)));
        }
        bytes.extend(inner);
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        put(Instruction::Return);
        put(Instruction::End);
        let (common, size) = self.slots(&self.saved, HEAD)?;
        if let Some(extra) = &self.extra {
            put(Instruction::LocalSet(self.call));
            put(Instruction::GlobalGet(self.globals.cursor));
            put(Instruction::LocalSet(self.address));
            self.store(&mut put, self.slots(&extra.locals, size)?.0)?;
            put(Instruction::LocalGet(self.call));
            put(Instruction::End);
        }
        put(Instruction::LocalSet(self.call));
        put(Instruction::GlobalGet(self.globals.cursor));
        put(Instruction::LocalTee(self.address));
        put(Instruction::I32Const(self.number as i32));
        put(Instruction::I32Store(argument(0)));
        put(Instruction::LocalGet(self.address));
        put(Instruction::LocalGet(self.call));
        put(Instruction::I32Store(argument(4)));
        self.store(&mut put, common)?;
        self.move_past(&mut put, self.globals.cursor, size)?;
        for result in ty.results() {
            put(zero(*result)?);
        }
        put(Instruction::End);
        function.raw(bytes);
        Ok(function)
    }

    /// ```wat
    /// (local.set $call (i32.load offset=4 (local.tee $address (global.get $rewind))))
    /// …load what all calls need…
    /// (if (i32.and (local.get $call) (i32.const 1)) (then …load the rest…))
    /// (global.set $rewind …behind the frame…)
    /// (local.set $call (i32.shr_u (local.get $call) (i32.const 1)))
    /// (local.set $result (global.get $result))
    /// (global.set $phase (i32.const 0))
    /// ```
    pub fn restore(&self, put: &mut impl FnMut(Instruction)) -> Result<()> {
        let (common, size) = self.slots(&self.saved, HEAD)?;
        put(Instruction::GlobalGet(self.globals.rewind));
        put(Instruction::LocalTee(self.address));
        put(Instruction::I32Load(argument(4)));
        put(Instruction::LocalSet(self.call));
        self.load(put, common)?;
        if let Some(extra) = &self.extra {
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32And);
            put(Instruction::If(BlockType::Empty));
            self.load(put, self.slots(&extra.locals, size)?.0)?;
            put(Instruction::End);
        }
        self.move_past(put, self.globals.rewind, size)?;
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
        put(Instruction::I32Const(0));
        put(Instruction::GlobalSet(self.globals.phase));
        Ok(())
    }

    /// `(global.set (i32.add (local.get $address) SIZE))`, with the word in `$call`.
    fn move_past(&self, put: &mut impl FnMut(Instruction), global: u32, size: u64) -> Result<()> {
        put(Instruction::LocalGet(self.address));
        put(Instruction::I32Const(size as i32));
        put(Instruction::I32Add);
        if let Some(extra) = &self.extra {
            let more = self.slots(&extra.locals, size)?.1 - size;
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32And);
            put(Instruction::I32Const(more as i32));
            put(Instruction::I32Mul);
            put(Instruction::I32Add);
        }
        put(Instruction::GlobalSet(global));
        Ok(())
    }

    fn load(&self, put: &mut impl FnMut(Instruction), slots: Vec<(u32, u64)>) -> Result<()> {
        for (local, offset) in slots {
            put(Instruction::LocalGet(self.address));
            let argument = argument(offset);
            put(match self.types[local as usize] {
                ValType::I32 => Instruction::I32Load(argument),
                ValType::I64 => Instruction::I64Load(argument),
                ValType::F32 => Instruction::F32Load(argument),
                ValType::F64 => Instruction::F64Load(argument),
                ValType::V128 => Instruction::V128Load(argument),
                ValType::Ref(_) => return Err(reference()),
            });
            put(Instruction::LocalSet(local));
        }
        Ok(())
    }

    fn store(&self, put: &mut impl FnMut(Instruction), slots: Vec<(u32, u64)>) -> Result<()> {
        for (local, offset) in slots {
            put(Instruction::LocalGet(self.address));
            put(Instruction::LocalGet(local));
            let argument = argument(offset);
            put(match self.types[local as usize] {
                ValType::I32 => Instruction::I32Store(argument),
                ValType::I64 => Instruction::I64Store(argument),
                ValType::F32 => Instruction::F32Store(argument),
                ValType::F64 => Instruction::F64Store(argument),
                ValType::V128 => Instruction::V128Store(argument),
                ValType::Ref(_) => return Err(reference()),
            });
        }
        Ok(())
    }

    /// The offset of each local from `offset` on, and where they end.
    fn slots(&self, locals: &BTreeSet<u32>, mut offset: u64) -> Result<(Vec<(u32, u64)>, u64)> {
        let mut slots = Vec::new();
        for local in locals {
            slots.push((*local, offset));
            offset += width(self.types[*local as usize])?;
        }
        Ok((slots, offset))
    }
}

fn width(ty: ValType) -> Result<u64> {
    Ok(match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 => 8,
        ValType::V128 => 16,
        ValType::Ref(_) => return Err(reference()),
    })
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

fn reference() -> anyhow::Error {
    anyhow::anyhow!("it holds a JavaScript reference during a call that can suspend")
}

fn argument(offset: u64) -> MemArg {
    MemArg { offset, align: 2, memory_index: 0 }
}
