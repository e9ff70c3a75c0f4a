//! How a library's stack is seen when it suspends, for profiles (`profile.rs`).
//!
//! Through Asyncify a suspension calls no JavaScript, which alone can look at the stack. So in a module that keeps its
//! names, both backends' `suspend` begins with
//!
//! ```wat
//! (if (global.get $import.records) (then (call $import.record)))
//! ```
//!
//! It comes before the stack is checked: what a profile has not seen can be recorded with the package that misses it.
//! Nobody comes in from there.

use super::seam::{NAMESPACE, import};
use walrus::{FunctionId, GlobalId, InstrSeqBuilder, Module, ValType};

pub struct Recording {
    records: GlobalId,
    record: FunctionId,
}

impl Recording {
    pub fn introduce(module: &mut Module) -> Recording {
        let (records, _) =
            module.add_import_global(NAMESPACE, "records", ValType::I32, false, false);
        Recording { records, record: import(module, "record", &[], &[]) }
    }

    pub fn record(&self, body: &mut InstrSeqBuilder) {
        let record = |then: &mut InstrSeqBuilder| {
            then.call(self.record);
        };
        body.global_get(self.records).if_else(None, record, |_| {});
    }
}
