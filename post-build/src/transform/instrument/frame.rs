//! What a function saves when it is unwound, and takes back when it is rewound.
//!
//! ```text
//! what only some calls need │ what all calls need, and the word of the call
//! ▲ cursor when it is rewound                  cursor when it has been unwound ▲
//! ```
//!
//! The locals lie in their own widths, in their order; the word is one of them. It is the number of
//! the call. Where the function has locals that only some of its calls need, the frames of the others
//! are without them: the word is twice the number then, and one more if they are there.

use super::Globals;
use super::live::Locals;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction, MemArg};
use wasmparser::{FuncType, FuncValidator, FunctionBody, ValType, WasmModuleResources};

/// Locals that are saved for some calls of a function and not for others.
struct Extra {
    locals: BTreeSet<u32>,
    /// By number, whether a call needs them.
    calls: Vec<bool>,
}

impl Extra {
    /// Fewer are not worth the code; the small functions of the tests would hardly ever have so many.
    const LEAST: usize = if cfg!(test) { 1 } else { 3 };

    /// Leaves out what most calls can do without, if that is a good part: of the sets that are
    /// needed by some call, the one that spares the calls which need no more than it the most.
    fn choose(needed: &[Locals], all: &Locals, count: u32) -> Option<Extra> {
        let size = |locals: &Locals| (0..count).filter(|local| locals.contains(*local)).count();
        let left_out = |common: &Locals| size(all) - size(common);
        let is_spared = |common: &Locals, call: &Locals| common.has_all_of(call);
        let gain = |common: &&Locals| {
            left_out(common) * needed.iter().filter(|call| is_spared(common, call)).count()
        };
        let common = needed.iter().max_by_key(gain)?;
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
    types: Vec<ValType>,
    /// How many the function declares itself.
    own: usize,
    /// Holds the number of the call to rewind to.
    pub call: u32,
    address: u32,
    saved: BTreeSet<u32>,
    /// What only some of the calls need.
    extra: Option<Extra>,
    /// Added ones that hold nothing at the moment.
    free: Vec<u32>,
}

impl Frame {
    /// The last local that `types` knows is an added one: the callee of an indirect call.
    pub fn new<T: WasmModuleResources>(
        types: &FuncValidator<T>,
        globals: Globals,
        needed: &[Locals],
    ) -> Frame {
        let known = types.len_locals();
        let mut all = Locals::none(known as usize);
        needed.iter().for_each(|call| all.add(call));
        let extra = Extra::choose(needed, &all, known);
        let is_common = |local: &u32| {
            all.contains(*local) && extra.as_ref().is_none_or(|extra| !extra.locals.contains(local))
        };
        let mut frame = Frame {
            globals,
            types: (0..known).filter_map(|local| types.get_local_type(local)).collect(),
            own: known as usize - 1,
            call: known,
            address: known + 1,
            saved: (0..known).filter(is_common).collect(),
            extra,
            free: Vec::new(),
        };
        frame.types.extend([ValType::I32; 2]);
        frame
    }

    /// A local for an operand.
    pub fn take(&mut self, ty: ValType) -> u32 {
        match self.free.iter().position(|local| self.types[*local as usize] == ty) {
            Some(index) => self.free.swap_remove(index),
            None => {
                self.types.push(ty);
                self.types.len() as u32 - 1
            }
        }
    }

    /// The operand is not needed any more.
    pub fn give_back(&mut self, local: u32) {
        self.free.push(local);
    }

    /// The local is needed after a call.
    pub fn save(&mut self, local: u32) {
        self.saved.insert(local);
    }

    /// How many blocks are round the function, whose ends save its frame.
    pub fn exits(&self) -> usize {
        1 + self.extra.is_some() as usize
    }

    /// The word of a call, and which of the blocks to leave with it, from the outside in.
    pub fn unwinding(&self, call: u32) -> (i32, usize) {
        match &self.extra {
            None => (call as i32, 0),
            Some(extra) => {
                let is_needed = extra.calls[call as usize];
                (call as i32 * 2 + is_needed as i32, is_needed as usize)
            }
        }
    }

    /// The whole function round `inner`, which branches out of the outermost blocks with the word of
    /// the call that is being unwound. Between its parts is where a rewind begins.
    pub fn wrap(
        &self,
        body: &FunctionBody,
        ty: &FuncType,
        inner: (&[u8], &[u8]),
    ) -> Result<Function> {
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
        bytes.extend(inner.0);
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        self.restore(&mut put)?;
        bytes.extend(inner.1);
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        put(Instruction::Return);
        put(Instruction::End);
        if let Some(extra) = &self.extra {
            put(Instruction::LocalSet(self.call));
            self.save_all(&mut put, &extra.locals)?;
            put(Instruction::LocalGet(self.call));
            put(Instruction::End);
        }
        put(Instruction::LocalSet(self.call));
        self.save_all(&mut put, &self.common())?;
        for result in ty.results() {
            put(zero(*result)?);
        }
        put(Instruction::End);
        function.raw(bytes);
        Ok(function)
    }

    /// ```wat
    /// …take back what all calls need, and the word…
    /// (if (i32.and (local.get $call) (i32.const 1)) (then
    ///   …take back the rest…))
    /// (local.set $call (i32.shr_u (local.get $call) (i32.const 1)))
    /// ```
    fn restore(&self, put: &mut impl FnMut(Instruction)) -> Result<()> {
        self.take_back(put, &self.common())?;
        if let Some(extra) = &self.extra {
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32And);
            put(Instruction::If(BlockType::Empty));
            self.take_back(put, &extra.locals)?;
            put(Instruction::End);
            put(Instruction::LocalGet(self.call));
            put(Instruction::I32Const(1));
            put(Instruction::I32ShrU);
            put(Instruction::LocalSet(self.call));
        }
        Ok(())
    }

    /// ```wat
    /// (global.set $cursor (local.tee $address (i32.sub (global.get $cursor) SIZE)))
    /// …each local…
    /// ```
    fn take_back(&self, put: &mut impl FnMut(Instruction), locals: &BTreeSet<u32>) -> Result<()> {
        let (slots, size) = self.slots(locals)?;
        put(Instruction::GlobalGet(self.globals.cursor));
        put(Instruction::I32Const(size as i32));
        put(Instruction::I32Sub);
        put(Instruction::LocalTee(self.address));
        put(Instruction::GlobalSet(self.globals.cursor));
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

    /// ```wat
    /// (local.set $address (global.get $cursor))
    /// …each local…
    /// (global.set $cursor (i32.add (local.get $address) SIZE))
    /// ```
    fn save_all(&self, put: &mut impl FnMut(Instruction), locals: &BTreeSet<u32>) -> Result<()> {
        let (slots, size) = self.slots(locals)?;
        put(Instruction::GlobalGet(self.globals.cursor));
        put(Instruction::LocalSet(self.address));
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
        put(Instruction::LocalGet(self.address));
        put(Instruction::I32Const(size as i32));
        put(Instruction::I32Add);
        put(Instruction::GlobalSet(self.globals.cursor));
        Ok(())
    }

    /// What is saved for every call.
    fn common(&self) -> BTreeSet<u32> {
        self.saved.iter().copied().chain([self.call]).collect()
    }

    /// The offset of each local, and the size of them all.
    fn slots(&self, locals: &BTreeSet<u32>) -> Result<(Vec<(u32, u64)>, u64)> {
        let mut offset = 0;
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
