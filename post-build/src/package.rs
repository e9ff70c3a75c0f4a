//! The files of a package.
//!
//! ```text
//! NAME.js               what a program imports: init, instantiate, backend, the author's exports; and
//!                       wasm-bindgen's side of them (see glue.rs)
//! NAME.min.js           the same for a page without a bundler, with runtime.min.js (runtime/minified.rs)
//! NAME.d.ts, NAME.min.d.ts
//! NAME.wasm             for engines with JSPI
//! NAME.asyncify.wasm    for all, unless wasm-bindgen's own JSPI is in the module
//! NAME.full.wasm        the same without a profile, if that is asked for
//! NAME.functions.json   for a message that should never be needed (guarded.rs)
//! runtime.js            of js/ of this repository what the package uses (runtime/join.rs)
//! runtime/              what of it is loaded on demand, and types
//! snippets/             the author's own JavaScript, if any
//! package.json
//! ```

use crate::about::About;
use crate::analysis::Watched;
use crate::glue::{Glue, creator_of};
use crate::guarded::Built;
use crate::runtime::{self, Entry, Joined};
use crate::typed;
use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What the entry module exports beside what the author does.
const OWN: [&str; 4] = ["backend", "default", "init", "instantiate"];

/// Everything that goes into the files.
pub struct Package<'a> {
    pub about: &'a About,
    pub glue: &'a Glue,
    pub types: &'a str,
    pub snippets: Option<PathBuf>,
    pub jspi: &'a [u8],
    pub asyncify: Option<Asyncify<'a>>,
    /// The exports on account of which there is no such module.
    pub foreign: &'a [String],
    /// The functions that the guard of both modules watches, by their numbers.
    pub guarded: &'a [Watched],
    /// Those of which the author says that they never block.
    pub cut: &'a [String],
    /// Whether the WebAssembly has the names of functions.
    pub has_names: bool,
}

/// The instrumented file.
pub struct Asyncify<'a> {
    pub wasm: &'a [u8],
    /// The one without a profile, to be carried too.
    pub full: Option<&'a [u8]>,
    pub is_profiled: bool,
    /// The members that no profile has seen, which its guard watches as well: their numbers come behind.
    pub unseen: &'a [String],
}

/// Writes all files into `directory`, which need not exist.
pub fn write(package: &Package, directory: &Path) -> Result<()> {
    let entries = entries(package)?;
    for name in &package.glue.exports {
        ensure!(
            !OWN.contains(&name.as_str()),
            "the crate exports `{name}`, which is a name of the package itself: give it another \
             with `js_name`"
        );
    }
    let Glue { imported, globals, .. } = package.glue;
    let mut ours = creators(package.glue).chain(["createGlue".to_owned()]);
    if let Some(name) = ours.find(|name| imported.contains(name) || globals.contains(name)) {
        bail!(
            "the crate imports `{name}` from JavaScript, which is a name of the package itself: let it \
             import a function of another name, which calls that one"
        );
    }
    let name = &package.about.name;
    let folder = Folder(directory);
    let asyncify = package.asyncify.as_ref();
    let built = Built {
        first_unseen: asyncify.filter(|made| made.is_profiled).map(|_| package.guarded.len()),
        has_full: asyncify.is_some_and(|made| made.full.is_some()),
        cut: package.cut,
    };
    let put = |file: &str, content: &[u8]| folder.put(file, content);
    let joined = folder.put_runtime(&entries, &[], "types.d.ts")?;
    for (file, script) in runtime::minified_runtime(&joined) {
        put(&file, script.as_bytes())?;
    }
    let entry = entry(package, &entries, &built);
    put(&format!("{name}.js"), entry.as_bytes())?;
    put(&format!("{name}.min.js"), runtime::minified(&entry).as_bytes())?;
    put(&format!("{name}.d.ts"), types(package).as_bytes())?;
    let same = format!("export * from './{name}.js';\nexport {{ default }} from './{name}.js';\n");
    put(&format!("{name}.min.d.ts"), same.as_bytes())?;
    put(&format!("{name}.wasm"), package.jspi)?;
    folder.put_or_remove(&format!("{name}.asyncify.wasm"), asyncify.map(|made| made.wasm))?;
    folder.put_or_remove(&format!("{name}.full.wasm"), asyncify.and_then(|made| made.full))?;
    let unseen = asyncify.map_or(&[][..], |made| made.unseen);
    let unseen: Vec<_> = unseen.iter().map(|name| (name.clone(), None)).collect();
    let guarded = built.describe(package.guarded.iter().chain(&unseen));
    put(&format!("{name}.functions.json"), guarded.as_bytes())?;
    put("package.json", package.about.of_library().as_bytes())?;
    folder.remove("snippets")?;
    // Of an older version of this tool.
    folder.remove(&format!("{name}.glue.js"))?;
    match &package.snippets {
        Some(from) => copy_folder(from, &directory.join("snippets")),
        None => Ok(()),
    }
}

