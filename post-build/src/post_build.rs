//! The pipeline from a linked module to a package. That of a program is `program/`.
//!
//! ```text
//! set, bind    the suspension set, and beside it wasm-bindgen
//! stacks       what members need of their own; the guard
//! optimise     Binaryen, which sees members as they will be, and the others marked
//! backends     of that, the file for JSPI, and the one for Asyncify (`instrumented`), or several
//! write        the package
//! ```

mod instrumented;

use crate::about::About;
use crate::analysis::{self, Sources};
use crate::beside::beside;
use crate::bindgen::{self, Bound};
use crate::glue::{self, Imports};
use crate::input::{Input, report};
use crate::kind::Kind;
use crate::options::{Instrumenter, Output};
use crate::package::{self, Asyncify, Package};
use crate::profile::Profile;
use crate::program::Backends;
use crate::progress::Progress;
use crate::report::Report;
use crate::transform::Foreign;
use crate::wasm_opt::WasmOpt;
use crate::{fails, picture, program, transform};
use anyhow::{Context, Result, bail, ensure};
use instrumented::instrument;
use std::path::Path;
use walrus::{Module, ModuleConfig};

/// `cargo suspendable post-build FILE.wasm`.
pub fn run_on_file(file: &Path, output: &Output) -> Result<()> {
    let wasm = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = output.name.clone().or(stem).context("the file has no name: say --name NAME")?;
    let sources = output.true_names.then(|| Sources::of(file)).transpose()?;
    let about = About::only(name);
    let input = Input {
        file,
        wasm,
        about,
        keep_names: output.keep_names,
        sources,
        is_optimised: true,
        tells_unsupported: true,
    };
    run(&Progress::new(output.verbose), input, output)
}

/// Makes the package.
pub fn run(progress: &Progress, input: Input, output: &Output) -> Result<()> {
    let file = input.file.display();
    let by_binaryen = output.asyncify != Instrumenter::Own;
    match Kind::of(&input.wasm).with_context(|| format!("{file} cannot be used"))? {
        Kind::Program { .. } if by_binaryen => bail!(
            "{file} is a program, and `--asyncify=binaryen` is for libraries: leave it out. (`make bench` has programs \
             through Binaryen's pass, without a runtime)"
        ),
        Kind::Program { has_threads } => {
            program::run(progress, &input, output, Backends::All, has_threads)
        }
        Kind::Library => library(progress, &input, output),
    }
}

