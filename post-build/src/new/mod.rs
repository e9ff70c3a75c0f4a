//! `cargo suspendable new`: a project that runs, to begin with.
//!
//! `cargo new` makes it, with its rules for names and its version control; the files of `template/` come on top.

use crate::package::Folder;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// In files of the template: the name of the package.
const NAME: &str = "{{name}}";

/// What is written, by its path.
const FILES: [(&str, &str); 6] = [
    ("README.md", include_str!("template/README.md")),
    ("index.html", include_str!("template/index.html")),
    ("plugin.mjs", include_str!("template/plugin.mjs")),
    ("run.mjs", include_str!("template/run.mjs")),
    ("src/lib.rs", include_str!("template/src/lib.rs")),
    ("test.mjs", include_str!("template/test.mjs")),
];

/// Makes a project in a folder that is not there yet.
pub fn new(path: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["new", "--quiet", "--lib", "--edition", "2024"])
        .arg(path)
        .status()
        .context("cannot run cargo")?;
    // It has said why.
    ensure!(status.success(), "there is no new project");
    let name = path.file_name().context("a project needs a name")?.to_string_lossy();
    let folder = Folder(path);
    for (file, text) in FILES {
        folder.put(file, text.replace(NAME, &name).as_bytes())?;
    }
    let manifest = path.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    folder.put("Cargo.toml", with_dependency(&text).as_bytes())?;
    // There is none inside of another repository.
    let ignored = std::fs::read_to_string(path.join(".gitignore")).unwrap_or_default();
    folder.put(".gitignore", (ignored + "/pkg\n/node_modules\n").as_bytes())?;
    eprintln!(
        "Made {}. Next:\n\n    cd {0}\n    cargo suspendable build --release\n    node run.mjs",
        path.display()
    );
    Ok(())
}

/// A manifest of `cargo new`, which has no dependencies.
fn with_dependency(manifest: &str) -> String {
    let dependency = match checkout() {
        Some(path) => format!("{{ path = {path:?} }}"),
        None => format!("{:?}", env!("CARGO_PKG_VERSION")),
    };
    let dependencies = "[dependencies]\n";
    let manifest =
        manifest.replacen(dependencies, &format!("{dependencies}suspendable = {dependency}\n"), 1);
    format!("{manifest}\n[lib]\ncrate-type = [\"cdylib\"]\n")
}

/// The sources that this tool was compiled from, where they are the project's own and not a registry's.
fn checkout() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    root.join("macros/Cargo.toml").exists().then(|| root.to_owned())
}
