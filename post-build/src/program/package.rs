//! The files of a program's package.
//!
//! ```text
//! NAME.js               `run`; as the main module of Node.js, Deno or Bun it is the command itself
//! NAME.d.ts
//! NAME.wasm             for engines with JSPI
//! NAME.asyncify.wasm    for all
//! NAME.functions.json   the names for a message that should never be needed (transform/guard.rs)
//! runtime/              js/program, js/wasi, and of js/host/ what WASI is over
//! package.json
//! ```

use crate::about::About;
use crate::analysis::Guarded;
use crate::package::Folder;
use crate::runtime;
use anyhow::Result;
use std::path::Path;

/// What the main module imports.
const ENTRIES: [&str; 3] = ["program/index.js", "program/command.js", "host/fs/memory.js"];

/// Writes all files into `directory`, which need not exist. `asyncify` comes with the functions that the guard watches,
/// by their numbers. A package without one of the two is for the engines of the other.
pub fn write(
    about: &About,
    directory: &Path,
    jspi: Option<&[u8]>,
    asyncify: Option<(&[u8], &[Guarded])>,
) -> Result<()> {
    let name = &about.name;
    let folder = Folder(directory);
    folder.remove("runtime")?;
    for (file, content) in runtime::reach(ENTRIES) {
        folder.put(&format!("runtime/{file}"), content.as_bytes())?;
    }
    folder.put_program(&format!("{name}.js"), entry(name).as_bytes())?;
    folder.put(&format!("{name}.d.ts"), TYPES.as_bytes())?;
    let plain = format!("{name}.wasm");
    match jspi {
        Some(jspi) => folder.put(&plain, jspi)?,
        None => folder.remove(&plain)?,
    }
    let instrumented = format!("{name}.asyncify.wasm");
    match asyncify {
        Some((asyncify, guarded)) => {
            folder.put(&instrumented, asyncify)?;
            folder.put_names(name, guarded)?;
        }
        None => folder.remove(&instrumented)?,
    }
    folder.put("package.json", about.of_program().as_bytes())
}

/// The module that is imported, or run.
fn entry(name: &str) -> String {
    format!(
        "\
#!/usr/bin/env node
/* @ts-self-types=\"./{name}.d.ts\" */
import {{ createProgram, isCommand }} from './runtime/program/index.js';

export {{ createMemory as memoryFiles }} from './runtime/host/fs/memory.js';

/** Runs the program once, in an instance of its own. */
export const run = createProgram({{
    name: '{name}',
    wasm: {{
        jspi: () => new URL('./{name}.wasm', import.meta.url),
        asyncify: () => new URL('./{name}.asyncify.wasm', import.meta.url),
    }},
    functionNames: () => new URL('./{name}.functions.json', import.meta.url),
}});

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
