// The one suite, on every engine and backend: a row each.
//
// Usage: node tests/run.mjs [--all] [--only=TEXT] [FILE …]
//
// Runs the files tests/*.test.mjs, or the given ones, with this Node.js and with Node.js 26; with --all
// on every engine that `make setup-matrix` brings, and in bundles, and writes target/matrix.json. --only
// narrows that to the rows with this text in their names. Prints each row when it has finished. Exits
// non-zero if a test failed or an engine ran none. An engine that is not here is skipped, and says so.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { allRows, usualRows } from './engines/rows.mjs';
import { runRow } from './engines/runner.mjs';

/** @typedef {import('./engines/rows.mjs').Row} Row */

/** Rows that run at the same time. */
const AT_ONCE = 2;

const { values: options, positionals } = parseArgs({
    options: { all: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
    allowPositionals: true,
});
const tests = readdirSync(new URL('./', import.meta.url)).filter((name) => name.endsWith('.test.mjs'));
const files = positionals.length > 0 ? positionals : tests;

const isWanted = ({ engine, version, backend, context }) =>
    `${engine} ${version} ${backend} ${context}`.includes(options.only);

/** What target/matrix.json says of a row. */
function summary({ engine, version, backend, context, passed = 0, failed = 0, skipped = 0, why, seconds }) {
    return { engine, version, backend, context, passed, failed, skipped, why, seconds };
}

function print({ engine, version, backend, context, passed, failed, skipped, why, seconds, skips = {}, failures = [] }) {
    const name = `${`${engine} ${version}`.padEnd(36)} ${backend.padEnd(11)} ${context.padEnd(8)}`;
    if (why !== undefined) return console.log(`${name} skipped: ${why}`);
    const counts = [`${passed} passed`.padStart(10), `${failed} failed`.padStart(9), `${skipped} skipped`.padStart(10)];
    console.log(`${name} ${counts.join('  ')}  ${seconds.toFixed(1).padStart(5)} s`);
    for (const [reason, count] of Object.entries(skips)) console.log(`    ${count} skipped: ${reason}`);
    for (const failure of failures) console.log(failure.replace(/^/gm, '    '));
}

/** Runs a row, if it can run. */
async function run(row) {
    const began = performance.now();
    if (row.why === undefined) Object.assign(row, await runRow(row, files));
    row.seconds = Math.round((performance.now() - began) / 100) / 10;
    print(row);
}

const rows = (options.all ? allRows() : usualRows()).filter(isWanted);
const waiting = [...rows];
/** There can be one WebKit at a time. */
let webkit = false;

/** Takes one row after the other, until there is none left to take. */
async function work() {
    for (;;) {
        const next = waiting.findIndex((row) => !(webkit && row.browser === 'webkit'));
        if (next === -1) return;
        const [row] = waiting.splice(next, 1);
        const isWebkit = row.browser === 'webkit';
        webkit ||= isWebkit;
        await run(row);
        if (isWebkit) webkit = false;
    }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));

const bundles = new URL('./bundles/run.mjs', import.meta.url);
if (options.all && existsSync(bundles)) {
    for await (const row of (await import(bundles.href)).rows()) {
        if (!isWanted(row)) continue;
        rows.push(row);
        print(row);
    }
}

if (options.all) {
    mkdirSync(new URL('../target/', import.meta.url), { recursive: true });
    const file = new URL('../target/matrix.json', import.meta.url);
    writeFileSync(file, `${JSON.stringify(rows.map(summary), undefined, 2)}\n`);
}
const total = (what) => rows.reduce((sum, row) => sum + (row[what] ?? 0), 0);
const absent = rows.filter(({ why }) => why !== undefined).length;
console.log(
    `${rows.length} rows: ${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped` +
        (absent > 0 ? `; ${absent} rows could not run` : ''),
);
process.exitCode = total('failed') > 0 || rows.length === 0 ? 1 : 0;
