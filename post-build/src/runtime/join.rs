//! Modules of the runtime as one script: a page without a bundler fetches it in one request.
//!
//! What is joined stays as it was written, but for its comments. The declarations of all modules stand in one scope,
//! those that a module imports before its own; of names that several have, the later ones get the module's behind
//! theirs (`settled` of asyncify.js is `settledAsyncify`). A declaration that nothing reaches is left out.
//!
//! ```js
//! import { settle } from './native.js';       // gone: `settle` is in the same scope
//! export function load(files, options) { … }  // function load(files, options) { … }
//! import('./jspi-legacy.js')                  // import(… 'runtime/jspi-legacy.js' …): a script of its own
//! ```
//!
//! A module that is loaded on demand imports what it needs from that script, which exports it. Bundlers are not shown
//! that it is loaded: a bundle of several scripts is more than some can make, of a worker, say.

use super::{content, resolve};
use oxc_allocator::Allocator;
use oxc_ast::ast::{ImportDeclarationSpecifier, Program, Statement};
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions, LegalComment};
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::{Scoping, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan, SourceType, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a package imports from the script: an export of a module, and its name there.
pub struct Entry {
    pub module: String,
    pub export: &'static str,
    pub name: String,
}

impl Entry {
    /// Under its own name.
    pub fn of(module: &str, export: &'static str) -> Entry {
        Entry { module: module.into(), export, name: export.into() }
    }
}

/// The scripts.
pub struct Joined {
    /// `runtime.js`
    pub script: String,
    /// Those in `runtime/` that are loaded on demand, by their paths there.
    pub on_demand: BTreeMap<String, String>,
}

/// Joins what some exports of modules need. The package itself may load modules on demand, too.
pub fn join(entries: &[Entry], on_demand: &[&str]) -> Joined {
    let allocator = Allocator::default();
    let mut modules = Modules::new(&allocator);
    for entry in entries {
        modules.add(&entry.module);
    }
    for path in on_demand {
        modules.add_on_demand(path);
    }
    let Modules { mut list, on_demand, .. } = modules;
    let names = Names::choose(&list, entries);
    let mut exported: BTreeSet<&str> =
        entries.iter().map(|entry| names.of(&entry.module, entry.export)).collect();
    let on_demand = on_demand.into_iter().map(|(path, mut module)| {
        exported
            .extend(module.imports.iter().map(|import| names.of(&import.module, &import.export)));
        let printed = module.print_on_demand(&names);
        (path, printed)
    });
    let on_demand = on_demand.collect();
    let joined: String = list.iter_mut().map(|module| module.print(&names)).collect();
    let mut script = used(&joined, &exported);
    let exported: Vec<_> = exported.into_iter().collect();
    script.push_str(&format!("\nexport {{ {} }};\n", exported.join(", ")));
    Joined { script, on_demand }
}

/// A script without the comments that say nothing to tools.
pub fn printed(source: &str) -> String {
    let allocator = Allocator::default();
    print(&parse(&allocator, source).program, None)
}

/// A module of the runtime.
struct Module<'a> {
    path: String,
    program: Program<'a>,
    scoping: Scoping,
    imports: Vec<Import>,
    /// The modules that it loads on demand: as it writes them, and where they are.
    loads: Vec<(String, String)>,
}

/// A name that a module imports.
struct Import {
    symbol: SymbolId,
    module: String,
    export: String,
}

/// Modules, each behind those that it imports.
struct Modules<'a> {
    allocator: &'a Allocator,
    list: Vec<Module<'a>>,
    on_demand: BTreeMap<String, Module<'a>>,
    /// Those that have been come upon.
    known: HashSet<String>,
}

impl<'a> Modules<'a> {
    fn new(allocator: &'a Allocator) -> Self {
        Modules { allocator, list: vec![], on_demand: BTreeMap::new(), known: HashSet::new() }
    }

    fn add(&mut self, path: &str) {
        if self.known.insert(path.to_owned()) {
            let module = self.read(path);
            self.list.push(module);
        }
    }

    fn add_on_demand(&mut self, path: &str) {
        if !self.on_demand.contains_key(path) {
            let module = self.read(path);
            self.on_demand.insert(path.to_owned(), module);
        }
    }