/// The folder of a package.
pub struct Folder<'a>(pub &'a Path);

impl Folder<'_> {
    /// Writes a file, and makes the folders that it needs.
    pub fn put(&self, file: &str, content: &[u8]) -> Result<()> {
        let path = self.0.join(file);
        let folder = path.parent().expect("it is in the directory");
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes a file; or removes what is there from before, of another program.
    pub fn put_or_remove(&self, file: &str, content: Option<&[u8]>) -> Result<()> {
        match content {
            Some(content) => self.put(file, content),
            None => self.remove(file),
        }
    }

    /// Writes a file that can be run.
    pub fn put_program(&self, file: &str, content: &[u8]) -> Result<()> {
        self.put(file, content)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.0.join(file), fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    /// Removes what there may be from an earlier build.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.0.join(name);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false if path.exists() => fs::remove_file(&path),
            false => Ok(()),
        };
        removed.with_context(|| format!("cannot remove {}", path.display()))
    }

    /// Writes what the package needs of the runtime.
    pub fn put_runtime(
        &self,
        entries: &[Entry],
        on_demand: &[&str],
        types: &str,
    ) -> Result<Joined> {
        // Files from before may be of modules that are no longer used.
        self.remove("runtime")?;
        let joined = runtime::join(entries, on_demand);
        self.put("runtime.js", joined.script.as_bytes())?;
        for (file, content) in &joined.on_demand {
            self.put(&format!("runtime/{file}"), content.as_bytes())?;
        }
        for (file, content) in runtime::types(types) {
            self.put(&format!("runtime/{file}"), content.as_bytes())?;
        }
        Ok(joined)
    }
}

/// Properties of what the entry module tells the runtime; what records profiles has this name there, if it is possible.
pub fn properties(built: &Built, name: &str, recorder: Option<&str>) -> String {
    let mut properties = String::new();
    if let Some(first) = built.first_unseen {
        let full = match built.has_full {
            true => format!(", full: () => new URL('./{name}.full.wasm', import.meta.url)"),
            false => String::new(),
        };
        properties += &format!("    profile: {{ first: {first}{full} }},\n");
    }
    if let Some(recorder) = recorder {
        properties += &format!("    {},\n", renamed(RECORDER, recorder, ": "));
    }
    properties
}

/// What records profiles.
pub const RECORDER: &str = "createRecorder";

/// The same, if that is possible.
pub fn recorder(has_names: bool) -> Option<Entry> {
    has_names.then(|| Entry::of("profile.js", RECORDER))
}

/// What the entry module imports from the runtime.
fn entries(package: &Package) -> Result<Vec<Entry>> {
    let mut entries = vec![Entry::of("index.js", "createPackage")];
    entries.extend(recorder(package.has_names));
    if !package.foreign.is_empty() {
        entries.push(Entry::of("foreign.js", "onlyJspi"));
    }
    for used in &package.glue.host_modules {
        let module = runtime::host_module(used).with_context(|| {
            format!(
                "the crate imports `suspendable:host/{used}`, which this tool does not know: it is of \
                 another version than the crate `suspendable`"
            )
        })?;
        entries.push(Entry { module, export: "create", name: creator_of(used) });
    }
    Ok(entries)
}

