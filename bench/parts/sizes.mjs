// What has to be transferred, and how long the tool takes.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { programs } from '../../tests/commands/cases.mjs';

/** The program without the tool. */
export const PLAIN = 'the smaller of both';

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** The bytes of the same work in each style. */
export async function sizeTable(styles) {
    const rows = [];
    for (const { name, files } of styles.filter(({ files }) => files !== undefined)) {
        const [wasm, script] = await Promise.all([weigh(files.wasm), weigh(files.script)]);
        rows.push({
            style: name,
            wasm: wasm.raw,
            'wasm, gzip': wasm.gzip,
            scripts: script.raw,
            'scripts, gzip': script.gzip,
        });
    }
    const columns = ['wasm', 'wasm, gzip', 'scripts', 'scripts, gzip'];
    return { id: 'sizes', title: 'What is transferred', unit: 'bytes', columns, rows };
}

/** The WebAssembly of examples/proving-ground: rhai, zip and csv. */
export async function programTable() {
    const program = '../../examples/proving-ground/pkg/proving-ground';
    const binaryens = (by) => `../../target/${by}/examples/proving-ground/pkg/proving-ground.asyncify.wasm`;
    const rows = [];
    for (const [style, file] of [
        ['without the tool', '../plain/pkg/proving_ground_bg.wasm'],
        ['ours, jspi', `${program}.wasm`],
        ['ours, asyncify', `${program}.asyncify.wasm`],
        ["through Binaryen's pass", binaryens('binaryen')],
        ["Binaryen's pass and set", binaryens('binaryen-default')],
    ]) {
        const { raw, gzip } = await weigh([new URL(file, import.meta.url)]);
        rows.push({ style, wasm: raw, 'wasm, gzip': gzip });
    }
    const columns = ['wasm', 'wasm, gzip'];
    return { id: 'program-sizes', title: 'A large program: rhai, zip and csv', unit: 'bytes', columns, rows };
}

/** The WebAssembly of examples/sqlite, and that of wa-sqlite. */
export async function sqliteTable() {
    const rows = [];
    for (const [style, file] of [
        ['ours, jspi', '../../examples/sqlite/pkg/sqlite.wasm'],
        ['ours, asyncify', '../../examples/sqlite/pkg/sqlite.asyncify.wasm'],
        ['wa-sqlite', '../node_modules/wa-sqlite/dist/wa-sqlite.wasm'],
        ['wa-sqlite, asynchronous', '../node_modules/wa-sqlite/dist/wa-sqlite-async.wasm'],
    ]) {
        const { raw, gzip } = await weigh([new URL(file, import.meta.url)]);
        rows.push({ style, wasm: raw, 'wasm, gzip': gzip });
    }
    const columns = ['wasm', 'wasm, gzip'];
    return { id: 'sqlite-sizes', title: 'SQLite', unit: 'bytes', columns, rows };
}

/** The WebAssembly of programs from crates.io, gzipped: a column for each. */
export async function commandTable() {
    const columns = Object.keys(programs);
    const styles = {
        'as linked': (name) => `../commands/pkg/${name}.linked.wasm`,
        'through wasm-opt': (name) => `../commands/pkg/${name}.wasm`,
        'ours, jspi': (name) => `../../tests/commands/pkg/${name}/${name}.wasm`,
        'ours, asyncify': (name) => `../../tests/commands/pkg/${name}/${name}.asyncify.wasm`,
        "Binaryen's Asyncify": (name) => `../commands/pkg/${name}.binaryen.wasm`,
    };
    const rows = [];
    for (const [style, fileOf] of Object.entries(styles)) {
        const row = { style };
        for (const name of columns) {
            const file = new URL(fileOf(name), import.meta.url);
            // Not every style is there for programs that have threads.
            if (existsSync(file)) row[name] = (await weigh([file])).gzip;
        }
        rows.push(row);
    }
    // Either can be the smaller one.
    const plain = { style: PLAIN };
    for (const name of columns) plain[name] = Math.min(rows[0][name], rows[1][name]);
    rows.splice(2, 0, plain);
    return { id: 'command-sizes', title: 'Programs from crates.io, gzipped', unit: 'bytes', columns, rows };
}

async function weigh(places) {
    const contents = await Promise.all(places.map((place) => readFile(new URL(place))));
    const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);
    return { raw: sum(contents.map(({ length }) => length)), gzip: sum(contents.map(gzipped)) };
}

/** The steps of the last build of two packages, a small one and a large one. */
export async function buildTable() {
    const rows = [];
    for (const [style, file] of [
        ['bench/styles/suspendable', 'suspendable'],
        ['examples/proving-ground', 'proving-ground'],
    ]) {
        const report = JSON.parse(
            await readFile(new URL(`../../target/report/${file}.json`, import.meta.url), 'utf8'),
        );
        rows.push({ style, ...report.seconds });
    }
    const columns = Object.keys(rows[0]).slice(1);
    return { id: 'build', title: 'The last build', unit: 'seconds', columns, rows };
}
