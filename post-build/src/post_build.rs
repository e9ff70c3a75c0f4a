//! The pipeline from a linked module to a package.

use crate::about::About;
use crate::analysis::{self, Sources, SuspensionSet};
use crate::beside::beside;
use crate::glue::Imports;
use crate::kind::Kind;
use crate::options::{Instrumenter, Output};
use crate::package::{self, Asyncify, Package};
use crate::profile::Profile;
use crate::program::Backends;
use crate::progress::Progress;
use crate::report::Report;
use crate::transform::Foreign;
use crate::wasm_opt::WasmOpt;
use crate::{bindgen, fails, glue, picture, program, transform};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use walrus::{Module, ModuleConfig};

/// What goes in.
pub struct Input<'a> {
    pub file: &'a Path,
    pub wasm: Vec<u8>,
    pub about: About,
    /// Whether the WebAssembly keeps the names of its functions.
    pub keep_names: bool,
    /// What tells the calls of methods by their names.
    pub sources: Option<Sources>,
    /// A library's: a program that is tried at once has backends of its own.
    pub is_optimised: bool,
    /// Whether to say what it calls of std that never works.
    pub tells_unsupported: bool,
}

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
    let file = input.file.display().to_string();
    let kind = Kind::of(&input.wasm).with_context(|| format!("{file} cannot be used"))?;
    let by_binaryen = output.asyncify != Instrumenter::Own;
    if let Kind::Program { has_threads } = kind {
        ensure!(
            !by_binaryen,
            "{file} is a program, and `--asyncify=binaryen` is for libraries: leave it out. (`make bench` has programs \
             through Binaryen's pass, without a runtime)"
        );
        return program::run(progress, &input, output, Backends::All, has_threads);
    }
    let linked = analysis::read(&input.wasm, &output.choices())?;
    let profile = Profile::read(&output.profile, &output.include)?;
    let bind = || {
        let wasm = analysis::without_relocations(&input.wasm)?;
        bindgen::bind(&wasm, &input.about.name)
            .with_context(|| format!("wasm-bindgen {} cannot process {file}", bindgen::version()))
    };
    let analyse = || analysis::suspension_set(&linked, input.sources, &output.cut);
    let (set, mut bound) = progress.step("suspension set, wasm-bindgen", || {
        let (set, bound) = beside(analyse, bind);
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
    ensure!(
        !by_binaryen || foreign.exports.is_empty(),
        "the package has no module that Binaryen could instrument, because of these exports of wasm-bindgen's own \
         JSPI: {}. Leave out `--asyncify=binaryen`",
        foreign.exports.join(", ")
    );
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
        let Some(wasm_opt) = &wasm_opt else {
            walrus::passes::gc::run(&mut bound.module);
            return Ok((members, bound.module.emit_wasm()));
        };
        let optimised = wasm_opt.run(progress, &bound.module.emit_wasm(), transform::MARK)?;
        Ok((members, optimised))
    })?;
    let jspi = || {
        let mut module = ModuleConfig::new()
            .generate_name_section(input.keep_names)
            .generate_producers_section(false)
            .parse(&optimised)?;
        transform::unmark(&mut module);
        transform::jspi(&mut module, input.keep_names)?;
        transform::with_readable_names(&module.emit_wasm())
    };
    let (jspi, instrumented) = if foreign.exports.is_empty() {
        let by = wasm_opt
            .as_ref()
            .filter(|_| by_binaryen)
            .map(|wasm_opt| (wasm_opt, progress, output.asyncify));
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
        progress.note(&format!(
            "only for engines with JSPI, because of these exports of wasm-bindgen's own: {}. With \
             #[suspendable] in the place of #[wasm_bindgen(jspi)] they run on all",
            foreign.exports.join(", ")
        ));
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
    let (names, asyncify, full) = match &instrumented {
        Some((made, full)) => {
            (&made.names[..], Some(&made.wasm[..]), full.as_ref().map(|full| &full.wasm[..]))
        }
        None => (&[][..], None, None),
    };
    if let Some((made, _)) = &instrumented
        && let Some(profile) = &profile
    {
        progress.note(&profile.note(&made.members));
    }
    let mut report = Report::new(&optimised, names, &jspi, asyncify, full)?;
    report.show(progress);
    if let Some(file) = &output.report {
        report.seconds.extend(progress.seconds().into_iter().map(|(step, s)| (step, s.into())));
        report.write(file)?;
    }
    progress.finish(&format!("{}/{}.js", output.out_dir.display(), input.about.name));
    Ok(())
}

/// What Asyncify made.
struct Instrumented {
    wasm: Vec<u8>,
    /// The functions of the set, in the optimised module.
    members: Vec<String>,
    /// Those of them that are instrumented, and those that the guard watches because no profile has seen them.
    names: Vec<String>,
    unseen: Vec<String>,
}

/// Instruments `members`, or those of them that a profile names, or lets Binaryen do so. The guard has `numbers` already.
fn instrument(
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

/// How large the set is.
pub fn report(progress: &Progress, set: &SuspensionSet) {
    progress.note(&format!("{} of {} functions can suspend", set.members.len(), set.functions));
    if !set.relocations {
        progress.note(
            "the file was linked without relocations, so every indirect call counts as one that \
             can suspend: link with `-C link-arg=--emit-relocs` for a smaller and faster package",
        );
    }
}
