//! The same for a library whose standard library waits (`build --std`): it has no shared memory, but the instructions.
//!
//! Those that wait and notify become calls of functions of the crate `suspendable` (`src/hooks.rs`). The others do not
//! look whether an address is a multiple of the width: what rustc makes of the same code without `--std` does not either.
//!
//! Thread-locals lie in one segment of the data, which the linker calls `.tdata` and whose address is the constant
//! `__tls_base`: LLVM finds each from there. That becomes a variable, which fibers and crossings keep
//! (`seam.locals`), and a thread begins with a copy of that segment, in memory of its own:
//!
//! ```wat
//! (data $first …the bytes of .tdata…)                     ;; passive
//! (func $copy_locals (param $block i32)
//!   (memory.init $first (local.get $block) (i32.const 0) (i32.const SIZE)))
//! ```

use super::{Calls, Plain};
use crate::transform::seam::{LOCALS, constant, declared, define};
use anyhow::{Context, Result, ensure};
use walrus::ir::Value;
use walrus::{ConstExpr, DataKind, Global, Module};

/// The function that the analysis takes the waiting instructions for.
pub const LIBRARY_WAIT: &str = "__suspendable_wait32";

/// Takes what is only for threads of the machine's out of a library that was built so. Without that nothing happens.
pub fn unshare_library(module: &mut Module) -> Result<()> {
    let Ok(wait_32) = module.exports.get_func(LIBRARY_WAIT) else { return Ok(()) };
    let wait_64 = module.exports.get_func("__suspendable_wait64")?;
    let notify = module.exports.get_func("__suspendable_notify")?;
    let memory = module.memories.iter().next().context("the module has no memory")?.id();
    let calls = Calls { wait_32, wait_64, notify };
    let Module { funcs, locals, .. } = module;
    for (_, body) in funcs.iter_local_mut() {
        Plain::of(memory, &calls, &mut *locals, false).rewrite(body);
    }
    separate_locals(module)
}

fn separate_locals(module: &mut Module) -> Result<()> {
    let is_base = |global: &&Global| global.name.as_deref() == Some("__tls_base");
    let base = module.globals.iter().find(is_base).map(|global| global.id());
    let base = base.context("there are no thread-locals: was it linked as `build --std` does?")?;
    let start = constant(module, base).context("`__tls_base` does not begin with a constant")?;
    module.globals.get_mut(base).mutable = true;
    module.exports.add(LOCALS, base);
    let bytes = module.data.iter().find_map(|data| match &data.kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. }
            if *offset == start =>
        {
            Some(data.value.clone())
        }
        _ => None,
    });
    let bytes = bytes.context("the thread-locals are in no segment")?;
    let memory = module.memories.iter().next().context("the module has no memory")?.id();
    let size = bytes.len() as i32;
    ensure!(size > 0, "the segment of the thread-locals is empty");
    let first = module.data.add(DataKind::Passive, bytes);
    let numbers = [("main_locals", start), ("locals_size", size)];
    for (name, number) in numbers {
        if let Some(import) = declared(module, name) {
            define(module, import, format!("suspendable.{name}"), |body, _| {
                body.i32_const(number);
            })?;
        }
    }
    if let Some(import) = declared(module, "copy_locals") {
        define(module, import, "suspendable.copy_locals".to_owned(), |body, block| {
            body.local_get(block[0]).i32_const(0).i32_const(size).memory_init(memory, first);
        })?;
    }
    Ok(())
}
