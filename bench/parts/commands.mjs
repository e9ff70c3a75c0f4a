// Whole programs: how fast they compute, beside Node.js's own WASI with the plain file; how fast they read a file in
// small pieces, beside another asynchronous WASI; and what waiting for input costs, beside `await`.
//
// A run is all that is behind the compiled module: an instance, its files, `main`, its end. Plain files are without the
// tool, and have been through the same wasm-opt (../commands/build.mjs).

import { run as grass } from '../../tests/commands/pkg/grass/grass.js';
import { run as ripgrep } from '../../tests/commands/pkg/rg/rg.js';
import { run as stak } from '../../tests/commands/pkg/stak-repl/stak-repl.js';
import { run as program } from '../../tests/program/pkg/program.js';
import { collectGarbage, readBytes } from '../host.mjs';
import { compareStyles } from './table.mjs';

const BACKENDS = ['auto', 'asyncify'];
const NODE = "Node.js's own WASI";
const OTHER = '@tybys/wasm-util';
const AWAIT = 'JavaScript';

/** A file that is read in pieces, in bytes. */
const [LENGTH, PIECE] = [100_000_000, 1000];
/** So many that what a run needs once does not count. */
const CHUNKS = 200_000;
const CHUNK = new TextEncoder().encode('line\n');

const STYLE = `@use "sass:math";
@mixin box($n) { margin: 4px * $n; &:hover { color: lighten(#333, $n % 60); .in & { width: math.div(100%, $n); } } }
@function steps($n) { @if $n < 2 { @return $n; } @return steps($n - 1) + steps($n - 2); }
@for $n from 1 through 6000 { .box-#{$n} { @include box($n); } }
.steps { width: steps(22) * 1px; }
`;
const SCHEME = '(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2)))))\n(f 28)\n';
const EXPRESSION = '(\\w{2,40}[ ,]+){3,9}\\w{2,40}: \\d+, \\d+[.]';
const TEXT = 'A line with some words, like fox and dog; and with 12 numbers: 3456, 7890.\n'.repeat(20_000);

/** What computes, by the program's name. */
const COMPUTING = {
    grass: { title: 'A style sheet of 6 000 rules', run: grass, args: ['/style.scss', '/made'] },
    rg: { title: 'A costly expression in 1.5 MB', run: ripgrep, args: ['-c', EXPRESSION, '/text'] },
    'stak-repl': { title: 'A recursion in Scheme', run: stak, args: [], input: SCHEME },
};

