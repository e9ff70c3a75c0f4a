//! `cargo suspendable build`: find the crate, compile it, and hand over to the post-build.

use crate::about::About;
use crate::analysis::Sources;
use crate::input::Input;
use crate::options::{Output, Selection};
use crate::post_build;
use crate::progress::Progress;
use crate::wasm_opt::WasmOpt;
use crate::{sysroot, toolchain};
use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{ArtifactDebuginfo, Message, Metadata, MetadataCommand, Package, Target};
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Stdio;

/// What cargo made.
pub struct Built {
    pub package: Package,
    pub made: Made,
    /// The name of the library's package, or that of the program.
    pub name: String,
    pub file: PathBuf,
    /// None if a crate was compiled without line tables.
    pub sources: Option<Sources>,
}

/// Builds and post-builds the selected crate.
pub fn build(selection: &Selection, output: &Output) -> Result<()> {
    let progress = Progress::new(output.verbose);
    let built = compile_selected(&progress, selection, has_tools)?;
    package(&progress, built, selection, output)
}

/// What is needed last: whoever has it not is told before anything is compiled.
pub fn has_tools() -> Result<()> {
    WasmOpt::find(false).map(drop)
}

/// Post-builds what was compiled.
pub fn package(
    progress: &Progress,
    Built { package, name, file, sources, .. }: Built,
    selection: &Selection,
    output: &Output,
) -> Result<()> {
    let wasm = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = output.name.clone().unwrap_or(name);
    // Release builds have lines because the tool wants them.
    if !selection.release && sources.is_some() {
        progress.note("DWARF is left out: stack traces name functions, debuggers show no sources");
    }
    let input = Input {
        file: &file,
        wasm,
        about: About {
            name,
            version: package.version.to_string(),
            description: package.description,
            license: package.license,
        },
        keep_names: output.keep_names || !selection.release,
        sources,
        is_optimised: true,
        tells_unsupported: !selection.std,
    };
    post_build::run(progress, input, output)
}

/// Where the sources are of the selected package, and of what it depends on by path.
pub struct Local {
    /// The folders of their manifests.
    pub packages: Vec<PathBuf>,
    /// Where cargo writes.
    pub target: PathBuf,
}

/// Finds the selected package, and those that it depends on.
pub fn local(selection: &Selection) -> Result<Local> {
    let metadata = metadata()?;
    let selected = select(&metadata, selection.package.as_deref())?;
    let nodes = &metadata.resolve.as_ref().context("cargo did not resolve the dependencies")?.nodes;
    let mut reached = vec![&selected.id];
    let mut next = 0;
    while let Some(id) = reached.get(next) {
        let node = nodes.iter().find(|node| node.id == **id);
        for id in node.into_iter().flat_map(|node| &node.dependencies) {
            if !reached.contains(&id) {
                reached.push(id);
            }
        }
        next += 1;
    }
    let packages = reached.into_iter().map(|id| &metadata[id]).filter(|p| p.source.is_none());
    let folder = |package: &Package| package.manifest_path.parent().map(|path| path.into());
    Ok(Local {
        packages: packages.filter_map(folder).collect(),
        target: metadata.target_directory.clone().into(),
    })
}

/// Finds the selected crate and compiles it, if `is_ready` has nothing against it.
pub fn compile_selected(
    progress: &Progress,
    selection: &Selection,
    is_ready: impl FnOnce() -> Result<()>,
) -> Result<Built> {
    let metadata = metadata()?;
    let package = select(&metadata, selection.package.as_deref())?;
    let (made, target) = choose(package, selection.bin.as_deref())?;
    if made == Made::Library {
        check_versions(&metadata)?;
    }
    is_ready()?;
    let (file, has_lines) =
        progress.step("cargo", || compile(progress, package, made, target, selection))?;
    if !has_lines {
        progress.note(
            "a crate is compiled without line tables, because the Cargo profile says so for it: calls of \
             methods are not told apart by their names, and more functions are instrumented",
        );
    }
    let sources = has_lines.then(|| Sources::of(&file)).transpose()?;
    let name = match made {
        Made::Program => target.name.clone(),
        _ => package.name.to_string(),
    };
    Ok(Built { package: package.clone(), made, name, file, sources })
}

