//! The pipeline from a whole program, a command of WASI preview 1, to a package.

mod package;

use crate::analysis::{self, Watched};
use crate::beside::beside;
use crate::input::{Input, report};
use crate::options::Output;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::report::Report;
use crate::transform::Guarded;
use crate::wasm_opt::WasmOpt;
use crate::{picture, transform};
use anyhow::Result;
use package::Package;
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
pub fn run(
    progress: &Progress,
    input: &Input,
    output: &Output,
    backends: Backends,
    has_threads: bool,
) -> Result<()> {
    let has_names = input.keep_names;
    let package =
        Package { about: &input.about, has_threads, jspi: None, asyncify: None, has_names };
    match backends {
        Backends::All => for_all(progress, input, output, package)?,
        Backends::OnlyJspi => {
            let jspi = progress.step("JSPI", || jspi(named(input)?))?;
            let package = Package { jspi: Some(&jspi), ..package };
            progress.step("write", || package::write(&package, &output.out_dir))?;
        }
        Backends::OnlyAsyncify => {
            let linked = analysis::read(&input.wasm, &output.choices())?;
            let set = progress.step("suspension set", || {
                analysis::suspension_set(&linked, input.sources, &output.cut)
            })?;
            let made = progress.step("Asyncify", || {
                let mut module = named(input)?;
                let members = set.carried_to(&module, &output.include, &output.exclude)?;
                // For the names of copies.
                let members = transform::mark_others(&mut module, &members);
                transform::unmark(&mut module);
                asyncify(module, members, None, input.keep_names)
            })?;
            let watched = set.with_rules(made.guarded.names.clone());
            let asyncify = made.for_package(&watched, None, false, &output.cut);
            let package = Package { asyncify: Some(asyncify), ..package };
            progress.step("write", || package::write(&package, &output.out_dir))?;
        }
    }
    progress.finish(&format!("{}/{}.js", output.out_dir.display(), input.about.name));
    Ok(())
}

fn for_all(progress: &Progress, input: &Input, output: &Output, package: Package) -> Result<()> {
    let linked = analysis::read(&input.wasm, &output.choices())?;
    let profile = Profile::read(&output.profile, &output.include)?;
    let set = progress
        .step("suspension set", || analysis::suspension_set(&linked, input.sources, &output.cut))?;
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
    let instrument = |profile| {
        let module = unmarked(true)?;
        let members = transform::remaining(&module, &members);
        asyncify(module, members, profile, input.keep_names)
    };
    let (jspi, made) = progress.step("JSPI, Asyncify", || {
        let jspi = || jspi(unmarked(input.keep_names)?);
        let (jspi, made) = beside(jspi, || instrument(profile.as_ref()));
        Ok((jspi?, made?))
    })?;
    let full = output
        .profile_full
        .then(|| progress.step("Asyncify, full", || instrument(None)))
        .transpose()?;
    let full = full.as_ref().map(|full| &full.wasm[..]);
    let watched = set.with_rules(made.guarded.names.clone());
    let asyncify = made.for_package(&watched, full, profile.is_some(), &output.cut);
    let package = Package { jspi: Some(&jspi), asyncify: Some(asyncify), ..package };
    progress.step("write", || package::write(&package, &output.out_dir))?;
    if let Some(profile) = &profile {
        progress.note(&profile.note(&made.members));
    }
    let mut report = Report::new(&optimised, &made.names, &jspi, Some(&made.wasm), full)?;
    report.show(progress);
    if let Some(file) = &output.report {
        report.seconds.extend(progress.seconds().into_iter().map(|(step, s)| (step, s.into())));
        report.write(file)?;
    }
    Ok(())
}

fn jspi(mut module: Module) -> Result<Vec<u8>> {
    transform::jspi_program(&mut module)?;
    transform::with_readable_names(&module.emit_wasm())
}

/// What Asyncify made.
struct Instrumented {
    wasm: Vec<u8>,
    members: Vec<String>,
    /// Those of them that are instrumented.
    names: Vec<String>,
    guarded: Guarded,
}

impl Instrumented {
    fn for_package<'a>(
        &'a self,
        watched: &'a [Watched],
        full: Option<&'a [u8]>,
        is_profiled: bool,
        cut: &'a [String],
    ) -> package::Asyncify<'a> {
        package::Asyncify {
            wasm: &self.wasm,
            full,
            is_profiled,
            watched,
            outsiders: self.guarded.outsiders,
            cut,
        }
    }
}

/// Instruments `members`, or those of them that a profile names.
fn asyncify(
    mut module: Module,
    members: Vec<String>,
    profile: Option<&Profile>,
    keep_names: bool,
) -> Result<Instrumented> {
    let names = profile.map_or_else(|| members.clone(), |profile| profile.of(&members));
    let unwinding = transform::asyncify_program(&mut module, &members, &names)?;
    let suspend: Vec<_> = unwinding.suspend.iter().map(String::as_str).collect();
    let parts = transform::parts(&names, &suspend);
    let wasm = transform::instrument(&module.emit_wasm(), &parts, keep_names)?;
    let wasm = transform::with_readable_names(&wasm)?;
    Ok(Instrumented { wasm, members, names, guarded: unwinding.guarded })
}

/// The module, in which no memory is shared, every function has a name, and panics are told of.
fn named(input: &Input) -> Result<Module> {
    let mut module = parse(&analysis::without_relocations(&input.wasm)?, true)?;
    // What the module uses is known (`features.rs`); wasm-opt would go by what this says.
    module.customs.remove_raw("target_features");
    transform::name_all(&mut module);
    transform::unshare(&mut module)?;
    transform::tell_panics(&mut module);
    Ok(module)
}

fn parse(wasm: &[u8], names: bool) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(names).generate_producers_section(false).parse(wasm)
}