export async function run() {
    // Others have no WASI of their own, or another one.
    const isNode = globalThis.process?.getBuiltinModule !== undefined && !globalThis.Bun && !globalThis.Deno;
    if (!isNode || WebAssembly.Suspending === undefined) return [];
    const fs = process.getBuiltinModule('node:fs');
    const { join } = process.getBuiltinModule('node:path');
    const { tmpdir } = process.getBuiltinModule('node:os');
    const folder = fs.mkdtempSync(join(tmpdir(), 'suspendable-bench-'));
    const files = { 'style.scss': STYLE, text: TEXT, file: new Uint8Array(LENGTH).fill(7) };
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(join(folder, name), content);
    try {
        const tables = [];
        for (const name of Object.keys(COMPUTING)) tables.push(await computes(name, folder));
        return [...tables, await reads(folder), ...(await waits())];
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

async function computes(name, folder) {
    const { title, run, ...how } = COMPUTING[name];
    const plain = await plainModule(name);
    const styles = { [NODE]: () => runInNode(plain, { ...how, folder }) };
    for (const backend of BACKENDS) styles[`ours, ${backend}`] = () => runOurs(run, { ...how, folder, backend });
    return compareRuns({ id: `command-${name}`, title: `${title} (${name})`, floor: NODE }, styles, {
        rounds: { warmUp: 3, least: 9, most: 15 },
        seconds: 20,
        // A run should not pay for the instances that others have left.
        before: collectGarbage,
    });
}

async function reads(folder) {
    const plain = await plainModule('program');
    const how = { args: ['pieces', String(PIECE), '/file'], folder };
    const styles = { [OTHER]: () => runInOther(plain, how) };
    for (const backend of BACKENDS) styles[`ours, ${backend}`] = () => runOurs(program, { ...how, backend });
    styles[NODE] = () => runInNode(plain, how);
    const table = { id: 'command-read', title: 'A piece of 1 000 bytes, of a file of 100 MB', floor: OTHER };
    return compareRuns(table, styles, {
        rounds: { warmUp: 2, least: 9, most: 31 },
        seconds: 60,
        each: LENGTH / PIECE,
    });
}

/** The program has never more than one chunk to read. */
async function waits() {
    const tables = [];
    for (const [id, what, open] of [
        ['command-input', 'an iterator', chunks],
        ['command-stream', 'a web stream', stream],
    ]) {
        const styles = { [AWAIT]: () => readInJavaScript(open()) };
        for (const backend of BACKENDS) {
            styles[`ours, ${backend}`] = () => runOurs(program, { args: ['pieces', '4096'], stdin: open(), backend });
        }
        const table = { id, title: `A read of standard input, which is ${what} of small chunks`, floor: AWAIT };
        const rounds = { warmUp: 3, least: 9, most: 21 };
        tables.push(await compareRuns(table, styles, { rounds, seconds: 8, each: CHUNKS }));
    }
    return tables;
}

async function* chunks() {
    for (let i = 0; i < CHUNKS; i++) yield CHUNK;
}

function stream() {
    let left = CHUNKS;
    return new ReadableStream({
        pull(controller) {
            if (left-- > 0) controller.enqueue(CHUNK);
            else controller.close();
        },
    });
}

/** What the program `pieces` does. */
async function readInJavaScript(input) {
    let [count, sum] = [0, 0];
    for await (const chunk of input) {
        count += 1;
        sum += chunk[0] + chunk.length;
    }
    return `${count} ${sum}\n`;
}

/** Compares runs, each of which gives what it has written. */
function compareRuns(table, styles, options) {
    const tasks = Object.entries(styles).map(([style, run]) => [style, () => ({ check: run, run })]);
    return compareStyles(table, Object.fromEntries(tasks), { operations: 1, ...options });
}

const plainModule = async (name) =>
    WebAssembly.compile(await readBytes(new URL(`../commands/pkg/${name}.wasm`, import.meta.url)));

async function runOurs(run, { args, input, stdin = input ?? '', folder, backend }) {
    let out = '';
    await run({ args, backend, stdin, stdout: (text) => void (out += text), stderr: () => {}, fs: folder });
    return out + made(folder);
}

async function runInNode(module, { args, input = '', folder }) {
    const fs = process.getBuiltinModule('node:fs');
    const { WASI } = process.getBuiltinModule('node:wasi');
    const [from, to] = [`${folder}/in`, `${folder}/out`];
    fs.writeFileSync(from, input);
    const [stdin, stdout, stderr] = [fs.openSync(from), fs.openSync(to, 'w'), fs.openSync(`${folder}/err`, 'w')];
    const streams = { stdin, stdout, stderr };
    const wasi = new WASI({ version: 'preview1', args: ['program', ...args], preopens: { '/': folder }, ...streams });
    wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
    for (const file of Object.values(streams)) fs.closeSync(file);
    return fs.readFileSync(to, 'utf8') + made(folder);
}

/** It asks for the first JSPI, which engines had behind flags, and leaves folders open. */
async function runInOther(module, { args, folder }) {
    const { createAsyncWASI } = await import('@tybys/wasm-util');
    const { promises } = process.getBuiltinModule('node:fs');
    const handles = [];
    async function open(...of) {
        const handle = await promises.open(...of);
        handles.push(handle);
        return handle;
    }
    let out = '';
    WebAssembly.Function ??= class {
        constructor(_type, call) {
            return new WebAssembly.Suspending(call);
        }
    };
    const wasi = await createAsyncWASI({
        version: 'preview1',
        args: ['program', ...args],
        preopens: { '/': folder },
        fs: { promises: { ...promises, open } },
        returnOnExit: true,
        print: (text) => void (out += `${text}\n`),
    });
    const { exports } = await WebAssembly.instantiate(module, wasi.getImportObject());
    const { memory } = exports;
    await wasi.start({ exports: { memory, _start: WebAssembly.promising(exports._start) } });
    for (const handle of handles) await handle.close().catch(() => {});
    return out;
}

/** What the program has made, which is taken away for the next. */
function made(folder) {
    const { existsSync, readFileSync, rmSync } = process.getBuiltinModule('node:fs');
    const path = `${folder}/made`;
    if (folder === undefined || !existsSync(path)) return '';
    const content = readFileSync(path, 'utf8');
    rmSync(path);
    return content;
}