    /// Reads a module, behind those that it imports.
    fn read(&mut self, path: &str) -> Module<'a> {
        let source = content(path);
        let ParserReturn { program, module_record, .. } = parse(self.allocator, source);
        let scoping = SemanticBuilder::new().build(&program).semantic.into_scoping();
        let mut imports = Vec::new();
        for statement in &program.body {
            let Statement::ImportDeclaration(import) = statement else { continue };
            let module = resolve(path, &import.source.value);
            for specifier in import.specifiers.iter().flatten() {
                let ImportDeclarationSpecifier::ImportSpecifier(named) = specifier else {
                    panic!("{path} imports {module}, but not by names")
                };
                let export = named.imported.name().to_string();
                imports.push(Import {
                    symbol: named.local.symbol_id(),
                    module: module.clone(),
                    export,
                });
            }
        }
        let loads = module_record.dynamic_imports.iter().filter_map(|import| {
            let specifier = import.module_request.source_text(source).trim_matches('\'');
            specifier.starts_with('.').then(|| (specifier.to_owned(), resolve(path, specifier)))
        });
        let loads: Vec<_> = loads.collect();
        for import in &imports {
            self.add(&import.module);
        }
        for (_, module) in &loads {
            self.add_on_demand(module);
        }
        Module { path: path.to_owned(), program, scoping, imports, loads }
    }
}

impl Module<'_> {
    /// The declarations in its outermost scope.
    fn own(&self) -> Vec<(SymbolId, String)> {
        let imported: HashSet<_> = self.imports.iter().map(|import| import.symbol).collect();
        let bindings = self.scoping.get_bindings(self.scoping.root_scope_id());
        let mut own: Vec<_> = bindings
            .iter()
            .filter(|(_, symbol)| !imported.contains(symbol))
            .map(|(name, symbol)| (*symbol, name.to_string()))
            .collect();
        own.sort();
        own
    }

    /// Whether something of its outermost scope can have another name: no scope in between has that.
    fn allows(&self, symbol: SymbolId, name: &str) -> bool {
        let scoping = &self.scoping;
        scoping.symbol_name(symbol) == name
            || scoping.get_resolved_references(symbol).all(|reference| {
                scoping.scope_ancestors(reference.scope_id()).all(|scope| {
                    scope == scoping.root_scope_id()
                        || !scoping.scope_has_binding(scope, name.into())
                })
            })
    }

    /// What it declares, under the names of the script.
    fn print(&mut self, names: &Names) -> String {
        let own =
            self.own().into_iter().map(|(symbol, name)| (symbol, names.of(&self.path, &name)));
        let imported = self
            .imports
            .iter()
            .map(|import| (import.symbol, names.of(&import.module, &import.export)));
        for (symbol, name) in own.chain(imported).collect::<Vec<_>>() {
            self.scoping.set_symbol_name(symbol, name.into());
        }
        self.program.body.retain(|statement| {
            !matches!(
                statement,
                Statement::ImportDeclaration(_) | Statement::ExportNamedDeclaration(_)
            )
        });
        let printed = print(&self.program, Some(std::mem::take(&mut self.scoping)));
        self.loads.iter().fold(printed, |printed, (specifier, module)| {
            printed.replace(
                &format!("import('{specifier}')"),
                &format!(
                    "import(/* @vite-ignore */ /* webpackIgnore: true */ \
                     import.meta.url.replace(/[^/]*$/, 'runtime/{module}'))"
                ),
            )
        })
    }

    /// The module, that imports from the script.
    fn print_on_demand(&mut self, names: &Names) -> String {
        let imports = self.imports.iter().map(|import| {
            let (name, local) =
                (names.of(&import.module, &import.export), self.scoping.symbol_name(import.symbol));
            if name == local { name.to_owned() } else { format!("{name} as {local}") }
        });
        let imports: Vec<_> = imports.collect();
        self.program.body.retain(|statement| !matches!(statement, Statement::ImportDeclaration(_)));
        let printed = print(&self.program, None);
        if imports.is_empty() {
            return printed;
        }
        let up = "../".repeat(self.path.split('/').count());
        format!("import {{ {} }} from '{up}runtime.js';\n\n{printed}", imports.join(", "))
    }
}

/// What declarations are called in the script, by their modules and their names there.
struct Names(HashMap<(String, String), String>);