fn library(progress: &Progress, input: &Input, output: &Output) -> Result<()> {
    let linked = analysis::read(&input.wasm, &output.choices())?;
    let profile = Profile::read(&output.profile, &output.include)?;
    let (set, mut bound) = progress.step("suspension set, wasm-bindgen", || {
        let analyse = || analysis::suspension_set(&linked, input.sources, &output.cut);
        let (set, bound) = beside(analyse, || bind(input));
        Ok((set?, bound?))
    })?;
    report(progress, &set);
    if input.tells_unsupported {
        fails::report(progress, &analysis::unsupported(&linked));
    }
    if let Some(file) = &output.graph {
        progress.step("graph", || picture::write(&set, file))?;
    }
    let exclusive = glue::Exclusive::of(&input.wasm)?;
    let foreign = Foreign::find(&bound.module)?;
    tell_foreign(progress, &foreign, output)?;
    let wasm_opt =
        input.is_optimised.then(|| WasmOpt::find(!foreign.exports.is_empty())).transpose()?;
    let imports = Imports::of(&bound.module, &input.about.name, &foreign);
    let (members, guarded) = progress.step("stacks", || {
        let module = &mut bound.module;
        transform::unshare_library(module)?;
        let entered = transform::entered(module, &linked.names());
        transform::drop_unused(module, &analysis::unused(&linked, &entered)?);
        transform::drop_zeros(module);
        transform::prepare(module, &foreign, !exclusive.is_empty())?;
        let members = set.carried_to(module, &output.include, &output.exclude)?;
        let called = transform::called(module, &members);
        transform::split(module, &called)?;
        Ok((members, set.with_rules(transform::guard(module, &called)?)))
    })?;
    let (members, optimised) = progress.step("optimise", || {
        let members = transform::mark_others(&mut bound.module, &members);
        Ok((members, optimise(progress, &mut bound.module, wasm_opt.as_ref())?))
    })?;
    let jspi = || jspi(&optimised, input.keep_names);
    let (jspi, instrumented) = if foreign.exports.is_empty() {
        let by = wasm_opt.as_ref().map(|wasm_opt| (wasm_opt, progress, output.asyncify));
        let by = by.filter(|_| output.asyncify != Instrumenter::Own);
        let instrument = |profile| {
            instrument(&optimised, &members, profile, guarded.len(), input.keep_names, by)
        };
        let (jspi, made) = progress.step("JSPI, Asyncify", || {
            let (jspi, made) = beside(jspi, || instrument(profile.as_ref()));
            Ok((jspi?, made?))
        })?;
        let full =
            output.profile_full.then(|| progress.step("Asyncify, full", || instrument(None)));
        (jspi, Some((made, full.transpose()?)))
    } else {
        (progress.step("JSPI", jspi)?, None)
    };
    let glue = glue::instantiable(
        &bound.entry,
        &bound.glue,
        &imports,
        &exclusive,
        !foreign.exports.is_empty(),
    )?;
    let package = Package {
        about: &input.about,
        glue: &glue,
        types: &bound.types,
        snippets: bindgen::snippets(bound.directory.path()),
        jspi: &jspi,
        asyncify: instrumented.as_ref().map(|(made, full)| Asyncify {
            wasm: &made.wasm,
            full: full.as_ref().map(|full| &full.wasm[..]),
            is_profiled: profile.is_some(),
            unseen: &made.unseen,
        }),
        foreign: &foreign.exports,
        guarded: &guarded,
        cut: &output.cut,
        has_names: input.keep_names,
    };
    progress.step("write", || package::write(&package, &output.out_dir))?;
    if let Some((made, _)) = &instrumented
        && let Some(profile) = &profile
    {
        progress.note(&profile.note(&made.members));
    }
    let (names, asyncify, full) = match &instrumented {
        Some((made, full)) => {
            (&made.names[..], Some(&made.wasm[..]), full.as_ref().map(|full| &full.wasm[..]))
        }
        None => (&[][..], None, None),
    };
    let mut report = Report::new(&optimised, names, &jspi, asyncify, full)?;
    report.show(progress);
    if let Some(file) = &output.report {
        report.seconds.extend(progress.seconds().into_iter().map(|(step, s)| (step, s.into())));
        report.write(file)?;
    }
    progress.finish(&format!("{}/{}.js", output.out_dir.display(), input.about.name));
    Ok(())
}

/// What wasm-bindgen makes of a module.
fn bind(input: &Input) -> Result<Bound> {
    let wasm = analysis::without_relocations(&input.wasm)?;
    bindgen::bind(&wasm, &input.about.name).with_context(|| {
        let (version, file) = (bindgen::version(), input.file.display());
        format!("wasm-bindgen {version} cannot process {file}")
    })
}

/// Exports of wasm-bindgen's own JSPI leave no file for other engines.
fn tell_foreign(progress: &Progress, foreign: &Foreign, output: &Output) -> Result<()> {
    if foreign.exports.is_empty() {
        return Ok(());
    }
    let exports = foreign.exports.join(", ");
    ensure!(
        output.asyncify == Instrumenter::Own,
        "the package has no module that Binaryen could instrument, because of these exports of wasm-bindgen's own \
         JSPI: {exports}. Leave out `--asyncify=binaryen`"
    );
    progress.note(&format!(
        "only for engines with JSPI, because of these exports of wasm-bindgen's own: {exports}. With \
         #[suspendable] in the place of #[wasm_bindgen(jspi)] they run on all"
    ));
    Ok(())
}

/// Without Binaryen, what nothing reaches is left out, for much of wasm-bindgen's is not reached any more.
fn optimise(
    progress: &Progress,
    module: &mut Module,
    wasm_opt: Option<&WasmOpt>,
) -> Result<Vec<u8>> {
    match wasm_opt {
        Some(wasm_opt) => wasm_opt.run(progress, &module.emit_wasm(), transform::MARK),
        None => {
            walrus::passes::gc::run(module);
            Ok(module.emit_wasm())
        }
    }
}

/// The file for JSPI.
fn jspi(optimised: &[u8], keep_names: bool) -> Result<Vec<u8>> {
    let mut module = ModuleConfig::new()
        .generate_name_section(keep_names)
        .generate_producers_section(false)
        .parse(optimised)?;
    transform::unmark(&mut module);
    transform::jspi(&mut module, keep_names)?;
    transform::with_readable_names(&module.emit_wasm())
}
