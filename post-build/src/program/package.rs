//! The files of a program's package.
//!
//! ```text
//! NAME.js               `run`; as the main module of Node.js, Deno or Bun it is the command itself
//! NAME.d.ts
//! NAME.wasm             for engines with JSPI
//! NAME.asyncify.wasm    for all
//! NAME.full.wasm        the same without a profile, if that is asked for
//! NAME.functions.json   the names for a message that should never be needed (transform/guard.rs)
//! runtime/              js/program, js/wasi, and of js/host/ what WASI is over; js/wait.js for threads
//! package.json
//! ```

use crate::about::About;
use crate::analysis::Watched;
use crate::package::{Built, Folder};
use crate::runtime;
use anyhow::Result;
use std::path::Path;

/// What the main module imports, and what it does if the program has threads.
const ENTRIES: [&str; 3] = ["program/index.js", "program/command.js", "host/fs/memory.js"];
const THREADS: &str = "program/threads/index.js";

/// What is written. A package without one of the two modules is for the engines of the other.
#[derive(Clone, Copy)]
pub struct Package<'a> {
    pub about: &'a About,
    pub has_threads: bool,
    pub jspi: Option<&'a [u8]>,
    pub asyncify: Option<Asyncify<'a>>,
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
    let Package { about, has_threads, jspi, asyncify } = *package;
    let name = &about.name;
    let folder = Folder(directory);
    folder.remove("runtime")?;
    for (file, content) in runtime::reach(ENTRIES.into_iter().chain(has_threads.then_some(THREADS)))
    {
        folder.put(&format!("runtime/{file}"), content.as_bytes())?;
    }
    let built = asyncify.as_ref().map_or_else(Built::default, |made| Built {
        first_unseen: made.is_profiled.then_some(made.outsiders),
        has_full: made.full.is_some(),
        cut: made.cut,
    });
    let entry = entry(name, has_threads, &built.properties(name));
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
        folder.put_names(name, asyncify.watched.iter().map(|(name, rule)| (name, *rule)))?;
    }
    folder.put("package.json", about.of_program().as_bytes())
}

/// The module that is imported, or run.
fn entry(name: &str, has_threads: bool, built: &str) -> String {
    let (import, threads) = match has_threads {
        true => (
            "import { createThreads } from './runtime/program/threads/index.js';\n",
            "    threads: createThreads,\n",
        ),
        false => ("", ""),
    };
    format!(
        "\
#!/usr/bin/env node
/* @ts-self-types=\"./{name}.d.ts\" */
import {{ createProgram, isCommand }} from './runtime/program/index.js';
{import}
export {{ createMemory as memoryFiles }} from './runtime/host/fs/memory.js';

/** Runs the program once, in an instance of its own. */
export const run = createProgram({{
    name: '{name}',
    wasm: {{
        jspi: () => new URL('./{name}.wasm', import.meta.url),
        asyncify: () => new URL('./{name}.asyncify.wasm', import.meta.url),
    }},
    functionNames: () => new URL('./{name}.functions.json', import.meta.url),
{threads}{built}}});

if (isCommand(import.meta)) import('./runtime/program/command.js').then(({{ command }}) => command(run));
"
    )
}

const TYPES: &str = "\
import type { Ended, RunOptions } from './runtime/program/types.js';
export type { Ended, RunOptions };
export { createMemory as memoryFiles } from './runtime/host/fs/memory.js';

/** Runs the program once, in an instance of its own: any number at once. */
export function run(options?: RunOptions): Promise<Ended>;
";
