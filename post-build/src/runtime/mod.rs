//! The runtime, js/ of this repository, of which a package carries what it can reach: one script, `runtime.js`, the
//! scripts that this one loads on demand, and types.

mod join;
mod minified;

pub use join::{Entry, Joined, camel, join, printed};
pub use minified::{minified, minified_runtime};

use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;

static ALL: Dir = include_dir!("$CARGO_MANIFEST_DIR/runtime");

/// What modules of the library in the author's WebAssembly ask for: the name behind `suspendable:host/` is that of
/// the file.
pub fn host_module(name: &str) -> Option<String> {
    let file = format!("host/{name}.js");
    ALL.get_file(&file).map(|_| file)
}

/// A file of types and those that it imports, by their paths.
pub fn types(entry: &str) -> BTreeMap<String, &'static str> {
    let mut reached = BTreeMap::new();
    let mut queue = vec![entry.to_owned()];
    while let Some(path) = queue.pop() {
        let content = content(&path);
        let imported = content
            .lines()
            .filter_map(|line| line.split_once("from './").or(line.split_once("from '.")));
        for (_, specifier) in imported {
            let specifier = specifier.split('\'').next().expect("the text before a quote");
            let specifier = if specifier.starts_with("./") {
                format!(".{specifier}")
            } else {
                format!("./{specifier}")
            };
            // Types are imported as if they were compiled.
            let target = resolve(&path, &specifier).replace(".js", ".d.ts");
            if !reached.contains_key(&target) {
                queue.push(target);
            }
        }
        reached.insert(path, content);
    }
    reached
}

fn content(path: &str) -> &'static str {
    let file = ALL.get_file(path).and_then(|file| file.contents_utf8());
    file.unwrap_or_else(|| panic!("the runtime has no file {path}"))
}

/// Where a relative specifier leads from a file.
fn resolve(from: &str, specifier: &str) -> String {
    let mut names: Vec<&str> = from.split('/').collect();
    names.pop();
    for name in specifier.split('/') {
        match name {
            "." => {}
            ".." => _ = names.pop(),
            name => names.push(name),
        }
    }
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::{resolve, types};

    #[test]
    fn specifiers_lead_to_files() {
        assert_eq!(resolve("host/fs/root.js", "../failure.js"), "host/failure.js");
        assert_eq!(resolve("index.js", "./loader.js"), "loader.js");
    }

    #[test]
    fn types_come_with_those_that_they_import() {
        assert_eq!(types("types.d.ts").into_keys().collect::<Vec<_>>(), ["types.d.ts"]);
        let of_programs: Vec<_> = types("program/run.d.ts").into_keys().collect();
        assert_eq!(of_programs, ["program/run.d.ts", "types.d.ts"]);
    }
}
