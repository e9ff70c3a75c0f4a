//! The runtime, js/ of this repository, of which a package carries what it can reach.

use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;

static ALL: Dir = include_dir!("$CARGO_MANIFEST_DIR/runtime");

/// What modules of the library in the author's WebAssembly ask for: the name behind `suspendable:host/` is that of
/// the file.
pub fn host_module(name: &str) -> Option<String> {
    let file = format!("host/{name}.js");
    ALL.get_file(&file).map(|_| file)
}

/// Some files, and all that they import, modules and types, by their paths.
pub fn reach<'a>(entries: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, &'static str> {
    let mut reached = BTreeMap::new();
    let mut queue: Vec<String> = entries.into_iter().map(str::to_owned).collect();
    while let Some(path) = queue.pop() {
        if reached.contains_key(&path) {
            continue;
        }
        let content = content(&path).unwrap_or_else(|| panic!("the runtime has no file {path}"));
        for specifier in imports(content) {
            let target = resolve(&path, specifier);
            // Types are imported as if they were compiled.
            let types = target.replace(".js", ".d.ts");
            queue.push(if content_exists(&target) { target } else { types });
        }
        reached.insert(path, content);
    }
    reached
}

fn content(path: &str) -> Option<&'static str> {
    ALL.get_file(path)?.contents_utf8()
}

fn content_exists(path: &str) -> bool {
    ALL.get_file(path).is_some()
}

/// The relative specifiers in a file: behind `from`, and in `import()`, in comments too, which say types.
fn imports(content: &str) -> impl Iterator<Item = &str> {
    let is_code = |line: &&str| !line.trim_start().starts_with(['*', '/']);
    let from = content.lines().filter(is_code).flat_map(|line| behind(line, "from '"));
    from.chain(behind(content, "import('"))
}

/// The relative specifiers behind `start`.
fn behind<'a>(text: &'a str, start: &'static str) -> impl Iterator<Item = &'a str> {
    text.match_indices(start).filter_map(move |(at, _)| {
        let rest = &text[at + start.len()..];
        rest.starts_with('.').then(|| rest.split('\'').next().unwrap_or(rest))
    })
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
    use super::{reach, resolve};

    #[test]
    fn what_files_import_comes_with_them() {
        assert_eq!(resolve("host/fs/root.js", "../failure.js"), "host/failure.js");
        let timer = reach(["host/timer.js"]);
        assert!(timer.contains_key("types.d.ts") && !timer.contains_key("host/fs.js"));
        let program = reach(["program/index.js", "program/command.js"]);
        for file in ["wasi/index.js", "host/fs/root.js", "source.js", "program/types.d.ts"] {
            assert!(program.contains_key(file), "{file}");
        }
        for file in ["index.js", "asyncify.js", "host/net.js"] {
            assert!(!program.contains_key(file), "{file}");
        }
    }
}
