//! The buffer that frames unwind into: the end of linear memory, hidden from the rest of the module.
//!
//! ```text
//! 0        … data, shadow stack, heap …        │ reserve: header, frames →      │ end of memory
//!                      what memory.size tells ─┘                                └─ a trap
//! ```
//!
//! The module's own `memory.size` and `memory.grow` are rewritten to see [`RESERVE`] bytes less than
//! there are. When the memory grows, the reserve moves up with its end, and what it leaves becomes
//! the allocator's, who relies on fresh memory being zero:
//!
//! - the first `used` bytes are carried along: frames that have been unwound and not yet been copied to their
//!   fiber (whose block is being allocated, which is why the memory grows), or are not yet rewound (of a
//!   program), and with them `pointer`, if there is one into them;
//! - of what is left behind, the first `dirty` bytes were ever written, and are cleared.

use super::seam::{add_variable, subtract};
use walrus::ir::{
    BinaryOp, Call, Instr, MemoryCopy, MemoryFill, MemoryGrow, MemorySize, Value, VisitorMut,
    dfs_pre_order_mut,
};
use walrus::{FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder, MemoryId, Module, ValType};

/// Engines give WebAssembly a stack of about 1 MiB, some up to 8 MiB, and a frame takes less here
/// than it does there: only the locals that live across the call, in their own width.
pub const RESERVE: i32 = 16 << 20;
const PAGE: i32 = 64 << 10;

pub struct Reserve {
    memory: MemoryId,
    used: GlobalId,
    dirty: GlobalId,
    pointer: Option<GlobalId>,
}

impl Reserve {
    /// Adds the reserve to the memory, and hides it from all the code that the module has.
    pub fn make(module: &mut Module, memory: MemoryId, pointer: Option<GlobalId>) -> Self {
        let used = add_variable(module, "suspendable.used", 0);
        let dirty = add_variable(module, "suspendable.dirty", 0);
        let reserve = Reserve { memory, used, dirty, pointer };
        let pages = (RESERVE / PAGE) as u64;
        let limits = module.memories.get_mut(memory);
        limits.initial += pages;
        limits.maximum = limits.maximum.map(|maximum| (maximum + pages).min(1 << 16));
        let rewrite = Rewrite { memory, grow: reserve.define_grow(module) };
        for (id, function) in module.funcs.iter_local_mut() {
            if id != rewrite.grow {
                let entry = function.entry_block();
                dfs_pre_order_mut(&mut &rewrite, function, entry);
            }
        }
        reserve
    }

    /// Puts the address of the reserve on the stack: it lasts until the memory grows.
    pub fn push_address(&self, body: &mut InstrSeqBuilder) {
        body.memory_size(self.memory).i32_const(PAGE.ilog2() as i32).binop(BinaryOp::I32Shl);
        body.i32_const(RESERVE);
        subtract(body);
    }

    /// From now on that many bytes, which it takes from the stack, move with the reserve.
    pub fn set_used(&self, body: &mut InstrSeqBuilder) {
        body.global_set(self.used);
        body.global_get(self.used).global_get(self.dirty).binop(BinaryOp::I32GtU).if_else(
            None,
            |then| {
                then.global_get(self.used).global_set(self.dirty);
            },
            |_| {},
        );
    }

    pub fn push_used(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.used);
    }

    pub fn set_unused(&self, body: &mut InstrSeqBuilder) {
        body.i32_const(0).global_set(self.used);
    }

    /// After a fault, nobody knows how far the unwinding had come.
    pub fn set_all_dirty(&self, body: &mut InstrSeqBuilder) {
        body.i32_const(0).global_set(self.used);
        body.i32_const(RESERVE).global_set(self.dirty);
    }

    /// ```wat
    /// (func $grow (param $pages i32) (result i32) (local $old i32) (local $from i32)
    ///   (local.set $old (memory.grow (local.get $pages)))
    ///   (if (i32.ne (local.get $old) (i32.const -1)) (then
    ///     (local.set $from (i32.sub (i32.shl (local.get $old) 16) (i32.const RESERVE)))
    ///     (local.set $grown (i32.shl (local.get $pages) 16))
    ///     (memory.copy (i32.add $from $grown) $from (global.get $used))
    ///     (memory.fill $from 0 (min $grown (global.get $dirty)))
    ///     (global.set $pointer (i32.add (global.get $pointer) $grown))
    ///     (local.set $old (i32.sub (local.get $old) RESERVED-PAGES))))
    ///   (local.get $old))
    /// ```
    fn define_grow(&self, module: &mut Module) -> FunctionId {
        let mut function =
            FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        function.name("suspendable.grow".into());
        let [pages, old, from, grown] = [(); 4].map(|()| module.locals.add(ValType::I32));
        let memory = self.memory;
        let shift = PAGE.ilog2() as i32;
        let body = &mut function.func_body();
        body.local_get(pages).memory_grow(memory).local_tee(old);
        body.i32_const(-1).binop(BinaryOp::I32Ne).if_else(
            None,
            |then| {
                then.local_get(old).i32_const(shift).binop(BinaryOp::I32Shl).i32_const(RESERVE);
                subtract(then);
                then.local_set(from);
                then.local_get(pages).i32_const(shift).binop(BinaryOp::I32Shl).local_set(grown);

                then.local_get(from).local_get(grown).binop(BinaryOp::I32Add).local_get(from);
                then.global_get(self.used).instr(MemoryCopy { src: memory, dst: memory });

                then.local_get(from).i32_const(0);
                then.local_get(grown).global_get(self.dirty);
                then.local_get(grown).global_get(self.dirty).binop(BinaryOp::I32LtU);
                then.select(Some(ValType::I32)).instr(MemoryFill { memory });

                if let Some(pointer) = self.pointer {
                    then.global_get(pointer).local_get(grown).binop(BinaryOp::I32Add);
                    then.global_set(pointer);
                }

                then.local_get(old).i32_const(RESERVE / PAGE);
                subtract(then);
                then.local_set(old);
            },
            |_| {},
        );
        body.local_get(old);
        function.finish(vec![pages], &mut module.funcs)
    }
}

/// Makes the module's own code see a memory without the reserve.
struct Rewrite {
    memory: MemoryId,
    grow: FunctionId,
}

impl VisitorMut for &Rewrite {
    fn start_instr_seq_mut(&mut self, sequence: &mut walrus::ir::InstrSeq) {
        let mut rewritten = Vec::with_capacity(sequence.instrs.len());
        for (instruction, location) in sequence.instrs.drain(..) {
            match instruction {
                Instr::MemorySize(MemorySize { memory }) if memory == self.memory => {
                    rewritten.push((instruction, location));
                    let reserved = Value::I32(RESERVE / PAGE);
                    rewritten.push((walrus::ir::Const { value: reserved }.into(), location));
                    let op = BinaryOp::I32Sub;
                    rewritten.push((walrus::ir::Binop { op }.into(), location));
                }
                Instr::MemoryGrow(MemoryGrow { memory }) if memory == self.memory => {
                    rewritten.push((Call { func: self.grow }.into(), location));
                }
                other => rewritten.push((other, location)),
            }
        }
        sequence.instrs = rewritten;
    }
}
