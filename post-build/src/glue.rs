//! wasm-bindgen's JavaScript as a function that makes instances.
//!
//! wasm-bindgen writes an ES module, whose variables exist once. A program may want several
//! instances, so what stands in the module is moved into a function, unchanged but for this:
//!
//! ```js
//! import { readFile } from 'node:fs';           // stays at the top
//! import { startFiber } from 'suspendable:host';   // const { startFiber } = host;
//! import { wake } from 'suspendable:host/waits';    // const { wake } = createHostWaits(host);   of js/host/waits.js
//! export function describe(specifier) { … }        // function describe(specifier) { … }
//! let wasm;                                        // stays, once an instance
//! ```
//!
//! A function that is exclusive waits for its turn (js/host/exclusive.js):
//!
//! ```js
//! query(sql, options) { return host_exclusive.inTurn(this, options, () => { … }); }
//! ```
//!
//! What the WebAssembly calls counts, in `host.inside`, how many calls of it have not returned, and lets
//! the runtime know of each that throws: the module itself does not notice (`transform/crossing.rs`).
//!
//! ```js
//! function __wbg_read(arg0) { const inside = host.inside++; try { … }
//!     catch (thrown) { throw host.thrown(inside, thrown); } finally { host.inside = inside; } }
//! ```

use crate::runtime;
use crate::transform::{Foreign, NAMESPACE};
use anyhow::{Context, Result, bail, ensure};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BinaryOperator, Class, ClassElement, Declaration, Expression, Function,
    ImportDeclarationSpecifier, Program, Statement, UnaryOperator,
};
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType, Span};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use walrus::{ImportKind, Module};
use wasmparser::{Parser as WasmParser, Payload};

/// The module that stands for the runtime in the library's imports.
const HOST: &str = "suspendable:host";

/// And the beginning of those that stand for its modules in `host/`.
const HOST_MODULE: &str = "suspendable:host/";

/// The one of them for exclusive calls.
const EXCLUSIVE: &str = "exclusive";

/// In the place of `WebAssembly`, where `init` is going to say that the engine has no JSPI.
const STAND_IN: &str = "
    const { WebAssembly } = 'Suspending' in globalThis.WebAssembly
        ? globalThis
        : { WebAssembly: { Suspending: class {} } };";

/// The glue, as a function `createGlue`.
pub struct Glue {
    /// What it imports, but of the runtime, and the names that it has for that.
    pub imports: String,
    pub imported: BTreeSet<String>,
    /// The globals that it means by their bare names.
    pub globals: BTreeSet<String>,
    pub source: String,
    /// What the author exported, by its name in JavaScript.
    pub exports: Vec<String>,
    /// The modules of the runtime's `host/` of which it calls `create`.
    pub host_modules: BTreeSet<String>,
}

/// The functions that the WebAssembly imports, by their names, with the number of their parameters.
///
/// Not those of ours, nor those of wasm-bindgen's own JSPI, which leave the stack.
#[derive(Default)]
pub struct Imports {
    glue: BTreeMap<String, usize>,
    /// Straight from a module, without the glue.
    direct: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Imports {
    /// Those of a module which wasm-bindgen has made.
    pub fn of(module: &Module, name: &str, foreign: &Foreign) -> Imports {
        let glue = format!("./{name}_bg.js");
        let mut imports = Imports::default();
        for import in module.imports.iter().filter(|import| import.module != NAMESPACE) {
            let from = &import.module;
            let of_module = if *from == glue {
                &mut imports.glue
            } else {
                imports.direct.entry(from.clone()).or_default()
            };
            if let ImportKind::Function(function) = import.kind
                && !foreign.imports.contains(&function)
            {
                let ty = module.types.get(module.funcs.get(function).ty());
                of_module.insert(import.name.clone(), ty.params().len());
            }
        }
        imports
    }
}

/// The functions that `#[suspendable(exclusive)]` is on: `FUNCTION`, or `CLASS.METHOD`.
#[derive(Default)]
pub struct Exclusive(BTreeMap<String, Turn>);

#[derive(Clone, Copy)]
enum Turn {
    /// It waits.
    Waits,
    /// It cannot.
    Now,
}

impl Exclusive {
    /// The custom section that the attribute has left.
    const SECTION: &str = "suspendable.exclusive";

