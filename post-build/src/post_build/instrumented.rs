//! The file for Asyncify, of the optimised module: by our own instrumentation, or by Binaryen's to compare with.

use crate::options::Instrumenter;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::transform;
use crate::wasm_opt::WasmOpt;
use anyhow::{Context, Result};
use walrus::{Module, ModuleConfig};

/// What Asyncify made.
pub struct Instrumented {
    pub wasm: Vec<u8>,
    /// The functions of the set, in the optimised module.
    pub members: Vec<String>,
    /// Those of them that are instrumented, and those that the guard watches because no profile has seen them.
    pub names: Vec<String>,
    pub unseen: Vec<String>,
}

/// Instruments `members`, or those of them that a profile names, or lets Binaryen do so. The guard has `numbers` already.
pub fn instrument(
    optimised: &[u8],
    members: &[String],
    profile: Option<&Profile>,
    numbers: usize,
    keep_names: bool,
    through: Option<(&WasmOpt, &Progress, Instrumenter)>,
) -> Result<Instrumented> {
    let mut module = ModuleConfig::new().generate_producers_section(false).parse(optimised)?;
    transform::unmark(&mut module);
    let members = transform::remaining(&module, members);
    let names = profile.map_or_else(|| members.clone(), |profile| profile.of(&members));
    let [called, instrumented] = [&members, &names].map(|names| transform::called(&module, names));
    let unseen = transform::guard_unseen(&mut module, &called, &instrumented, numbers)?;
    let (wasm, names) = match through {
        None => {
            transform::asyncify(&mut module, &names, keep_names)?;
            let parts = transform::parts(&names, &[transform::DEFINED_SUSPEND]);
            (transform::instrument(&module.emit_wasm(), &parts, keep_names)?, names)
        }
        Some(through) => by_binaryen(module, &names, keep_names, through)?,
    };
    Ok(Instrumented { wasm: transform::with_readable_names(&wasm)?, members, names, unseen })
}

/// The same by Binaryen's own pass (`transform/binaryen.rs`). Returns the names of what it has instrumented, too.
fn by_binaryen(
    mut module: Module,
    names: &[String],
    keep_names: bool,
    (wasm_opt, progress, by): (&WasmOpt, &Progress, Instrumenter),
) -> Result<(Vec<u8>, Vec<String>)> {
    // What is marked does not suspend, the pass is told, be it imported or not.
    let suspend = transform::declared(&module, transform::SUSPEND);
    let suspend = suspend.and_then(|suspend| module.funcs.get(suspend).name.clone());
    let own = match by {
        Instrumenter::BinaryenDefault => transform::without_references(&module),
        _ => names.to_vec(),
    };
    let unmarked: Vec<_> = own.into_iter().chain(suspend).collect();
    transform::mark_others(&mut module, &unmarked);
    let import = format!("{}.{}", transform::NAMESPACE, transform::SUSPEND);
    let wasm = wasm_opt
        .asyncify(progress, &module.emit_wasm(), &import, transform::MARK)
        .context("Binaryen's Asyncify cannot do that: leave out `--asyncify=binaryen`")?;
    let mut module = ModuleConfig::new()
        .generate_name_section(keep_names)
        .generate_producers_section(false)
        .parse(&wasm)?;
    transform::unmark(&mut module);
    let instrumented = transform::asyncify_by_binaryen(&mut module, keep_names)?;
    Ok((module.emit_wasm(), instrumented))
}
