//! `cargo suspendable build`: find the crate, compile it, and hand over to the post-build.

use crate::post_build::{self, Input};
use crate::progress::Progress;
use crate::{Output, toolchain};
use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{Message, Metadata, MetadataCommand, Package};
use clap::Args;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Stdio;

/// Which crate is built, and how.
#[derive(Args)]
pub struct Selection {
    /// The crate, where the workspace has several
    #[arg(short, long)]
    package: Option<String>,
    /// Build with Cargo's release profile, and without names in the WebAssembly
    #[arg(long)]
    release: bool,
    /// Cargo features of the crate, separated by commas
    #[arg(short = 'F', long)]
    features: Option<String>,
}

/// What cargo made.
pub struct Built {
    pub package: Package,
    pub file: PathBuf,
}

/// Builds and post-builds the selected crate.
pub fn build(selection: &Selection, output: &Output) -> Result<()> {
    let progress = Progress::new(output.verbose);
    let Built { package, file } = compile_selected(&progress, selection)?;
    let wasm = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = output.name.clone().unwrap_or_else(|| package.name.to_string());
    let input = Input {
        file: &file,
        wasm,
        name: &name,
        version: package.version.to_string(),
        description: package.description.clone(),
        license: package.license.clone(),
        keep_names: output.keep_names || !selection.release,
    };
    post_build::run(&progress, input, output)
}

/// Finds the selected crate and compiles it.
pub fn compile_selected(progress: &Progress, selection: &Selection) -> Result<Built> {
    let metadata = MetadataCommand::new().exec().context(
        "cannot read the Cargo project: run this in the folder of a Cargo.toml, or below",
    )?;
    let package = select(&metadata, selection.package.as_deref())?;
    check_versions(&metadata)?;
    let file = progress.step("cargo", || compile(progress, package, selection))?;
    Ok(Built { package: package.clone(), file })
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

/// Runs cargo, and returns the WebAssembly file that it made.
fn compile(progress: &Progress, package: &Package, selection: &Selection) -> Result<PathBuf> {
    let library =
        package.targets.iter().find(|target| target.is_cdylib() || target.is_lib()).with_context(
            || format!("package `{}` has no library: its exports go into src/lib.rs", package.name),
        )?;
    let mut command = toolchain::cargo()?;
    command.args(["rustc", "--lib", "--crate-type", "cdylib", "-p", &package.name]);
    command.args(["--target", toolchain::TARGET]);
    command.args(["--message-format", "json-render-diagnostics"]);
    if selection.release {
        command.arg("--release");
    }
    if let Some(features) = &selection.features {
        command.args(["--features", features]);
    }
    command.args(["--", "-C", "link-arg=--export=__stack_pointer"]);
    // For the analysis: which function stands where in which vtable.
    command.args(["-C", "link-arg=--emit-relocs"]);
    command.stdout(Stdio::piped());
    progress.show(&command);
    let mut cargo = command.spawn().context("cannot run cargo")?;
    let stdout = cargo.stdout.take().expect("stdout is piped");
    let mut file = None;
    for message in Message::parse_stream(BufReader::new(stdout)) {
        if let Message::CompilerArtifact(artifact) =
            message.context("cannot read cargo's output")?
            && artifact.target.name == library.name
            && artifact.package_id == package.id
        {
            let mut files = artifact.filenames.into_iter();
            file = files.find(|file| file.extension() == Some("wasm")).or(file);
        }
    }
    ensure!(cargo.wait()?.success(), "cargo could not compile `{}`: see above", package.name);
    Ok(file.context("cargo made no .wasm file")?.into_std_path_buf())
}