    /// Those of a linked module.
    pub fn of(wasm: &[u8]) -> Result<Exclusive> {
        let mut named = BTreeMap::new();
        for payload in WasmParser::new(0).parse_all(wasm) {
            if let Payload::CustomSection(section) = payload?
                && section.name() == Self::SECTION
            {
                let lines = std::str::from_utf8(section.data()).context("names are text")?;
                for line in lines.lines() {
                    let (name, turn) = match line.split_once(' ') {
                        Some(("call", name)) => (name, Turn::Waits),
                        Some(("now", name)) => (name, Turn::Now),
                        _ => bail!("the section {} has a line {line:?}", Self::SECTION),
                    };
                    named.insert(name.to_owned(), turn);
                }
            }
        }
        Ok(Exclusive(named))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Makes `createGlue` of wasm-bindgen's two files. Its own JSPI makes objects which not every engine has,
/// before `init` can say so.
pub fn instantiable(
    entry: &str,
    glue: &str,
    imports: &Imports,
    exclusive: &Exclusive,
    has_jspi: bool,
) -> Result<Glue> {
    let exports = parse(entry, |program| Ok(author_exports(program)))
        .context("cannot read the entry module that wasm-bindgen wrote")?;
    parse(glue, |program| wrap(program, glue, exports, imports, exclusive, has_jspi))
        .context("cannot read the glue that wasm-bindgen wrote")
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
    exports: Vec<String>,
    imported: &Imports,
    exclusive: &Exclusive,
    has_jspi: bool,
) -> Result<Glue> {
    let text = |span: Span| &source[span.start as usize..span.end as usize];
    let mut top = String::new();
    let mut locals = BTreeSet::new();
    // What the glue, or the WebAssembly itself, takes from the host and its modules.
    let mut hosts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut functions: Vec<Exported> = Vec::new();
    // What takes the place of parts of the module in the function's body.
    let mut edits: Vec<(Span, Cow<str>)> = Vec::new();
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                if let Some(host) = host_of(&import.source.value) {
                    let names = import.specifiers.iter().flatten().filter_map(renamed);
                    hosts.entry(host).or_default().extend(names);
                } else {
                    top.push_str(text(import.span));
                    top.push('\n');
                    let specifiers = import.specifiers.iter().flatten();
                    locals.extend(specifiers.map(|specifier| specifier.name().to_string()));
                }
                edits.push((import.span, "".into()));
            }
            Statement::ExportDeclaration(export) => {
                edits.push((
                    Span::new(export.span.start, export.declaration.span().start),
                    "".into(),
                ));
                let name = declared_name(&export.declaration);
                functions.extend(name.map(|name| Exported { local: name.clone(), name }));
            }
            Statement::ExportNamedDeclaration(export) => {
                functions.extend(export.specifiers.iter().map(|specifier| Exported {
                    name: specifier.exported.name().to_string(),
                    local: specifier.local.name().to_string(),
                }));
                edits.push((export.span, "".into()));
            }
            _ => {}
        }
    }
    let (authors, imports): (Vec<_>, Vec<_>) =
        functions.into_iter().partition(|function| exports.contains(&function.name));
    let mut counted = BTreeSet::new();
    for function in program.body.iter().filter_map(function_of) {
        let Some((id, body)) = function.id.as_ref().zip(function.body.as_ref()) else { continue };
        let is_it = |one: &&Exported| one.local == id.name.as_str();
        let import = imports.iter().find(is_it);
        if let Some(import) = import.filter(|import| imported.glue.contains_key(&import.name)) {
            let Span { start, end, .. } = body.span();
            if !body.statements.iter().all(calls_nobody) {
                edits.push((Span::new(start, start + 1), BEFORE.into()));
                edits.push((Span::new(end - 1, end), AFTER.into()));
            }
            counted.insert(&import.name);
        }
    }
    if !exclusive.is_empty() {
        hosts.entry(EXCLUSIVE).or_default();
        edits.extend(turns(program, exclusive)?);
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut body = String::new();
    let mut from = 0;
    for (span, replacement) in edits {
        body.push_str(&source[from..span.start as usize]);
        body.push_str(&replacement);
        from = span.end as usize;
    }
    body.push_str(&source[from..]);
    let imports = imports.iter().map(|import| match imported.glue.get(&import.name) {
        Some(parameters) if !counted.contains(&import.name) => {
            format!("{}: {}", import.name, counting(&import.local, *parameters))
        }
        _ => import.property(),
    });
    let mut modules = String::new();
    for (index, (module, names)) in imported.direct.iter().enumerate() {
        let host = host_of(module);
        let module = serde_json::Value::from(module.as_str());
        let object = match host {
            Some(host) => {
                hosts.entry(host).or_default();
                object_of(host)
            }
            None => {
                let _ = writeln!(top, "import * as direct{index} from {module};");
                locals.insert(format!("direct{index}"));
                format!("direct{index}")
            }
        };
        let _ = write!(modules, "\n            {module}: {{");
        for (name, parameters) in names {
            let name = serde_json::Value::from(name.as_str());
            let function = counting(&format!("(0, {object}[{name}])"), *parameters);
            let _ = write!(modules, "\n                {name}: {function},");
        }
        modules.push_str("\n            },");
    }
    let stand_in = if has_jspi { STAND_IN } else { "" };
    let mut takes = String::new();
    for host in hosts.keys().filter(|host| !host.is_empty()) {
        let _ = write!(takes, "\n    const {} = {}(host);", object_of(host), creator_of(host));
    }
    // Behind all of them, for they may put functions of their own into the host.
    for (host, names) in hosts.iter().filter(|(_, names)| !names.is_empty()) {
        let _ = write!(takes, "\n    const {{ {} }} = {};", names.join(", "), object_of(host));
    }
    let list = |names: Vec<String>| {
        names.iter().fold(String::new(), |mut list, name| {
            let _ = write!(list, "\n            {name},");
            list
        })
    };
    let source = format!(
        "\
function createGlue(host) {{{takes}{stand_in}

{}

    return {{
        exports: {{{}
        }},
        imports: {{{}
        }},
        modules: {{{modules}
        }},
    }};
}}
",
        body.trim(),
        list(authors.iter().map(Exported::property).collect()),
        list(imports.collect()),
    );
    let host_modules = hosts.into_keys().filter(|host| !host.is_empty());
    let host_modules = host_modules.map(str::to_owned).collect();
    let globals = globals_of(program);
    Ok(Glue { imports: top, imported: locals, globals, source, exports, host_modules })
}

