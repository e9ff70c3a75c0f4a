//! Records in linear memory that both generated code and the library know, or generated code alone.
//! All fields are `i32`.

use walrus::ir::{LoadKind, MemArg, StoreKind};
use walrus::{InstrSeqBuilder, LocalId, MemoryId};

/// A field of a record.
#[derive(Clone, Copy)]
pub struct Field(u64);

/// Where a fiber's stack ends: the first fields of `Fiber` in the library's `src/fiber.rs`.
pub mod fiber {
    use super::Field;

    pub const SP: Field = Field(0);
    pub const LIMIT: Field = Field(4);
    pub const SEGMENT: Field = Field(8);
    /// Asyncify: the innermost frame.
    pub const FRAMES: Field = Field(12);
    /// Asyncify: the frames of the fiber that this one was resumed in the middle of.
    pub const INTERRUPTED: Field = Field(16);
    /// The externref slot of the promise while it is suspended, of the result when it has ended; 0
    /// while it is parked.
    pub const OUTCOME: Field = Field(20);
    /// What the result is: 0, 1 for a rejection, or [`NOBODYS`].
    pub const ENDING: Field = Field(24);
    /// Asyncify: who comes behind it of those that are ready. When it runs as one of them: in the middle of
    /// which other one.
    pub const LINK: Field = Field(28);
    /// With `--std`: its thread-locals.
    pub const LOCALS: Field = Field(32);

    /// Of `OUTCOME`: it had parked, and has been made ready. While it is parked, and before it has begun, it
    /// is 0. No owned value has one of these slots.
    pub const READY: i32 = 1;
    /// Of `ENDING`: nobody in JavaScript waits for the end.
    pub const NOBODYS: i32 = 2;
}

/// The record of a segment: the first fields of `Segment` in the library's `src/stack.rs`.
pub mod segment {
    use super::Field;

    pub const OWN_LIMIT: Field = Field(0);
    pub const SP: Field = Field(4);
    pub const LIMIT: Field = Field(8);
    pub const SEGMENT: Field = Field(12);
}

/// A crossing (`seam.rs`): what a call of JavaScript leaves behind. It lies on the ordinary stack, whose
/// pointer inside of the call is the address of it.
pub mod crossing {
    use super::Field;

    pub const OUTER: Field = Field(0);
    pub const SP: Field = Field(4);
    pub const LIMIT: Field = Field(8);
    pub const SEGMENT: Field = Field(12);
    pub const FIBER: Field = Field(16);
    pub const OUTSIDE: Field = Field(20);
    pub const BORROWED: Field = Field(24);
    pub const FAULTED: Field = Field(28);
    pub const LOCALS: Field = Field(32);
    /// A multiple of the alignment of the stack.
    pub const SIZE: i32 = 48;
}

impl Field {
    /// Where it is in the record.
    pub fn offset(self) -> i32 {
        self.0 as i32
    }

    fn argument(self) -> MemArg {
        MemArg { align: 4, offset: self.0 }
    }

    /// `(i32.load offset=FIELD (local.get $record))`
    pub fn load(self, body: &mut InstrSeqBuilder, memory: MemoryId, record: LocalId) {
        body.local_get(record).load(memory, LoadKind::I32 { atomic: false }, self.argument());
    }

    /// `(i32.store offset=FIELD (local.get $record) VALUE)`
    pub fn store(
        self,
        body: &mut InstrSeqBuilder,
        memory: MemoryId,
        record: LocalId,
        value: impl FnOnce(&mut InstrSeqBuilder),
    ) {
        body.local_get(record);
        value(body);
        body.store(memory, StoreKind::I32 { atomic: false }, self.argument());
    }
}