/// The module that a program imports.
fn entry(package: &Package, entries: &[Entry], built: &Built) -> String {
    let Package { about, glue, foreign, .. } = package;
    let name = &about.name;
    let others = match package.asyncify {
        Some(_) => {
            format!("\n        asyncify: () => new URL('./{name}.asyncify.wasm', import.meta.url),")
        }
        None => String::new(),
    };
    // What the glue imports has its names from the author's JavaScript, and means globals by theirs.
    let mut taken: BTreeSet<_> = glue.imported.union(&glue.globals).cloned().collect();
    taken.extend(["URL".into(), "createGlue".into()]);
    let creators: BTreeSet<_> = creators(glue).collect();
    taken.extend(creators.iter().cloned());
    let mut local = |name: &str| {
        let mut local = name.to_owned();
        while !taken.insert(local.clone()) {
            local.push('_');
        }
        local
    };
    let ours = entries.iter().map(|entry| entry.name.as_str());
    let ours: BTreeMap<&str, String> = ours
        .map(|name| (name, if creators.contains(name) { name.into() } else { local(name) }))
        .collect();
    let imported: Vec<_> = entries
        .iter()
        .map(|entry| renamed(&entry.name, &ours[entry.name.as_str()], " as "))
        .collect();
    let imported = imported.join(", ");
    let create = &ours["createPackage"];
    let mut built = properties(built, name, ours.get(RECORDER).map(String::as_str));
    if let Some(only) = ours.get("onlyJspi") {
        built += &format!("    foreign: {only}({}),\n", serde_json::Value::from(*foreign));
    }
    let [main, instantiate, init, backend] =
        ["main", "instantiate", "init", "backend"].map(&mut local);
    let exports: Vec<_> = glue.exports.iter().map(|name| (name.as_str(), local(name))).collect();
    let exports = author_exports(&exports, &main);
    let entry = format!(
        "\
/* @ts-self-types=\"./{name}.d.ts\" */
import {{ {imported} }} from './runtime.js';
{}
const {{ {}, {} }} = {create}({{
    createGlue,
    glueModule: './{name}_bg.js',
    wasm: {{
        jspi: () => new URL('./{name}.wasm', import.meta.url),{others}
    }},
    functionNames: () => new URL('./{name}.functions.json', import.meta.url),
{built}}});

// How calls suspend; undefined before `init`.
let {backend};

// Loads and instantiates the module that the functions below belong to.
export default async function {init}(options) {{
    const instance = await {main}.init(options);
    {backend} = instance.backend;
    return instance;
}}

export {{ {}, {}, {} }};
{exports}
",
        glue.imports,
        renamed("main", &main, ": "),
        renamed("instantiate", &instantiate, ": "),
        renamed(&backend, "backend", " as "),
        renamed(&init, "init", " as "),
        renamed(&instantiate, "instantiate", " as "),
    );
    let glue = runtime::printed(&glue.source);
    // Indented as what is printed.
    entry.replace("    ", "\t") + "// What wasm-bindgen wrote, once for each instance.\n" + &glue
}

/// What makes the modules of the runtime's that the glue takes: the names are in its text.
fn creators(glue: &Glue) -> impl Iterator<Item = String> {
    glue.host_modules.iter().map(|module| creator_of(module))
}

/// One name, or both.
fn renamed(from: &str, to: &str, between: &str) -> String {
    if from == to { from.to_owned() } else { format!("{from}{between}{to}") }
}

/// What the author exports, by its names and those that it has in the entry module.
fn author_exports(exports: &[(&str, String)], main: &str) -> String {
    let (same, others): (Vec<_>, Vec<_>) = exports.iter().partition(|(name, local)| name == local);
    let mut lines = String::new();
    if !same.is_empty() {
        let names: Vec<_> = same.iter().map(|(name, _)| *name).collect();
        lines += &format!("\nexport const {{ {} }} = {main}.exports;\n", names.join(", "));
    }
    if !others.is_empty() {
        let list = |of: &dyn Fn(&(&str, String)) -> String| {
            others.iter().map(|export| of(export)).collect::<Vec<_>>().join(", ")
        };
        let taken = list(&|(name, local)| renamed(name, local, ": "));
        let given = list(&|(name, local)| renamed(local, name, " as "));
        lines += &format!("\nconst {{ {taken} }} = {main}.exports;\nexport {{ {given} }};\n");
    }
    lines
}