/// The names that it does not declare.
fn globals_of(program: &Program) -> BTreeSet<String> {
    let scoping = SemanticBuilder::new().build(program).semantic.into_scoping();
    scoping.root_unresolved_references().keys().map(|name| name.to_string()).collect()
}

/// Whether a statement can neither throw nor have other JavaScript run: then there is nothing to count.
fn calls_nobody(statement: &Statement) -> bool {
    match statement {
        Statement::VariableDeclaration(variables) => {
            let mut values = variables.declarations.iter().map(|one| one.init.as_ref());
            values.all(|value| value.is_some_and(is_plain))
        }
        Statement::ReturnStatement(end) => end.argument.as_ref().is_none_or(is_plain),
        _ => false,
    }
}

/// Whether an expression only looks at values: `typeof(val) === 'object' && val !== null`.
fn is_plain(expression: &Expression) -> bool {
    match expression {
        Expression::Identifier(_)
        | Expression::NullLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NumericLiteral(_)
        | Expression::StringLiteral(_) => true,
        Expression::ParenthesizedExpression(inner) => is_plain(&inner.expression),
        Expression::UnaryExpression(unary) => {
            let is_safe =
                matches!(unary.operator, UnaryOperator::Typeof | UnaryOperator::LogicalNot);
            is_safe && is_plain(&unary.argument)
        }
        Expression::BinaryExpression(binary) => {
            let operator = binary.operator;
            let is_safe = matches!(
                operator,
                BinaryOperator::StrictEquality | BinaryOperator::StrictInequality
            );
            is_safe && is_plain(&binary.left) && is_plain(&binary.right)
        }
        Expression::LogicalExpression(logical) => {
            is_plain(&logical.left) && is_plain(&logical.right)
        }
        _ => false,
    }
}

