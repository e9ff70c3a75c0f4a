// What instrumentation costs, by how much of a program is instrumented: over all programs that have been built.
//
// Sizes are of target/report/*.json, which builds write; times of target/bench.json.

import { readFile, readdir } from 'node:fs/promises';

import { scatter } from './plots.mjs';
import { savePicture } from './save.mjs';

const root = new URL('../../', import.meta.url);

/** The tables of `make bench` in which a program computes, by the names of reports; and who is who in them. */
const TIMES = {
    'proving-ground': ['compute-script', 'compute-archive'],
    programs: ['compute-inside'],
    sqlite: ['sqlite-query', 'sqlite-sort', 'sqlite-join'],
    grass: ['command-grass'],
    rg: ['command-rg'],
    'stak-repl': ['command-stak-repl'],
};
const INSTRUMENTED = ['instrumented', 'ours, asyncify', 'ours, auto'];
const PLAIN = ['not instrumented', 'ours, jspi'];

/**
 * Every program: its share of instrumented functions, and what its file and its computation are by that.
 *
 * @param {any[]} tables
 */
export async function readShares(tables) {
    const folder = new URL('target/report/', root);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
    const programs = names.map(async (name) => {
        const report = JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'));
        const { functions, instrumented_functions: instrumented, sizes } = report;
        // It needs JSPI.
        if (sizes.asyncify === undefined) return undefined;
        const growth = (kind) => sizes.asyncify[kind] / sizes.plain[kind];
        const times = (TIMES[name] ?? []).map((id) => slowdown(tables.find((table) => table.id === id)));
        return {
            name,
            functions,
            share: instrumented / functions,
            gzip: growth('gzip'),
            raw: growth('raw'),
            times: times.filter((time) => time !== undefined),
        };
    });
    const all = await Promise.all(programs);
    return all.filter((program) => program !== undefined).sort((a, b) => a.share - b.share);
}

/** How much longer the instrumented file takes. */
function slowdown(table) {
    const find = (styles) => table?.rows.find(({ style }) => styles.includes(style))?.ratio ?? undefined;
    const [instrumented, plain] = [find(INSTRUMENTED), find(PLAIN)];
    return instrumented === undefined || plain === undefined ? undefined : instrumented / plain;
}

/** Draws both pictures beside BENCHMARKS.md. */
export async function drawShares(programs) {
    const sizes = programs.map(({ name, share, gzip }) => ({ name, x: share, y: gzip - 1 }));
    const times = programs.flatMap(({ name, share, times }) => times.map((time) => ({ name, x: share, y: time - 1 })));
    await savePicture('bench/report/share-size.svg', scatter(sizes, 'larger, gzipped'));
    await savePicture('bench/report/share-time.svg', scatter(times, 'slower, where it computes'));
}