/// The tests of a library, or of a file below `tests/`.
pub struct Tests {
    /// Where they begin, in the words that cargo says it with.
    pub at: String,
    /// The folder of the package, where cargo runs them.
    pub folder: PathBuf,
    pub file: PathBuf,
    pub sources: Option<Sources>,
}

/// Finds the selected library, and compiles its tests.
pub fn compile_tests(progress: &Progress, selection: &Selection) -> Result<Vec<Tests>> {
    let metadata = metadata()?;
    let package = select(&metadata, selection.package.as_deref())?;
    let is_library = |target: &Target| target.is_lib() || target.is_cdylib() || target.is_rlib();
    ensure!(
        selection.bin.is_none() && !selection.threads && package.targets.iter().any(is_library),
        "the tests of a program run in cargo's own harness, with the tool as what runs them: set \
         CARGO_TARGET_WASM32_WASIP1_RUNNER to `cargo suspendable run`, then `cargo test --target wasm32-wasip1`"
    );
    check_versions(&metadata)?;
    let mut all = Vec::new();
    for target in package.targets.iter().filter(|t| t.test && (is_library(t) || t.is_test())) {
        let (file, has_lines) = progress
            .step("cargo", || compile(progress, package, Made::Tests, target, selection))?;
        let folder = package.manifest_path.parent().expect("it is in a folder").to_owned();
        let begins = target.src_path.strip_prefix(&folder).unwrap_or(&target.src_path);
        let at = if target.is_test() { begins.to_string() } else { format!("unittests {begins}") };
        let sources = has_lines.then(|| Sources::of(&file)).transpose()?;
        all.push(Tests { at, folder: folder.into(), file, sources });
    }
    Ok(all)
}

fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .exec()
        .context("cannot read the Cargo project: run this in the folder of a Cargo.toml, or below")
}

/// What of a package is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Library,
    Program,
    Tests,
}

/// The program that is asked for; or the library; or the only program, if there is no library.
fn choose<'a>(package: &'a Package, bin: Option<&str>) -> Result<(Made, &'a Target)> {
    let programs: Vec<&Target> = package.targets.iter().filter(|t| t.is_bin()).collect();
    let names: Vec<_> = programs.iter().map(|target| target.name.as_str()).collect();
    let names = names.join(", ");
    if let Some(bin) = bin {
        let found = programs.into_iter().find(|target| target.name == bin);
        return found.map(|target| (Made::Program, target)).with_context(|| match names.as_str() {
            "" => format!("package `{}` has no programs: leave out --bin", package.name),
            names => {
                format!("package `{}` has no program `{bin}`; it has: {names}", package.name)
            }
        });
    }
    let mut libraries = package.targets.iter();
    if let Some(library) = libraries.find(|target| target.is_cdylib()) {
        return Ok((Made::Library, library));
    }
    let default = package.default_run.as_deref();
    match programs[..] {
        [] => {}
        [only] => return Ok((Made::Program, only)),
        _ => {
            let default = programs.iter().find(|target| Some(target.name.as_str()) == default);
            return default.copied().map(|target| (Made::Program, target)).with_context(|| {
                format!("package `{}` has several programs, say which: --bin {names}", package.name)
            });
        }
    }
    let mut libraries = package.targets.iter();
    libraries.find(|target| target.is_lib()).map(|target| (Made::Library, target)).with_context(|| {
            format!(
                "package `{}` has no library and no program: its exports go into src/lib.rs, a `main` \
                 into src/main.rs",
                package.name
            )
        })
}

fn select<'a>(metadata: &'a Metadata, name: Option<&str>) -> Result<&'a Package> {
    let members = metadata.workspace_packages();
    if let Some(name) = name {
        return members.iter().find(|package| package.name == name).copied().with_context(|| {
            let names: Vec<_> = members.iter().map(|package| package.name.as_str()).collect();
            format!("no package `{name}` in this workspace; it has: {}", names.join(", "))
        });
    }
    let here = std::env::current_dir()?.join("Cargo.toml");
    let root = metadata.root_package();
    members
        .iter()
        .find(|package| package.manifest_path.as_std_path() == here)
        .copied()
        .or(root)
        .or(if let [only] = members[..] { Some(only) } else { None })
        .context("the workspace has several packages: say which with -p PACKAGE")
}

