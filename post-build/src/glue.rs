//! wasm-bindgen's JavaScript as a function that makes instances.
//!
//! wasm-bindgen writes an ES module, whose variables exist once. A program may want several
//! instances, so what stands in the module is moved into a function, unchanged but for this:
//!
//! ```js
//! import { readFile } from 'node:fs';           // stays at the top
//! import { startFiber } from 'suspendable:host';   // const { startFiber } = host;
//! export function describe(specifier) { … }        // function describe(specifier) { … }
//! let wasm;                                        // stays, once an instance
//! ```

use anyhow::{Context, Result, ensure};
use oxc_allocator::Allocator;
use oxc_ast::ast::{Declaration, ImportDeclarationSpecifier, Program, Statement};
use oxc_parser::{Parser, ParserReturn};
use oxc_span::{GetSpan, SourceType, Span};
use std::fmt::Write;

/// The module that stands for the runtime in the library's imports.
const HOST: &str = "suspendable:host";

/// In the place of `WebAssembly`, where `init` is going to say that the engine has no JSPI.
const STAND_IN: &str = "
    const { WebAssembly } = 'Suspending' in globalThis.WebAssembly
        ? globalThis
        : { WebAssembly: { Suspending: class {} } };";

/// The glue, as a module that exports `createGlue`.
pub struct Glue {
    pub source: String,
    /// What the author exported, by its name in JavaScript.
    pub exports: Vec<String>,
}

/// Makes `createGlue` of wasm-bindgen's two files.
///
/// wasm-bindgen lets the WebAssembly import some functions straight from a module: `direct` lists
/// those modules. Its own JSPI makes objects which not every engine has, before `init` can say so.
pub fn instantiable(
    entry: &str,
    glue: &str,
    name: &str,
    direct: &[String],
    has_jspi: bool,
) -> Result<Glue> {
    let exports = parse(entry, |program| Ok(author_exports(program)))
        .context("cannot read the entry module that wasm-bindgen wrote")?;
    let source = parse(glue, |program| Ok(wrap(program, glue, name, &exports, direct, has_jspi)))
        .context("cannot read the glue that wasm-bindgen wrote")?;
    Ok(Glue { source, exports })
}

fn parse<T>(source: &str, then: impl FnOnce(&Program) -> Result<T>) -> Result<T> {
    let allocator = Allocator::default();
    let ParserReturn { program, diagnostics, panicked, .. } =
        Parser::new(&allocator, source, SourceType::mjs()).parse();
    let first = diagnostics.first().map(ToString::to_string).unwrap_or_default();
    ensure!(!panicked && first.is_empty(), "{first}");
    then(&program)
}

/// The names in `export { … } from "./NAME_bg.js"`.
fn author_exports(program: &Program) -> Vec<String> {
    let mut names = Vec::new();
    for statement in &program.body {
        if let Statement::ExportFromDeclaration(export) = statement {
            names.extend(export.specifiers.iter().map(|s| s.exported.name().to_string()));
        }
    }
    names
}

