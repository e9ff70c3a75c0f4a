//! The record of a fiber, as generated code sees it: the first fields of `Fiber` in the library's
//! `src/fiber.rs`.

use walrus::ir::{LoadKind, MemArg, StoreKind};
use walrus::{InstrSeqBuilder, LocalId, MemoryId};

/// A field of the record, all of them `i32`.
#[derive(Clone, Copy)]
pub struct Field(u64);

/// `__stack_pointer` at entry.
pub const BASE: Field = Field(0);
/// `__stack_pointer` at the last suspension.
pub const SP: Field = Field(4);
/// Whether it was ever suspended.
pub const RESUMED: Field = Field(8);
/// The externref slot of the promise while it is suspended, of the result when it has ended.
pub const OUTCOME: Field = Field(12);
/// Whether the result is a rejection.
pub const REJECTED: Field = Field(16);

impl Field {
    fn argument(self) -> MemArg {
        MemArg { align: 4, offset: self.0 }
    }

    /// `(i32.load offset=FIELD (local.get $fiber))`
    pub fn load(self, body: &mut InstrSeqBuilder, memory: MemoryId, fiber: LocalId) {
        body.local_get(fiber).load(memory, LoadKind::I32 { atomic: false }, self.argument());
    }

    /// `(i32.store offset=FIELD (local.get $fiber) VALUE)`
    pub fn store(
        self,
        body: &mut InstrSeqBuilder,
        memory: MemoryId,
        fiber: LocalId,
        value: impl FnOnce(&mut InstrSeqBuilder),
    ) {
        body.local_get(fiber);
        value(body);
        body.store(memory, StoreKind::I32 { atomic: false }, self.argument());
    }
}