fn types(package: &Package) -> String {
    let mut members = String::new();
    for export in &package.glue.exports {
        members.push_str(&format!("    readonly {export}: typeof {export};\n"));
    }
    let types = typed::resolve(package.types.trim_end());
    format!(
        "\
{types}

import type {{ Backend, CallOptions, InitOptions }} from './runtime/types.js';
export type {{ Backend, CallOptions, InitOptions }};

/** One instance of the module. */
export interface Instance {{
    /** How its calls suspend. */
    readonly backend: Backend;
{members}}}

/** How calls suspend; `undefined` before `init`. */
export let backend: Backend | undefined;

/**
 * Loads and instantiates the module that the functions of this package belong to. Later calls
 * return the same instance.
 */
export function init(options?: InitOptions): Promise<Instance>;
export default init;

/** Makes another instance, with a memory, fibers and modules of its own. */
export function instantiate(options?: InitOptions): Promise<Instance>;
"
    )
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{About, Asyncify, Package, write};
    use crate::glue::Glue;

    fn write_with_export(name: &str) -> anyhow::Result<tempfile::TempDir> {
        write_with(name, &[])
    }

    fn write_with(name: &str, host_modules: &[&str]) -> anyhow::Result<tempfile::TempDir> {
        let glue = Glue {
            imports: "import { createPackage, init, f } from './snippets/x.js';\n".into(),
            imported: ["createPackage", "init", "f"].map(str::to_owned).into(),
            globals: ["Map", "backend"].map(str::to_owned).into(),
            source: "function createGlue(host) {}".into(),
            exports: vec![name.to_owned()],
            host_modules: host_modules.iter().map(|name| (*name).to_owned()).collect(),
        };
        let package = Package {
            about: &About {
                name: "x".into(),
                version: "1.2.3".into(),
                description: None,
                license: Some("MIT".into()),
            },
            glue: &glue,
            types: "export function f(): Promise<void>;",
            snippets: None,
            jspi: b"",
            asyncify: Some(Asyncify { wasm: b"", full: None, is_profiled: false, unseen: &[] }),
            foreign: &[],
            guarded: &[],
            cut: &[],
            has_names: false,
        };
        let folder = tempfile::tempdir()?;
        write(&package, folder.path())?;
        Ok(folder)
    }

    #[test]
    fn an_export_may_not_take_a_name_of_the_package() {
        let error = write_with_export("instantiate").unwrap_err().to_string();
        assert!(error.contains("the crate exports `instantiate`") && error.contains("js_name"));
    }

    #[test]
    fn a_program_carries_the_host_modules_that_it_uses() {
        for used in [true, false] {
            let folder = write_with("f", if used { &["waits"] } else { &[] }).unwrap();
            let read = |file| std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert_eq!(read("runtime.js").contains("function createHostWaits(host)"), used);
            let imported = "import { createPackage as createPackage_, createHostWaits } from";
            assert_eq!(read("x.js").contains(imported), used);
        }
    }

    #[test]
    fn the_authors_javascript_may_have_any_names() {
        let folder = write_with_export("f").unwrap();
        let entry = std::fs::read_to_string(folder.path().join("x.js")).unwrap();
        for line in [
            "import { createPackage as createPackage_ } from './runtime.js';",
            "const { main, instantiate } = createPackage_({",
            "export default async function init_(options) {",
            "export { backend_ as backend, init_ as init, instantiate };",
            "const { f: f_ } = main.exports;\nexport { f_ as f };",
        ] {
            assert!(entry.contains(line), "{entry}");
        }
        // The glue says `new Map()`, and the entry `new URL(…)`: those of JavaScript.
        for name in ["Map", "URL"] {
            let folder = write_with_export(name).unwrap();
            let entry = std::fs::read_to_string(folder.path().join("x.js")).unwrap();
            assert!(entry.contains(&format!("export {{ {name}_ as {name} }};")), "{entry}");
        }
    }

    #[test]
    fn the_manifest_describes_the_package() {
        let folder = write_with_export("f").unwrap();
        let text = std::fs::read_to_string(folder.path().join("package.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["version"], "1.2.3");
        assert_eq!(manifest["license"], "MIT");
        assert_eq!(manifest["exports"]["."]["default"], "./x.js");
        assert!(folder.path().join("runtime/types.d.ts").exists());
    }
}
