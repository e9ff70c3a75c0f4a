//! What a function saves when it is unwound, and takes back when it is rewound.
//!
//! ```text
//! local 0 … local n, in their own widths │ number of the call
//! ▲ cursor when it is rewound              ▲ cursor behind it when it has been unwound
//! ```

use super::Globals;
use super::live::Locals;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, Function, Instruction, MemArg};
use wasmparser::{FuncType, FuncValidator, FunctionBody, ValType, WasmModuleResources};

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
    /// Added ones that hold nothing at the moment.
    free: Vec<u32>,
}

impl Frame {
    /// The last local that `types` knows is an added one: the callee of an indirect call.
    pub fn new<T: WasmModuleResources>(
        types: &FuncValidator<T>,
        globals: Globals,
        needed: &Locals,
    ) -> Frame {
        let known = types.len_locals();
        let mut frame = Frame {
            globals,
            types: (0..known).filter_map(|local| types.get_local_type(local)).collect(),
            own: known as usize - 1,
            call: known,
            address: known + 1,
            saved: (0..known).filter(|local| needed.contains(*local)).collect(),
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

    /// The whole function round `inner`, which branches out of the outermost block with the number
    /// of the call that is being unwound.
    pub fn wrap(&self, body: &FunctionBody, ty: &FuncType, inner: &[u8]) -> Result<Function> {
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, RoundtripReencoder.val_type(ty)?));
        }
        for ty in &self.types[self.own..] {
            locals.push((1, RoundtripReencoder.val_type(*ty)?));
        }
        let mut bytes = Vec::new();
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        put(Instruction::Block(BlockType::Result(wasm_encoder::ValType::I32)));
        self.restore(&mut put)?;
        let mut function = Function::new(locals);
        function.raw(std::mem::take(&mut bytes)).raw(inner.iter().copied());
        let mut put = |instruction: Instruction| instruction.encode(&mut bytes);
        put(Instruction::Return);
        put(Instruction::End);
        self.save_all(&mut put)?;
        for result in ty.results() {
            put(zero(*result)?);
        }
        put(Instruction::End);
        function.raw(bytes);
        Ok(function)
    }

    /// ```wat
    /// (if (global.get $phase) (then
    ///   (global.set $cursor (local.tee $address (i32.sub (global.get $cursor) SIZE)))
    ///   …each local…
    ///   (local.set $call (i32.load offset=… (local.get $address)))))
    /// ```
    fn restore(&self, put: &mut impl FnMut(Instruction)) -> Result<()> {
        put(Instruction::GlobalGet(self.globals.phase));
        put(Instruction::If(BlockType::Empty));
        put(Instruction::GlobalGet(self.globals.cursor));
        put(Instruction::I32Const(self.size()? as i32));
        put(Instruction::I32Sub);
        put(Instruction::LocalTee(self.address));
        put(Instruction::GlobalSet(self.globals.cursor));
        for (local, offset) in self.slots()? {
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
        put(Instruction::End);
        Ok(())
    }

    /// With the number of the call on the stack:
    ///
    /// ```wat
    /// (local.set $call)
    /// (local.set $address (global.get $cursor))
    /// …each local…
    /// (i32.store offset=… (local.get $address) (local.get $call))
    /// (global.set $cursor (i32.add (local.get $address) SIZE))
    /// ```
    fn save_all(&self, put: &mut impl FnMut(Instruction)) -> Result<()> {
        put(Instruction::LocalSet(self.call));
        put(Instruction::GlobalGet(self.globals.cursor));
        put(Instruction::LocalSet(self.address));
        for (local, offset) in self.slots()? {
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
        put(Instruction::I32Const(self.size()? as i32));
        put(Instruction::I32Add);
        put(Instruction::GlobalSet(self.globals.cursor));
        Ok(())
    }

    /// The saved locals and the number of the call, with their offsets.
    fn slots(&self) -> Result<Vec<(u32, u64)>> {
        let mut offset = 0;
        let mut slots = Vec::new();
        for local in self.saved.iter().copied().chain([self.call]) {
            slots.push((local, offset));
            offset += width(self.types[local as usize])?;
        }
        Ok(slots)
    }

    fn size(&self) -> Result<u64> {
        let locals = self.saved.iter().copied().chain([self.call]);
        locals.map(|local| width(self.types[local as usize])).sum()
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
