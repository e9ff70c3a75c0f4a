//! The files of a program's package.
//!
//! ```text
//! NAME.js               `run`; as the main module of Node.js, Deno or Bun it is the command itself
//! NAME.d.ts
//! NAME.wasm             for engines with JSPI
//! NAME.asyncify.wasm    for all
//! NAME.full.wasm        the same without a profile, if that is asked for
//! NAME.functions.json   for a message that should never be needed (guarded.rs)
//! runtime.js            js/program, js/wasi, and of js/host/ what WASI is over; js/wait.js for threads
//! runtime/              what makes it a command, and types
//! package.json
//! ```

use crate::about::About;
use crate::analysis::Watched;
use crate::guarded::Built;
use crate::package::{Folder, RECORDER, properties, recorder};
use crate::runtime::Entry;
use anyhow::Result;
use std::path::Path;

/// What the main module loads if it is run itself.
const COMMAND: &str = "program/command.js";

/// What is written. A package without one of the two modules is for the engines of the other.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    pub about: &'a About,
    pub has_threads: bool,
    pub jspi: Option<&'a [u8]>,
    pub asyncify: Option<Asyncify<'a>>,
    /// Whether the WebAssembly has the names of functions.
    pub has_names: bool,
}

/// The instrumented file.
#[derive(Clone, Copy)]
pub struct Asyncify<'a> {
    pub wasm: &'a [u8],
    /// The one without a profile, to be carried too.
    pub full: Option<&'a [u8]>,
    pub is_profiled: bool,
    /// The functions that its guard watches, by their numbers: the first so many are no members.
    pub watched: &'a [Watched],
    pub outsiders: usize,
    /// The functions of which the author says that they never block.
    pub cut: &'a [String],
}

/// Writes all files into `directory`, which need not exist.
pub fn write(package: &Package, directory: &Path) -> Result<()> {
    let Package { about, has_threads, jspi, asyncify, has_names } = *package;
    let name = &about.name;
    let folder = Folder(directory);
    let mut entries = vec![
        Entry::of("program/index.js", "createProgram"),
        Entry::of("program/index.js", "isCommand"),
        Entry {
            module: "host/fs/memory.js".into(),
            export: "createMemory",
            name: "memoryFiles".into(),
        },
    ];
    entries.extend(recorder(has_names));
    if has_threads {
        entries.push(Entry::of("program/threads/index.js", "createThreads"));
    }
    folder.put_runtime(&entries, &[COMMAND], "program/run.d.ts")?;
    let built = asyncify.as_ref().map_or_else(Built::default, |made| Built {
        first_unseen: made.is_profiled.then_some(made.outsiders),
        has_full: made.full.is_some(),
        cut: made.cut,
    });
    let entry = entry(
        name,
        has_threads,
        &entries,
        &properties(&built, name, has_names.then_some(RECORDER)),
    );
    folder.put_program(&format!("{name}.js"), entry.as_bytes())?;
    folder.put(&format!("{name}.d.ts"), TYPES.as_bytes())?;
    folder.put_or_remove(&format!("{name}.wasm"), jspi)?;
    folder
        .put_or_remove(&format!("{name}.asyncify.wasm"), asyncify.as_ref().map(|made| made.wasm))?;
    folder.put_or_remove(
        &format!("{name}.full.wasm"),
        asyncify.as_ref().and_then(|made| made.full),
    )?;
    if let Some(asyncify) = asyncify {
        let guarded = built.describe(asyncify.watched);
        folder.put(&format!("{name}.functions.json"), guarded.as_bytes())?;
    }
    folder.put("package.json", about.of_program().as_bytes())
}

/// The module that is imported, or run.
fn entry(name: &str, has_threads: bool, entries: &[Entry], built: &str) -> String {
    let others =
        entries.iter().map(|entry| entry.name.as_str()).filter(|name| *name != "memoryFiles");
    let imported = others.collect::<Vec<_>>().join(", ");
    let threads = if has_threads { "    threads: createThreads,\n" } else { "" };
    let entry = format!(
        "\
#!/usr/bin/env node
/* @ts-self-types=\"./{name}.d.ts\" */
import {{ {imported} }} from './runtime.js';

export {{ memoryFiles }} from './runtime.js';

// Runs the program once, in an instance of its own.
export const run = createProgram({{
    name: '{name}',
    wasm: {{
        jspi: () => new URL('./{name}.wasm', import.meta.url),
        asyncify: () => new URL('./{name}.asyncify.wasm', import.meta.url),
    }},
    functionNames: () => new URL('./{name}.functions.json', import.meta.url),
{threads}{built}}});

if (isCommand(import.meta)) import('./runtime/{COMMAND}').then(({{ command }}) => command(run));
"
    );
    // Indented as the runtime is.
    entry.replace("    ", "\t")
}

const TYPES: &str = "\
import type { Ended, RunOptions } from './runtime/program/run.js';
export type { Ended, RunOptions };
export { memoryFiles } from './runtime/program/run.js';

/** Runs the program once, in an instance of its own: any number at once. */
export function run(options?: RunOptions): Promise<Ended>;
";
