//! Functions that all instrumented ones share: they move locals into a frame and out of it, several at a time.
//!
//! Each member has code that saves its locals and code that takes them back. Written out, that is seven bytes a local,
//! which gzip hardly sees as the same from one member to the next, for addresses and offsets differ.
//!
//! ```wat
//! (func $begin_frame (param $word i32) (param $number i32)
//!   (i32.store (global.get $cursor) (local.get $number))
//!   (i32.store offset=4 (global.get $cursor) (local.get $word))
//!   (global.set $cursor (i32.add (global.get $cursor) (i32.const 8))))
//! (func $store (param $a i32) (param $b i32)                             ;; for each type and number of locals
//!   (i32.store (global.get $cursor) (local.get $a))
//!   (i32.store offset=4 (global.get $cursor) (local.get $b))
//!   (global.set $cursor (i32.add (global.get $cursor) (i32.const 8))))
//! (func $take_frame (result i32)
//!   (global.set $phase (i32.const 0))
//!   (i32.load offset=4 (global.get $rewind))                             ;; the word
//!   (global.set $rewind (i32.add (global.get $rewind) (i32.const 8))))
//! (func $load (result i32 i32)                                           ;; the last one first: `local.set` takes it last
//!   (i32.load offset=4 (global.get $rewind))
//!   (i32.load (global.get $rewind))
//!   (global.set $rewind (i32.add (global.get $rewind) (i32.const 8))))
//! ```

use super::Globals;
use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Encode, Function, Instruction, MemArg};
use wasmparser::ValType;

/// What such a function does; how many locals of a type it moves.
#[derive(Clone, Copy, PartialEq)]
pub enum Move {
    BeginFrame,
    TakeFrame,
    Store(ValType, usize),
    Load(ValType, usize),
}

impl Move {
    /// So many locals at once.
    pub const MOST: usize = 8;

    fn signature(self) -> (Vec<ValType>, Vec<ValType>) {
        match self {
            Move::BeginFrame => (vec![ValType::I32; 2], vec![]),
            Move::TakeFrame => (vec![], vec![ValType::I32]),
            Move::Store(ty, count) => (vec![ty; count], vec![]),
            Move::Load(ty, count) => (vec![], vec![ty; count]),
        }
    }

    fn body(self, globals: Globals) -> Function {
        let mut function = Function::new([]);
        let mut put = |instruction: Instruction| {
            function.instruction(&instruction);
        };
        let (end, size) = match self {
            Move::BeginFrame => {
                for (slot, local) in [1, 0].into_iter().enumerate() {
                    put(Instruction::GlobalGet(globals.cursor));
                    put(Instruction::LocalGet(local));
                    put(store(ValType::I32, slot));
                }
                (globals.cursor, 8)
            }
            Move::TakeFrame => {
                put(Instruction::I32Const(0));
                put(Instruction::GlobalSet(globals.phase));
                put(Instruction::GlobalGet(globals.rewind));
                put(load(ValType::I32, 1));
                (globals.rewind, 8)
            }
            Move::Store(ty, count) => {
                for slot in 0..count {
                    put(Instruction::GlobalGet(globals.cursor));
                    put(Instruction::LocalGet(slot as u32));
                    put(store(ty, slot));
                }
                (globals.cursor, count as u64 * width(ty))
            }
            Move::Load(ty, count) => {
                for slot in (0..count).rev() {
                    put(Instruction::GlobalGet(globals.rewind));
                    put(load(ty, slot));
                }
                (globals.rewind, count as u64 * width(ty))
            }
        };
        put(Instruction::GlobalGet(end));
        put(Instruction::I32Const(size as i32));
        put(Instruction::I32Add);
        put(Instruction::GlobalSet(end));
        put(Instruction::End);
        function
    }
}

/// Those that are needed, behind the functions of the module.
pub struct Moves {
    first: u32,
    needed: Vec<Move>,
}

impl Moves {
    /// For a module with so many functions.
    pub fn new(functions: u32) -> Moves {
        Moves { first: functions, needed: Vec::new() }
    }

    /// The function that does this, by index.
    pub fn function(&mut self, what: Move) -> u32 {
        let place = self.needed.iter().position(|needed| *needed == what);
        self.first
            + place.unwrap_or_else(|| {
                self.needed.push(what);
                self.needed.len() - 1
            }) as u32
    }

    pub fn count(&self) -> u32 {
        self.needed.len() as u32
    }

    /// Their types, as they stand in a section.
    pub fn types(&self) -> Result<Vec<u8>> {
        const FUNCTION: u8 = 0x60;
        let mut bytes = Vec::new();
        for what in &self.needed {
            let (params, results) = what.signature();
            bytes.push(FUNCTION);
            for types in [params, results] {
                (types.len() as u32).encode(&mut bytes);
                for ty in types {
                    RoundtripReencoder.val_type(ty)?.encode(&mut bytes);
                }
            }
        }
        Ok(bytes)
    }

    pub fn define(&self, code: &mut CodeSection, globals: Globals) {
        for what in &self.needed {
            code.function(&what.body(globals));
        }
    }
}

fn store(ty: ValType, slot: usize) -> Instruction<'static> {
    let at = argument(ty, slot);
    match ty {
        ValType::I32 => Instruction::I32Store(at),
        ValType::I64 => Instruction::I64Store(at),
        ValType::F32 => Instruction::F32Store(at),
        ValType::F64 => Instruction::F64Store(at),
        ValType::V128 => Instruction::V128Store(at),
        ValType::Ref(_) => unreachable!("{ty} is in no frame"),
    }
}

fn load(ty: ValType, slot: usize) -> Instruction<'static> {
    let at = argument(ty, slot);
    match ty {
        ValType::I32 => Instruction::I32Load(at),
        ValType::I64 => Instruction::I64Load(at),
        ValType::F32 => Instruction::F32Load(at),
        ValType::F64 => Instruction::F64Load(at),
        ValType::V128 => Instruction::V128Load(at),
        ValType::Ref(_) => unreachable!("{ty} is in no frame"),
    }
}

fn argument(ty: ValType, slot: usize) -> MemArg {
    MemArg { offset: slot as u64 * width(ty), align: 2, memory_index: 0 }
}

fn width(ty: ValType) -> u64 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 => 8,
        ValType::V128 => 16,
        ValType::Ref(_) => unreachable!("{ty} is in no frame"),
    }
}
