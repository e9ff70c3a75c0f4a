//! The pipeline from a whole program, a command of WASI preview 1, to a package.

mod package;

use crate::analysis;
use crate::post_build::{Input, report};
use crate::progress::Progress;
use crate::report::Report;
use crate::wasm_opt::WasmOpt;
use crate::{Output, picture, transform};
use anyhow::Result;
use walrus::{Module, ModuleConfig};

/// What a package is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backends {
    /// Every engine.
    All,
    /// One that has JSPI, to be tried at once: nothing is optimised.
    OnlyJspi,
    /// One that has not.
    OnlyAsyncify,
}

/// Makes the package.
pub fn run(progress: &Progress, input: &Input, output: &Output, backends: Backends) -> Result<()> {
    match backends {
        Backends::All => for_all(progress, input, output)?,
        Backends::OnlyJspi => {
            let jspi = progress.step("JSPI", || jspi(named(input)?))?;
            progress.step("write", || {
                package::write(&input.about, &output.out_dir, Some(&jspi), None)
            })?;
        }
        Backends::OnlyAsyncify => {
            let set = progress
                .step("suspension set", || analysis::suspension_set(&input.wasm, input.sources))?;
            let (asyncify, _, guarded) = progress.step("Asyncify", || {
                let module = named(input)?;
                let members = set.carried_to(&module, &output.include, &output.exclude)?;
                asyncify(module, members, input.keep_names)
            })?;
            let guarded = set.with_rules(guarded);
            let asyncify = Some((&asyncify[..], &guarded[..]));
            progress
                .step("write", || package::write(&input.about, &output.out_dir, None, asyncify))?;
        }
    }
    progress.finish(&format!("{}/{}.js", output.out_dir.display(), input.about.name));
    Ok(())
}

fn for_all(progress: &Progress, input: &Input, output: &Output) -> Result<()> {
    let set =
        progress.step("suspension set", || analysis::suspension_set(&input.wasm, input.sources))?;
    report(progress, &set);
    if let Some(file) = &output.graph {
        progress.step("graph", || picture::write(&set, file))?;
    }
    let wasm_opt = WasmOpt::find(false)?;
    let (members, optimised) = progress.step("optimise", || {
        let mut module = named(input)?;
        let members = set.carried_to(&module, &output.include, &output.exclude)?;
        let members = transform::mark_others(&mut module, &members);
        Ok((members, wasm_opt.run(progress, &module.emit_wasm(), transform::MARK)?))
    })?;
    let unmarked = |names| {
        let mut module = parse(&optimised, names)?;
        transform::unmark(&mut module);
        anyhow::Ok(module)
    };
    let jspi = progress.step("JSPI", || jspi(unmarked(input.keep_names)?))?;
    let (asyncify, names, guarded) = progress.step("Asyncify", || {
        let module = unmarked(true)?;
        let members = transform::remaining(&module, members);
        asyncify(module, members, input.keep_names)
    })?;
    let guarded = set.with_rules(guarded);
    let instrumented = Some((&asyncify[..], &guarded[..]));
    progress.step("write", || {
        package::write(&input.about, &output.out_dir, Some(&jspi), instrumented)
    })?;
    let mut report = Report::new(&optimised, &names, &jspi, Some(&asyncify))?;
    report.show(progress);
    if let Some(file) = &output.report {
        report.seconds.extend(progress.seconds().into_iter().map(|(step, s)| (step, s.into())));
        report.write(file)?;
    }
    Ok(())
}

fn jspi(mut module: Module) -> Result<Vec<u8>> {
    transform::jspi_program(&mut module)?;
    Ok(module.emit_wasm())
}

/// The instrumented module, its members, and the functions that the guard watches.
fn asyncify(
    mut module: Module,
    members: Vec<String>,
    keep_names: bool,
) -> Result<(Vec<u8>, Vec<String>, Vec<String>)> {
    let unwinding = transform::asyncify_program(&mut module, &members)?;
    let suspend: Vec<_> = unwinding.suspend.iter().map(String::as_str).collect();
    let parts = transform::parts(&members, &suspend);
    let wasm = transform::instrument(&module.emit_wasm(), &parts, keep_names)?;
    Ok((wasm, members, unwinding.guarded))
}

/// The module, in which every function has a name, and panics are told of.
fn named(input: &Input) -> Result<Module> {
    let mut module = parse(&analysis::without_relocations(&input.wasm)?, true)?;
    transform::name_all(&mut module);
    transform::tell_panics(&mut module);
    Ok(module)
}

fn parse(wasm: &[u8], names: bool) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(names).generate_producers_section(false).parse(wasm)
}