/// wasm-bindgen's crate and its tool speak a protocol that changes with every release.
fn check_versions(metadata: &Metadata) -> Result<()> {
    let ours = crate::bindgen::version();
    let locked = metadata.packages.iter().find(|package| package.name == "wasm-bindgen");
    let Some(locked) = locked else {
        bail!("the project does not depend on wasm-bindgen: add `suspendable` to its dependencies");
    };
    ensure!(
        locked.version.to_string() == ours,
        "Cargo.lock has wasm-bindgen {}, and this tool is made for {ours}. In Cargo.toml, write \
         `wasm-bindgen = \"={ours}\"`, or run `cargo update -p wasm-bindgen --precise {ours}`",
        locked.version
    );
    Ok(())
}

/// Runs cargo, and returns the WebAssembly file that it made, and whether all of it has line tables.
fn compile(
    progress: &Progress,
    package: &Package,
    made: Made,
    target: &Target,
    selection: &Selection,
) -> Result<(PathBuf, bool)> {
    let triple = match made {
        Made::Library if selection.threads => bail!(
            "package `{}` is a library, and only programs have threads: leave out --threads, or name a program \
             with --bin",
            package.name
        ),
        Made::Library | Made::Tests => toolchain::LIBRARY,
        Made::Program if selection.std => bail!(
            "`{}` is a program, and its std waits by itself: leave out --std, or build it with --threads",
            target.name
        ),
        Made::Program if selection.threads => toolchain::THREADS,
        Made::Program => toolchain::PROGRAM,
    };
    let (mut command, flags) = if selection.std {
        let mut command = toolchain::cargo_alone();
        sysroot::wrap(&mut command)?;
        (command, sysroot::flags(progress)?)
    } else {
        (toolchain::cargo(triple)?, Vec::new())
    };
    toolchain::tell_functions_apart(&mut command, triple, &flags)?;
    command.args(["rustc", "-p", &package.name, "--target", triple]);
    match made {
        Made::Library => command.args(["--lib", "--crate-type", "cdylib"]),
        Made::Program => command.args(["--bin", &target.name]),
        Made::Tests if target.is_test() => command.args(["--test", &target.name]),
        Made::Tests => command.arg("--lib"),
    };
    command.args(["--message-format", "json-render-diagnostics"]);
    match made {
        // cargo's names for profiles in which tests are compiled: `bench` is `release`.
        Made::Tests => {
            command.args(["--profile", if selection.release { "bench" } else { "test" }])
        }
        _ if selection.release => command.arg("--release"),
        _ => &mut command,
    };
    if let Some(features) = &selection.features {
        command.args(["--features", features]);
    }
    // For the analysis: which function stands where in which vtable, and the names of all, whatever the
    // profile says. What is written has none.
    command.args(["--", "-C", "link-arg=--emit-relocs", "-C", "strip=none"]);
    if made != Made::Program {
        command.args(["-C", "link-arg=--export=__stack_pointer"]);
    }
    command.stdout(Stdio::piped());
    progress.show(&command);
    let mut cargo = command.spawn().context("cannot run cargo")?;
    let stdout = cargo.stdout.take().expect("stdout is piped");
    let mut file = None;
    let mut has_lines = true;
    for message in Message::parse_stream(BufReader::new(stdout)) {
        let Message::CompilerArtifact(artifact) = message.context("cannot read cargo's output")?
        else {
            continue;
        };
        let is_of_target = artifact
            .filenames
            .iter()
            .any(|file| file.components().any(|part| part.as_str() == triple));
        has_lines &= !is_of_target || artifact.profile.debuginfo != ArtifactDebuginfo::None;
        if artifact.target.name == target.name
            && artifact.target.is_bin() == target.is_bin()
            && artifact.profile.test == (made == Made::Tests)
            && artifact.package_id == package.id
        {
            let mut files = artifact.filenames.into_iter();
            file = files.find(|file| file.extension() == Some("wasm")).or(file);
        }
    }
    ensure!(cargo.wait()?.success(), "cargo could not compile `{}`: see above", package.name);
    Ok((file.context("cargo made no .wasm file")?.into_std_path_buf(), has_lines))
}