/// What makes the functions of `exclusive` wait.
fn turns(program: &Program, exclusive: &Exclusive) -> Result<Vec<(Span, Cow<'static, str>)>> {
    let mut left = exclusive.0.clone();
    let mut edits = Vec::new();
    let mut put = |name: String, key: &str, function: &Function| {
        let (Some(turn), Some(body)) = (left.remove(&name), &function.body) else { return };
        let Span { start, end, .. } = body.span();
        let last = function.params.items.last();
        let options = last.and_then(|last| last.pattern.get_identifier_name());
        let options = options.map_or("undefined".to_owned(), |name| name.to_string());
        let (before, after) = match turn {
            Turn::Waits => {
                let call = format!("{{ return host_{EXCLUSIVE}.inTurn({key}, {options}, () => {{");
                (call, "}); }")
            }
            Turn::Now => (format!("{{ host_{EXCLUSIVE}.now({key});"), "}"),
        };
        edits.push((Span::new(start, start + 1), before.into()));
        edits.push((Span::new(end - 1, end), after.into()));
    };
    for statement in &program.body {
        if let Some(function) = function_of(statement)
            && let Some(id) = &function.id
        {
            put(id.name.to_string(), id.name.as_str(), function);
        }
        let Some(class) = class_of(statement) else { continue };
        let Some(id) = &class.id else { continue };
        for element in &class.body.body {
            if let ClassElement::MethodDefinition(method) = element
                && !method.r#static
                && let Some(name) = method.key.static_name()
            {
                put(format!("{}.{name}", id.name), "this", &method.value);
            }
        }
    }
    let left: Vec<_> = left.into_keys().collect();
    ensure!(
        left.is_empty(),
        "#[suspendable(exclusive)] is on {}, which wasm-bindgen has under another name: give the \
         `impl` the `js_class` that the struct has as `js_name`",
        left.join(", ")
    );
    Ok(edits)
}

/// Which module of the host a specifier stands for: the empty name is the host itself.
fn host_of(specifier: &str) -> Option<&str> {
    if specifier == HOST { Some("") } else { specifier.strip_prefix(HOST_MODULE) }
}

/// What a module of the host is called in the glue.
fn object_of(host: &str) -> String {
    if host.is_empty() { "host".to_owned() } else { format!("host_{host}") }
}

/// The runtime's function that makes it.
pub fn creator_of(host: &str) -> String {
    format!("createHost{}", runtime::camel(host))
}

/// In the places of the braces of a function that the WebAssembly calls.
const BEFORE: &str = "{ const inside = host.inside++; try {";
const AFTER: &str =
    "} catch (thrown) { throw host.thrown(inside, thrown); } finally { host.inside = inside; } }";

/// A function that calls another one, and counts.
fn counting(function: &str, parameters: usize) -> String {
    let list: Vec<_> = (0..parameters).map(|index| format!("arg{index}")).collect();
    let list = list.join(", ");
    format!("({list}) => {BEFORE} return {function}({list}); {AFTER}")
}

/// Something that the glue exports.
struct Exported {
    name: String,
    /// What it is called in the glue.
    local: String,
}

impl Exported {
    /// As a property of an object.
    fn property(&self) -> String {
        let Exported { name, local } = self;
        if name == local { name.clone() } else { format!("{name}: {local}") }
    }
}

/// The function that a statement declares, exported or not.
fn function_of<'a>(statement: &'a Statement<'a>) -> Option<&'a Function<'a>> {
    match statement {
        Statement::FunctionDeclaration(function) => Some(function),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::FunctionDeclaration(function) => Some(function),
            _ => None,
        },
        _ => None,
    }
}

/// The class that a statement declares, exported or not.
fn class_of<'a>(statement: &'a Statement<'a>) -> Option<&'a Class<'a>> {
    match statement {
        Statement::ClassDeclaration(class) => Some(class),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::ClassDeclaration(class) => Some(class),
            _ => None,
        },
        _ => None,
    }
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
    use super::{AFTER, BEFORE, Exclusive, Imports, Turn, instantiable};
    use std::collections::BTreeMap;

    const ENTRY: &str = "import * as wasm from './x_bg.wasm';
