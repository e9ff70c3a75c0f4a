// Where the bytes are that a page fetches for the work of bench/styles.
//
// Usage: node bench/bytes.mjs TOOL
//
// Builds it with the names of its functions, and says what of the WebAssembly and of the scripts is for what: bytes, and
// by how much the gzipped file is smaller without. Those sum up to less than the file, for what is said twice is
// compressed: without one of both it is still there. Then the same of the largest functions.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../tests/engines/scratch.mjs';
import { functionsOf, partsOf, without } from './bytes/wasm.mjs';
import { declarationsOf } from './bytes/script.mjs';
import { gzipped, sumUp } from './bytes/parts.mjs';
import { printRows } from './report/rows.mjs';

const [tool] = process.argv.slice(2);
const NAME = 'bench-suspendable';
const crate = fileURLToPath(new URL('./styles/suspendable', import.meta.url));

/** What a function is for, by its name: the first that matches. */
const PURPOSES = [
    ['the allocator', /dlmalloc|__rdl_|__rust_|__rustc::__r|^alloc::alloc|memcmp/],
    ['the panic hook: message and place', /install_panic_hook|fiber::decimal/],
    ['std: panics, and their text', /panic|core::fmt|fmt::Write|fmt::Debug|fmt::Display|rust_oom|Any>::type_id|unwind/],
    ['std: texts and vectors that grow', /^<?alloc::|^core::|^std::|drop_in_place::?<(alloc|core)/],
    ['errors, and conversion of values', /suspendable::(error|convert|thrown)|suspendable_error/],
    ['modules', /suspendable::(module|imported)/],
    ['cancelling', /cancel|or_aborted/],
    ["the author's functions", /fiber::enter|bench_suspendable|^(callAgain|immediate|importAgain|importModule|memoryBytes|once|suspend|suspendLarge)$/],
    ['fibers and their stacks', /suspendable/],
    ['wasm-bindgen', /./],
];

const folder = temporaryFolder('bytes');
build('named', '--keep-names');
build('scripts');
for (const [title, file] of [
    ['WebAssembly, for JSPI', `${NAME}.wasm`],
    ['WebAssembly, Asyncify', `${NAME}.asyncify.wasm`],
]) {
    const named = await readFile(`${folder}/named/${file}`);
    const functions = functionsOf(named);
    // What is measured has no names.
    const bytes = without(named, partsOf(named).filter(({ section }) => section === 'name'));
    const purpose = (name) => PURPOSES.find(([, pattern]) => pattern.test(name))[0];
    const parts = partsOf(bytes).map((part) => ({
        ...part,
        for: part.section === 'code' ? purpose(functions[part.index]) : `section: ${part.section}`,
        name: functions[part.index],
    }));
    show(title, sumUp(parts, (some) => without(bytes, some)), bytes);
    const largest = parts.filter(({ name }) => name !== undefined).sort((a, b) => b.end - b.start - (a.end - a.start));
    printRows([
        ['  largest functions', 'bytes', 'gzip'],
        ...largest.slice(0, 25).map((part) => [
            `    ${part.name.slice(0, 90)}`,
            `${part.end - part.start}`,
            `${gzipped(bytes) - gzipped(without(bytes, [part]))}`,
        ]),
    ]);
    console.log();
}
for (const file of [`${NAME}.js`, 'runtime.js']) {
    const script = await readFile(`${folder}/scripts/${file}`);
    const parts = await declarationsOf(script, file !== 'runtime.js');
    show(file, sumUp(parts, (some) => without(script, some)), script);
    const minified = await readFile(`${folder}/scripts/${file.replace(/js$/, 'min.js')}`);
    console.log(`  as .min.js: ${minified.length} bytes, ${gzipped(minified)} gzipped\n`);
}

/** Builds the package into a folder in the temporary one. */
function build(name, ...options) {
    const all = ['build', '--release', '--out-dir', `${folder}/${name}`, ...options];
    execFileSync(tool, all, { cwd: crate, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Prints a table of what is for what. */
function show(title, sums, bytes) {
    printRows([
        [`${title}: ${bytes.length} bytes, ${gzipped(bytes)} gzipped`, 'bytes', 'gzip'],
        ...sums.map(({ name, bytes, gzip }) => [`  ${name}`, `${bytes}`, `${gzip}`]),
    ]);
    console.log();
}
