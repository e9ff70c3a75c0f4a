// Usage: node --experimental-vm-modules engines.mjs ARGUMENTS
//
// Reads lines `FOLDER TAB PRINTED TAB FILE`, each a package and what it was made of, and writes what is wrong with it: a
// WebAssembly file that does not compile, a module that is no JavaScript; or, where it is known what the program prints,
// anything else. Nothing is an empty line.

import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SourceTextModule } from 'node:vm';
import { WASI } from 'node:wasi';

/** The two modules of a package: plain names; what is beside them is the runtime, which is always the same. */
async function check(folder, expected, file) {
    const files = readdirSync(folder).filter((name) => name.endsWith('.wasm'));
    // One file alone is for engines with JSPI, by wasm-bindgen's own means.
    const isForHere = files.length > 1 || 'Suspending' in WebAssembly;
    for (const file of isForHere ? files : []) {
        try {
            await WebAssembly.compile(readFileSync(join(folder, file)));
        } catch (error) {
            return `${file}: ${error.message}`;
        }
    }
    const entry = join(folder, 'made.js');
    try {
        new SourceTextModule(readFileSync(entry, 'utf8').replace(/^#!.*/, ''));
    } catch (error) {
        return `made.js: ${error.message}`;
    }
    return expected && (await run(entry, expected, file));
}

async function run(entry, expected, file) {
    const { run } = await import(entry);
    const decoder = new TextDecoder();
    let printed = '';
    const stdout = new WritableStream({ write: (bytes) => void (printed += decoder.decode(bytes, { stream: true })) });
    const { code } = await run({ backend: 'asyncify', args: process.argv.slice(2), stdout });
    const got = JSON.stringify([code, printed]);
    if (got === JSON.stringify([0, expected])) return '';
    // What is said to do the same does not always.
    const wanted = JSON.stringify(await runAsItIs(file));
    return got === wanted ? '' : `it ended with ${got}, not ${wanted}`;
}

/** What the program does that the package was made of, in Node.js's own WASI. */
async function runAsItIs(file) {
    const printed = `${file}.printed`;
    const stdout = openSync(printed, 'w');
    const args = ['made', ...process.argv.slice(2)];
    const wasi = new WASI({ version: 'preview1', args, stdout, returnOnExit: true });
    const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject());
    const code = wasi.start(instance);
    closeSync(stdout);
    return [code, readFileSync(printed, 'utf8')];
}

for (const line of readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
    const [folder, expected, file] = line.split('\t');
    const checked = check(folder, expected.replaceAll('\\n', '\n'), file);
    const said = await checked.catch((error) => `it failed: ${error.message}`);
    console.log(String(said).replaceAll('\n', ' '));
}