import { __wbg_set_wasm } from './x_bg.js';
__wbg_set_wasm(wasm);
export { Counter, describe } from './x_bg.js';
";
    const GLUE: &str = "import { startFiber as start } from 'suspendable:host';
import { readFile } from 'node:fs';
import { wake } from 'suspendable:host/waits';
export class Counter { add(x, o) { x(); } get sum() { return 1; } }
/** Documented; export stays in the text. */
export function describe(x) { return `export ${x}`; }
export function __wbg_call() { return start(readFile); }
export function __wbg_is_null(arg0) { const ret = typeof(arg0) === 'object' && arg0 === null; return ret; }
export const __wbg_now = typeof Date.now == 'function' ? Date.now : undefined;
let wasm;
export function __wbg_set_wasm(val) { wasm = val; }
";

    #[test]
    fn the_module_becomes_a_function() {
        let functions = |names: &[(&str, usize)]| {
            names.iter().map(|(name, parameters)| ((*name).to_owned(), *parameters)).collect()
        };
        let imports = Imports {
            glue: functions(&[("__wbg_call", 0), ("__wbg_is_null", 1), ("__wbg_now", 1)]),
            direct: BTreeMap::from([
                ("suspendable:host".to_owned(), functions(&[("startFiber", 1)])),
                ("node:path".to_owned(), functions(&[("join", 2)])),
                ("suspendable:host/fs".to_owned(), functions(&[("close", 1)])),
            ]),
        };
        let exclusive = Exclusive(BTreeMap::from([
            ("describe".to_owned(), Turn::Waits),
            ("Counter.add".to_owned(), Turn::Waits),
            ("Counter.sum".to_owned(), Turn::Now),
        ]));
        let glue = instantiable(ENTRY, GLUE, &imports, &exclusive, false).unwrap();
        assert_eq!(glue.exports, ["Counter", "describe"]);
        let (top, body) = (glue.imports, glue.source);
        let imported: Vec<_> = glue.imported.iter().map(String::as_str).collect();
        assert!(matches!(imported[..], ["direct0" | "direct1", "readFile"]), "{imported:?}");
        assert!(top.contains("import { readFile } from 'node:fs';"));
        assert!(top.contains("import * as direct0 from \"node:path\";") || top.contains("direct1"));
        assert!(!top.contains("suspendable:host"));
        assert!(body.contains("const { startFiber: start } = host;"));
        assert!(body.contains("const host_waits = createHostWaits(host);"));
        assert!(body.contains("const { wake } = host_waits;"));
        assert!(body.contains("return (0, host_fs[\"close\"])(arg0);"));
        assert_eq!(glue.host_modules.iter().collect::<Vec<_>>(), ["exclusive", "fs", "waits"]);
        assert!(body.contains(
            "class Counter { add(x, o) { return host_exclusive.inTurn(this, o, () => { x(); }); } \
             get sum() { host_exclusive.now(this); return 1; } }"
        ));
        assert!(body.contains(
            "\nfunction describe(x) { return host_exclusive.inTurn(describe, x, () => { return \
             `export ${x}`; }); }"
        ));
        assert!(body.contains("exports: {\n            Counter,\n            describe,\n"));
        // What the WebAssembly calls is counted, whichever way it is there, unless it calls nobody.
        assert!(body.contains("\nfunction __wbg_is_null(arg0) { const ret = "));
        assert!(body.contains(&format!(
            "\nfunction __wbg_call() {BEFORE} return start(readFile); {AFTER}"
        )));
        assert!(body.contains(
            "imports: {\n            __wbg_call,\n            __wbg_is_null,\n            \
                 __wbg_now: (arg0) =>"
        ));
        assert!(
            body.contains("return __wbg_now(arg0);")
                && body.contains("\n            __wbg_set_wasm,")
        );
        assert!(body.contains("return (0, host[\"startFiber\"])(arg0);"));
        assert!(body.contains("return (0, direct0[\"join\"])(arg0, arg1);"));
    }

    #[test]
    fn what_is_no_javascript_is_an_error() {
        let error = instantiable(
            ENTRY,
            "export function (",
            &Imports::default(),
            &Exclusive::default(),
            false,
        )
        .err()
        .unwrap();
        assert!(error.to_string().contains("glue that wasm-bindgen wrote"));
    }
}
