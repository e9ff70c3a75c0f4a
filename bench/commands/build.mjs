// Usage: node bench/commands/build.mjs WASM_OPT
//
// The programs that are measured, without the tool, each in three files in bench/commands/pkg:
//
//   NAME.linked.wasm      as rustc links it, without names, debug information and relocations
//   NAME.wasm             and with the passes of wasm-opt that the tool runs
//   NAME.binaryen.wasm    with Binaryen's own `--asyncify` before these, told which imports can wait; it has none for
//                         the instructions that threads wait with

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { WAITING } from '../../js/wasi/index.js';
import { programs } from '../../tests/commands/cases.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// As in post-build/src/wasm_opt.rs.
const FEATURES = [
    '--mvp-features',
    '--enable-bulk-memory',
    '--enable-bulk-memory-opt',
    '--enable-multivalue',
    '--enable-mutable-globals',
    '--enable-nontrapping-float-to-int',
    '--enable-reference-types',
    '--enable-sign-ext',
    '--enable-simd',
    '--enable-threads',
];
const PASSES = [
    '--optimize-level=2',
    '--shrink-level=1',
    '--inlining',
    '--remove-unused-module-elements',
    '--simplify-locals',
    '--coalesce-locals',
    '--reorder-locals',
    '--vacuum',
];

const imports = WAITING.map((name) => `wasi_snapshot_preview1.${name}`).join(',');

const linked = {
    ...Object.fromEntries(Object.keys(programs).map((name) => [name, `../../target/commands/wasi/bin/${name}.wasm`])),
    program: '../../target/wasm32-wasip1/release/program.wasm',
};
const hasThreads = (name) => programs[name]?.hasThreads === true;

const [wasmOpt] = process.argv.slice(2);
const out = path('./pkg');
mkdirSync(out, { recursive: true });
for (const [name, file] of Object.entries(linked)) {
    const [bare, through, binaryen] = ['.linked', '', '.binaryen'].map((kind) => `${out}/${name}${kind}.wasm`);
    const last = hasThreads(name) ? through : binaryen;
    // Binaryen's Asyncify takes minutes for the large ones.
    if (isNewer(last, path(file)) && isNewer(last, fileURLToPath(import.meta.url))) continue;
    writeFileSync(bare, withoutCustomSections(readFileSync(path(file))));
    const run = (...args) => execFileSync(wasmOpt, [...FEATURES, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    run(...PASSES, bare, '-o', through);
    if (!hasThreads(name)) run('--asyncify', `--pass-arg=asyncify-imports@${imports}`, ...PASSES, bare, '-o', binaryen);
}

function isNewer(file, than) {
    return existsSync(file) && statSync(file).mtimeMs >= statSync(than).mtimeMs;
}

/**
 * What runs: names, debug information and relocations are custom sections.
 *
 * @param {Uint8Array} wasm
 */
function withoutCustomSections(wasm) {
    const kept = [wasm.subarray(0, 8)];
    for (let at = 8; at < wasm.length; ) {
        const start = at;
        const id = wasm[at++];
        let length = 0;
        for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
            byte = wasm[at++];
            length |= (byte & 0x7f) << shift;
        }
        at += length;
        if (id !== 0) kept.push(wasm.subarray(start, at));
    }
    return Buffer.concat(kept);
}