impl Names {
    fn choose(modules: &[Module], entries: &[Entry]) -> Names {
        let mut names = HashMap::new();
        let mut taken = HashSet::new();
        for module in modules {
            let globals = module.scoping.root_unresolved_references().keys();
            taken.extend(globals.map(|name| name.to_string()));
        }
        for Entry { module, export, name } in entries {
            taken.insert(name.clone());
            names.insert((module.clone(), (*export).to_owned()), name.clone());
        }
        for module in modules {
            for (symbol, name) in module.own() {
                let key = (module.path.clone(), name.clone());
                if names.contains_key(&key) {
                    continue;
                }
                let imported = modules.iter().flat_map(|importer| {
                    let imports = importer.imports.iter();
                    let of_it =
                        imports.filter(|one| one.module == module.path && one.export == name);
                    of_it.map(move |import| (importer, import.symbol))
                });
                let places: Vec<_> = imported.chain([(module, symbol)]).collect();
                let found = candidates(&name, &module.path).find(|candidate| {
                    let is_allowed =
                        |(module, symbol): &(&Module, _)| module.allows(*symbol, candidate);
                    !taken.contains(candidate) && places.iter().all(is_allowed)
                });
                let found = found
                    .unwrap_or_else(|| panic!("no name is left for `{name}` of {}", module.path));
                taken.insert(found.clone());
                names.insert(key, found);
            }
        }
        Names(names)
    }

    fn of(&self, module: &str, name: &str) -> &str {
        let found = self.0.get(&(module.to_owned(), name.to_owned()));
        found.unwrap_or_else(|| panic!("{module} has no `{name}`"))
    }
}

/// A name, and with more and more of where it is from behind it: `open`, `openTree`, `openTreeFs`, …
fn candidates(name: &str, path: &str) -> impl Iterator<Item = String> {
    let mut candidate = name.to_owned();
    let mut parts: Vec<String> = path.trim_end_matches(".js").split('/').map(camel).collect();
    let mut is_first = true;
    std::iter::from_fn(move || {
        if !std::mem::take(&mut is_first) {
            candidate.push_str(&parts.pop()?);
        }
        Some(candidate.clone())
    })
}

