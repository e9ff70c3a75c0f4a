//! The data without its zeros: memory begins with them.
//!
//! A linker that keeps relocations writes out the static variables that begin with zero, and there are the constants
//! that nothing reaches any more (`prepare.rs`). A segment with many zeros becomes those of what stands between them.

use std::ops::Range;
use walrus::ir::Value;
use walrus::{ConstExpr, Data, DataKind, MemoryId, Module};

/// More zeros than the head of a segment has bytes.
const MANY: usize = 16;

/// Leaves many zeros behind each other out of segments that do not overlap, in a memory that nobody has written to before.
pub fn drop_zeros(module: &mut Module) {
    let mut segments: Vec<_> = module.data.iter().filter_map(|data| placed(module, data)).collect();
    segments.sort_by_key(|(_, start, _)| *start);
    let lengths = |at: usize| module.data.get(segments[at].2).value.len() as u64;
    let overlap = (1..segments.len())
        .any(|at| u64::from(segments[at - 1].1) + lengths(at - 1) > u64::from(segments[at].1));
    if overlap {
        return;
    }
    for (memory, start, id) in segments {
        let bytes = &module.data.get(id).value;
        let parts = parts(bytes);
        if parts.len() == 1 && parts[0].len() == bytes.len() {
            continue;
        }
        let parts: Vec<_> = parts.into_iter().map(|at| (at.start, bytes[at].to_vec())).collect();
        module.data.delete(id);
        module.memories.get_mut(memory).data_segments.remove(&id);
        for (at, bytes) in parts {
            let offset = ConstExpr::Value(Value::I32(start.wrapping_add(at as u32) as i32));
            let part = module.data.add(DataKind::Active { memory, offset }, bytes);
            module.memories.get_mut(memory).data_segments.insert(part);
        }
    }
}

/// The memory and the address of a segment that is put there when the module begins.
fn placed(module: &Module, data: &Data) -> Option<(MemoryId, u32, walrus::DataId)> {
    match data.kind {
        DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(offset)) }
            if module.memories.get(memory).import.is_none() =>
        {
            Some((memory, offset as u32, data.id()))
        }
        _ => None,
    }
}

/// What stands between many zeros.
fn parts(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match parts.last_mut() {
            Some(part) if at - part.end < MANY => part.end = at + 1,
            _ => parts.push(at..at + 1),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{drop_zeros, parts};
    use walrus::Module;

    #[test]
    fn few_zeros_stay() {
        assert!(parts(&[0; 100]).is_empty());
        let mut bytes = [0; 100];
        for at in [0, 3, 19, 36, 99] {
            bytes[at] = 1;
        }
        assert_eq!(parts(&bytes), [0..20, 36..37, 99..100]);
    }

    #[test]
    fn memory_has_what_it_had() {
        let text = |data: &str| format!("(module (memory (export \"memory\") 1) {data})");
        let contents = |wasm: &[u8]| {
            let engine = wasmi::Engine::default();
            let mut store = wasmi::Store::new(&engine, ());
            let module = wasmi::Module::new(&engine, wasm).unwrap();
            let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module);
            instance.unwrap().get_memory(&store, "memory").unwrap().data(&store).to_vec()
        };
        let zeros = "\\00".repeat(40);
        let apart = format!(
            r#"(data (i32.const 8) "ab\00c{zeros}d{zeros}") (data (i32.const 200) "{zeros}")"#
        );
        let overlapping =
            format!(r#"(data (i32.const 8) "abcdefgh") (data (i32.const 10) "{zeros}")"#);
        for (data, segments) in [(apart, 2), (overlapping, 2)] {
            let wasm = wat::parse_str(text(&data)).unwrap();
            let mut module = Module::from_buffer(&wasm).unwrap();
            drop_zeros(&mut module);
            assert_eq!(module.data.iter().count(), segments);
            assert_eq!(contents(&module.emit_wasm()), contents(&wasm));
        }
    }
}
