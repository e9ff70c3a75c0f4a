//! The pipeline from a whole program, a command of WASI preview 1, to a package.

mod package;

use crate::analysis;
use crate::post_build::{Input, report};
use crate::progress::Progress;
use crate::report::Report;
use crate::wasm_opt::WasmOpt;
use crate::{Output, picture, transform};
use anyhow::Result;
use package::Package;
use walrus::{Module, ModuleConfig};

/// What a package is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backends {
    /// Every engine.
    All,
    /// One that has JSPI, to be tried at once.
    OnlyJspi,
}

/// Makes the package.
pub fn run(progress: &Progress, input: &Input, output: &Output, backends: Backends) -> Result<()> {
    let package = Package {
        name: input.name,
        version: &input.version,
        description: input.description.as_deref(),
        license: input.license.as_deref(),
    };
    match backends {
        Backends::OnlyJspi => {
            let jspi = progress.step("JSPI", || {
                let mut module = named(input)?;
                transform::jspi_program(&mut module)?;
                Ok(module.emit_wasm())
            })?;
            progress.step("write", || package.write(&output.out_dir, &jspi, None))?;
        }
        Backends::All => for_all(progress, input, output, &package)?,
    }
    progress.finish(&format!("{}/{}.js", output.out_dir.display(), input.name));
    Ok(())
}

fn for_all(progress: &Progress, input: &Input, output: &Output, package: &Package) -> Result<()> {
    let set = progress.step("suspension set", || analysis::suspension_set(&input.wasm))?;
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
    let jspi = progress.step("JSPI", || {
        let mut module = parse(&optimised, input.keep_names)?;
        transform::unmark(&mut module);
        transform::jspi_program(&mut module)?;
        Ok(module.emit_wasm())
    })?;
    let (asyncify, names, guarded) = progress.step("Asyncify", || {
        let mut module = parse(&optimised, true)?;
        transform::unmark(&mut module);
        let names = transform::remaining(&module, members);
        let unwinding = transform::asyncify_program(&mut module, &names)?;
        let suspend: Vec<_> = unwinding.suspend.iter().map(String::as_str).collect();
        let parts = transform::parts(&names, &suspend);
        let asyncify = transform::instrument(&module.emit_wasm(), &parts, input.keep_names)?;
        Ok((asyncify, names, unwinding.guarded))
    })?;
    progress
        .step("write", || package.write(&output.out_dir, &jspi, Some((&asyncify, &guarded))))?;
    let mut report = Report::new(&optimised, &names, &jspi, Some(&asyncify))?;
    report.show(progress);
    if let Some(file) = &output.report {
        report.seconds.extend(progress.seconds().into_iter().map(|(step, s)| (step, s.into())));
        report.write(file)?;
    }
    Ok(())
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
