//! The files of a package.
//!
//! ```text
//! NAME.js               what a program imports: init, instantiate, backend, the author's exports
//! NAME.d.ts
//! NAME.glue.js          wasm-bindgen's side (see glue.rs)
//! NAME.wasm             for engines with JSPI
//! NAME.asyncify.wasm    for all, unless wasm-bindgen's own JSPI is in the module
//! NAME.full.wasm        the same without a profile, if that is asked for
//! NAME.functions.json   the names for a message that should never be needed (transform/guard.rs)
//! runtime/              js/ of this repository, and of js/host/ what the program uses
//! snippets/             the author's own JavaScript, if any
//! package.json
//! ```

use crate::about::About;
use crate::analysis::Watched;
use crate::glue::Glue;
use crate::runtime;
use crate::transform::rust_path;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// What the entry module exports beside what the author does.
const OWN_EXPORTS: [&str; 4] = ["backend", "default", "init", "instantiate"];

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
    for name in &package.glue.exports {
        ensure!(
            !OWN_EXPORTS.contains(&name.as_str()),
            "the crate exports `{name}`, which is a name of the package itself: give it another \
             with `js_name`"
        );
    }
    let name = &package.about.name;
    let folder = Folder(directory);
    // Files from before may be of modules that are no longer used.
    folder.remove("runtime")?;
    let put = |file: &str, content: &[u8]| folder.put(file, content);
    let mut entries = vec!["index.js".to_owned()];
    for used in &package.glue.host_modules {
        let module = runtime::host_module(used).with_context(|| {
            format!(
                "the crate imports `suspendable:host/{used}`, which this tool does not know: it is of \
                 another version than the crate `suspendable`"
            )
        })?;
        entries.push(module);
    }
    for (file, content) in runtime::reach(entries.iter().map(String::as_str)) {
        put(&format!("runtime/{file}"), content.as_bytes())?;
    }
    put(&format!("{name}.js"), entry(package).as_bytes())?;
    put(&format!("{name}.d.ts"), types(package).as_bytes())?;
    put(&format!("{name}.glue.js"), package.glue.source.as_bytes())?;
    put(&format!("{name}.wasm"), package.jspi)?;
    let asyncify = package.asyncify.as_ref();
    folder.put_or_remove(&format!("{name}.asyncify.wasm"), asyncify.map(|made| made.wasm))?;
    folder.put_or_remove(&format!("{name}.full.wasm"), asyncify.and_then(|made| made.full))?;
    let unseen = asyncify.map_or(&[][..], |made| made.unseen);
    let guarded = package.guarded.iter().map(|(name, rule)| (name, *rule));
    folder.put_names(name, guarded.chain(unseen.iter().map(|name| (name, None))))?;
    put("package.json", package.about.of_library().as_bytes())?;
    folder.remove("snippets")?;
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

    /// Writes the names of the functions that the guard watches, as Rust paths, with the rule that has left them out.
    pub fn put_names<'a>(
        &self,
        package: &str,
        watched: impl IntoIterator<Item = (&'a String, Option<&'static str>)>,
    ) -> Result<()> {
        let name = |(name, rule): (&String, Option<&str>)| match rule {
            Some(rule) => serde_json::json!([rust_path(name), rule]),
            None => rust_path(name).into(),
        };
        let names: Vec<serde_json::Value> = watched.into_iter().map(name).collect();
        let names = serde_json::to_string_pretty(&names)?;
        self.put(&format!("{package}.functions.json"), names.as_bytes())
    }
}

/// What the runtime has to know of how the package was built, for the guard's errors.
#[derive(Default)]
pub struct Built<'a> {
    /// From which of the guard's numbers on functions are members that no profile has seen, if there is a profile.
    pub first_unseen: Option<usize>,
    /// Whether there is a file in which they are instrumented.
    pub has_full: bool,
    pub cut: &'a [String],
}

impl Built<'_> {
    /// As properties for the runtime.
    pub fn properties(&self, name: &str) -> String {
        let mut properties = String::new();
        if let Some(first) = self.first_unseen {
            let full = match self.has_full {
                true => format!(", full: () => new URL('./{name}.full.wasm', import.meta.url)"),
                false => String::new(),
            };
            properties += &format!("    profile: {{ first: {first}{full} }},\n");
        }
        if !self.cut.is_empty() {
            properties += &format!("    cut: {},\n", serde_json::Value::from(self.cut));
        }
        properties
    }
}

/// The module that a program imports.
fn entry(package: &Package) -> String {
    let name = &package.about.name;
    let mut exports = String::new();
    for export in &package.glue.exports {
        exports.push_str(&format!("export const {export} = main.exports.{export};\n"));
    }
    let others = if package.asyncify.is_some() {
        format!(
            "        asyncify: () => new URL('./{name}.asyncify.wasm', import.meta.url),\n    }},"
        )
    } else {
        format!("    }},\n    foreign: {},", serde_json::Value::from(package.foreign))
    };
    let made = package.asyncify.as_ref();
    let built = Built {
        first_unseen: made.filter(|made| made.is_profiled).map(|_| package.guarded.len()),
        has_full: made.is_some_and(|made| made.full.is_some()),
        cut: package.cut,
    };
    let built = built.properties(name);
    format!(
        "\
/* @ts-self-types=\"./{name}.d.ts\" */
import {{ createPackage }} from './runtime/index.js';
import {{ createGlue }} from './{name}.glue.js';

const {{ main, instantiate }} = createPackage({{
    createGlue,
    glueModule: './{name}_bg.js',
    wasm: {{
        jspi: () => new URL('./{name}.wasm', import.meta.url),
{others}
    functionNames: () => new URL('./{name}.functions.json', import.meta.url),
{built}}});

/** How calls suspend: 'jspi' or 'asyncify'; undefined before `init`. */
export let backend;

/** Loads and instantiates the module that the functions below belong to. */
export default async function init(options) {{
    const instance = await main.init(options);
    backend = instance.backend;
    return instance;
}}

export {{ init, instantiate }};

{exports}"
    )
}

fn types(package: &Package) -> String {
    let mut members = String::new();
    for export in &package.glue.exports {
        members.push_str(&format!("    readonly {export}: typeof {export};\n"));
    }
    let types = package.types.trim_end();
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
            source: String::new(),
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
            assert_eq!(folder.path().join("runtime/host/waits.js").exists(), used);
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