/// `jspi-legacy` as `JspiLegacy`.
pub fn camel(name: &str) -> String {
    let words = name.split(['-', '/']);
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Those top-level statements of a script that some of its names need, a blank line round those of several lines.
fn used(script: &str, needed: &BTreeSet<&str>) -> String {
    let allocator = Allocator::default();
    let ParserReturn { program, diagnostics, .. } = parse(&allocator, script);
    assert!(diagnostics.is_empty(), "the joined runtime does not parse: {:?}", diagnostics.first());
    let semantic = SemanticBuilder::new().with_build_nodes(true).build(&program).semantic;
    let scoping = semantic.scoping();
    let statements: Vec<Span> = program.body.iter().map(declaration).collect();
    let place = |span: Span| statements.partition_point(|statement| statement.end <= span.start);
    // Which statement declares a name, and which name it uses of others.
    let mut declares = HashMap::new();
    let mut uses = vec![Vec::new(); statements.len()];
    for (name, symbol) in scoping.get_bindings(scoping.root_scope_id()) {
        declares.insert(name.as_str(), place(scoping.symbol_span(*symbol)));
        for reference in scoping.get_resolved_references(*symbol) {
            uses[place(semantic.reference_span(reference))].push(name.as_str());
        }
    }
    let mut is_used = vec![false; statements.len()];
    let mut queue: Vec<usize> = needed.iter().map(|name| declares[name]).collect();
    let does = |statement: &Statement| {
        matches!(statement, Statement::ExpressionStatement(_) | Statement::IfStatement(_))
    };
    queue.extend((0..statements.len()).filter(|index| does(&program.body[*index])));
    while let Some(statement) = queue.pop() {
        if !std::mem::replace(&mut is_used[statement], true) {
            queue.extend(uses[statement].iter().map(|name| declares[name]));
        }
    }
    let mut printed = String::new();
    let mut was_long = false;
    for (span, _) in statements.iter().zip(&is_used).filter(|(_, is_used)| **is_used) {
        let text = span.source_text(script);
        let is_long = text.contains('\n');
        if !printed.is_empty() && (is_long || was_long) {
            printed.push('\n');
        }
        was_long = is_long;
        printed.push_str(text);
        printed.push('\n');
    }
    printed
}

/// What a statement declares, without that it is exported.
fn declaration(statement: &Statement) -> Span {
    match statement {
        Statement::ExportDeclaration(export) => export.declaration.span(),
        other => other.span(),
    }
}

pub(super) fn parse<'a>(allocator: &'a Allocator, source: &'a str) -> ParserReturn<'a> {
    Parser::new(allocator, source, SourceType::mjs()).parse()
}

fn print(program: &Program, scoping: Option<Scoping>) -> String {
    let comments = CommentOptions {
        normal: false,
        jsdoc: false,
        annotation: true,
        legal: LegalComment::Inline,
    };
    let options = CodegenOptions { single_quote: true, comments, ..CodegenOptions::default() };
    Codegen::new().with_options(options).with_scoping(scoping).build(program).code
}

#[cfg(test)]
mod tests {
    use super::{Entry, join};

    fn entry(module: &str, export: &'static str, name: &str) -> Entry {
        Entry { module: module.into(), export, name: name.into() }
    }

    fn package() -> Entry {
        entry("index.js", "createPackage", "createPackage")
    }

    #[test]
    fn what_is_reached_is_joined_and_nothing_else() {
        let script = join(&[package()], &[]).script;
        assert!(script.contains("\nfunction createPackage(parts) {\n"));
        // What the package imports, and what experiments do.
        let exported = script.trim_end().lines().last().unwrap();
        for name in ["createPackage", "keepOut", "settle", "settled"] {
            assert!(
                exported.starts_with("export {") && exported.contains(&format!(" {name}")),
                "{exported}"
            );
        }
        let script = script.replace("/* @vite-ignore */ /* webpackIgnore: true */ ", "");
        assert!(
            !script.contains("import {") && !script.contains("//") && !script.contains("/*"),
            "{script}"
        );
        for absent in ["createRecorder(module, profile) {", "hostImport", "exnref", "isThenable"] {
            assert!(!script.contains(absent), "{absent}");
        }
    }

    #[test]
    fn names_that_several_modules_have_are_told_apart() {
        let entries = [
            package(),
            entry("host/timer.js", "create", "createTimer"),
            entry("host/waits.js", "create", "createWaits"),
        ];
        let script = join(&entries, &[]).script;
        for name in
            ["const createTimer", "function createWaits", "const LONGEST =", "const LONGESTWaits ="]
        {
            assert!(script.contains(name), "{name}: {script}");
        }
    }

    #[test]
    fn an_experiment_is_a_script_of_its_own() {
        let joined = join(&[package()], &[]);
        assert!(
            joined.script.contains("import.meta.url.replace(/[^/]*$/, 'runtime/jspi-legacy.js'))")
        );
        let legacy = &joined.on_demand["jspi-legacy.js"];
        assert!(
            legacy.starts_with(
                "import { keepOut, createMayBeRejection, settle, settled } from '../runtime.js';"
            ),
            "{legacy}"
        );
        assert!(legacy.contains("export function createStacks() {"));
    }

    #[test]
    fn what_tools_read_of_comments_stays() {
        let script = join(&[entry("host/import.js", "create", "createImport")], &[]).script;
        assert!(
            script.contains("webpackIgnore: true") && script.contains("@vite-ignore"),
            "{script}"
        );
    }

    /// All that packages can be made of has names, and parses.
    #[test]
    fn everything_can_be_joined() {
        let host = super::super::ALL.get_dir("host").unwrap();
        let modules = host.files().map(|file| file.path().to_str().unwrap().to_owned());
        let with_create = modules.filter(|path| {
            super::content(path).contains("export function create(")
                || super::content(path).contains("export const create =")
        });
        let host = with_create.map(|path| {
            entry(
                &path,
                "create",
                &format!(
                    "create{}",
                    super::camel(path.trim_start_matches("host/").trim_end_matches(".js"))
                ),
            )
        });
        let all: Vec<_> = host
            .chain([
                package(),
                entry("profile.js", "createRecorder", "createRecorder"),
                entry("foreign.js", "onlyJspi", "onlyJspi"),
            ])
            .collect();
        assert!(all.len() > 8);
        join(&all, &[]);
        let program = [
            entry("program/index.js", "createProgram", "createProgram"),
            entry("program/index.js", "isCommand", "isCommand"),
            entry("program/threads/index.js", "createThreads", "createThreads"),
            entry("host/fs/memory.js", "createMemory", "memoryFiles"),
        ];
        let joined = join(&program, &["program/command.js"]);
        assert!(
            joined.on_demand["program/command.js"].contains("export async function command(run)")
        );
    }
}