/// The glue's module with its imports on top and the rest in a function.
fn wrap(
    program: &Program,
    source: &str,
    name: &str,
    exports: &[String],
    direct: &[String],
    has_jspi: bool,
) -> String {
    let text = |span: Span| &source[span.start as usize..span.end as usize];
    let mut imports = String::new();
    let mut host = Vec::new();
    let mut functions = Vec::new();
    // The parts of the module that are left out of the function's body.
    let mut cut = Vec::new();
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                if import.source.value == HOST {
                    host.extend(import.specifiers.iter().flatten().filter_map(renamed));
                } else {
                    imports.push_str(text(import.span));
                    imports.push('\n');
                }
                cut.push(import.span);
            }
            Statement::ExportDeclaration(export) => {
                cut.push(Span::new(export.span.start, export.declaration.span().start));
                functions.extend(declared_name(&export.declaration));
            }
            Statement::ExportNamedDeclaration(export) => {
                let names = export.specifiers.iter().map(|specifier| {
                    let (local, exported) = (specifier.local.name(), specifier.exported.name());
                    format!("{exported}: {local}")
                });
                functions.extend(names);
                cut.push(export.span);
            }
            _ => {}
        }
    }
    let mut modules = String::new();
    for (index, module) in direct.iter().enumerate() {
        let module = serde_json::Value::from(module.as_str());
        if module == HOST {
            let _ = write!(modules, "\n            {module}: host,");
        } else {
            let _ = writeln!(imports, "import * as direct{index} from {module};");
            let _ = write!(modules, "\n            {module}: direct{index},");
        }
    }
    let mut body = String::new();
    let mut from = 0;
    for span in cut {
        body.push_str(&source[from..span.start as usize]);
        from = span.end as usize;
    }
    body.push_str(&source[from..]);
    let stand_in = if has_jspi { STAND_IN } else { "" };
    let (before, host) = (imports, host.join(", "));
    let is_author_export =
        |entry: &&String| exports.iter().any(|export| entry.split(':').next() == Some(export));
    let (exported, imported): (Vec<_>, Vec<_>) = functions.iter().partition(is_author_export);
    let list = |names: &[&String]| {
        names.iter().fold(String::new(), |mut list, name| {
            let _ = write!(list, "\n            {name},");
            list
        })
    };
    format!(
        "\
// What wasm-bindgen wrote for {name}: the JavaScript side of its exports and imports.
// Everything in `createGlue` exists once for each instance.

{before}
export function createGlue(host) {{
    const {{ {host} }} = host;{stand_in}

{}

    return {{
        /** What the author exported. */
        exports: {{{}
        }},
        /** What the WebAssembly imports: functions of this file … */
        imports: {{{}
        }},
        /** … and whole modules. */
        modules: {{{modules}
        }},
    }};
}}
",
        body.trim(),
        list(&exported),
        list(&imported),
    )
}

/// An import as a property of a destructuring pattern.
fn renamed(specifier: &ImportDeclarationSpecifier) -> Option<String> {
    let ImportDeclarationSpecifier::ImportSpecifier(specifier) = specifier else {
        return None;
    };
    let (imported, local) = (specifier.imported.name(), &specifier.local.name);
    Some(if imported == *local { imported.to_string() } else { format!("{imported}: {local}") })
}

/// The name that a declaration gives.
fn declared_name(declaration: &Declaration) -> Option<String> {
    match declaration {
        Declaration::FunctionDeclaration(function) => {
            function.id.as_ref().map(|id| id.name.to_string())
        }
        Declaration::ClassDeclaration(class) => class.id.as_ref().map(|id| id.name.to_string()),
        Declaration::VariableDeclaration(variable) => {
            let first = variable.declarations.first()?;
            first.id.get_identifier_name().map(|name| name.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::instantiable;

    const ENTRY: &str = "import * as wasm from './x_bg.wasm';
import { __wbg_set_wasm } from './x_bg.js';
__wbg_set_wasm(wasm);
export { Counter, describe } from './x_bg.js';
";
    const GLUE: &str = "import { startFiber as start } from 'suspendable:host';
import { readFile } from 'node:fs';
export class Counter {}
/** Documented; export stays in the text. */
export function describe(x) { return `export ${x}`; }
export function __wbg_call() { return start(readFile); }
let wasm;
export function __wbg_set_wasm(val) { wasm = val; }
";

    #[test]
    fn the_module_becomes_a_function() {
        let direct = ["suspendable:host".to_owned(), "node:path".to_owned()];
        let glue = instantiable(ENTRY, GLUE, "x", &direct, false).unwrap();
        assert_eq!(glue.exports, ["Counter", "describe"]);
        let (top, body) = glue.source.split_once("export function createGlue(host) {").unwrap();
        assert!(top.contains("import { readFile } from 'node:fs';"));
        assert!(top.contains("import * as direct0 from \"node:path\";") || top.contains("direct1"));
        assert!(!top.contains("suspendable:host"));
        assert!(body.contains("const { startFiber: start } = host;"));
        assert!(body.contains("\nclass Counter {}"));
        assert!(body.contains("\nfunction describe(x) { return `export ${x}`; }"));
        assert!(body.contains("exports: {\n            Counter,\n            describe,\n"));
        assert!(
            body.contains("imports: {\n            __wbg_call,\n            __wbg_set_wasm,\n")
        );
        assert!(body.contains("\"suspendable:host\": host,"));
    }

    #[test]
    fn what_is_no_javascript_is_an_error() {
        let error = instantiable(ENTRY, "export function (", "x", &[], false).err().unwrap();
        assert!(error.to_string().contains("glue that wasm-bindgen wrote"));
    }
}
