//! Scripts for pages that fetch them as they are, without a bundler: `NAME.min.js` beside `NAME.js`.
//!
//! The same code, with short names and no white space; each loads the minified one of those that it loads. Classes keep
//! their names, which errors tell.

use super::Joined;
use super::join::parse;
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions, LegalComment};
use oxc_mangler::{MangleOptions, MangleOptionsKeepNames, Mangler};

/// A script of a package, which may load others of the runtime.
pub fn minified(source: &str) -> String {
    let allocator = Allocator::default();
    let source = loading_minified(source);
    let program = parse(&allocator, &source).program;
    let keep_names = MangleOptionsKeepNames { function: false, class: true };
    let options = MangleOptions { keep_names, ..MangleOptions::default() };
    let names = Mangler::new().with_options(options).build(&program);
    // Bundlers are told by comments what they need not look at.
    let comments = CommentOptions {
        normal: false,
        jsdoc: false,
        annotation: true,
        legal: LegalComment::Inline,
    };
    let options = CodegenOptions { comments, ..CodegenOptions::minify() };
    let printed = Codegen::new()
        .with_options(options)
        .with_scoping(Some(names.scoping))
        .with_private_member_mappings(Some(names.class_private_mappings))
        .build(&program);
    printed.code + "\n"
}

/// `runtime.min.js`, and what it loads on demand.
pub fn minified_runtime(joined: &Joined) -> Vec<(String, String)> {
    let on_demand =
        joined.on_demand.iter().map(|(file, script)| (format!("runtime/{file}"), script));
    on_demand
        .chain([("runtime.js".to_owned(), &joined.script)])
        .map(|(file, script)| (name(&file), minified(script)))
        .collect()
}

/// `NAME.min.js`, of `NAME.js`.
pub fn name(file: &str) -> String {
    format!("{}.min.js", file.strip_suffix(".js").unwrap_or(file))
}

/// The names of the runtime's scripts, as they stand in `import` and in what is loaded on demand.
fn loading_minified(source: &str) -> String {
    let mut parts = source.split("runtime/");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        changed.push_str("runtime/");
        changed.push_str(&match part.split_once(".js'") {
            Some((file, rest)) if !file.contains(['\'', '\n']) => format!("{file}.min.js'{rest}"),
            _ => part.to_owned(),
        });
    }
    changed.replace("./runtime.js'", "./runtime.min.js'")
}

#[cfg(test)]
mod tests {
    use super::{minified, name};

    #[test]
    fn code_is_the_same_with_short_names() {
        let source = "\
import { createPackage } from './runtime.js';
export class Counter { #count = 0; add(number) { return this.#count += number; } }
const made = createPackage({ counter: Counter });
export const { describe } = made.exports;
// Loads it.
export async function load() { return import(/* @vite-ignore */ base + 'runtime/jspi.js'); }
";
        let minified = minified(source);
        for part in [
            "./runtime.min.js",
            "runtime/jspi.min.js",
            "@vite-ignore",
            "class Counter{",
            "const{describe}=",
            "function load(",
        ] {
            assert!(minified.contains(part), "{part}: {minified}");
        }
        assert!(!minified.contains("made") && !minified.contains("number"), "{minified}");
        assert_eq!(name("runtime/jspi.js"), "runtime/jspi.min.js");
    }
}
