// The one suite, on every engine and backend: a row each.
//
// Usage: node tests/run.mjs [--all] [--only=TEXT] [FILE …]
//
// Runs the files tests/*.test.mjs, or the given ones, with this Node.js and with Node.js 26; with --all
// on every engine that `make setup-matrix` brings, and in bundles, and writes target/matrix.json. --only
// narrows that to the rows with this text in their names. Prints each row when it has finished. Exits
// non-zero if a test failed or an engine ran none. An engine that is not here is skipped, and says so.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

import { allRows, usualRows } from './engines/rows.mjs';
import { runRow } from './engines/runner.mjs';
import { makeRepository } from './repository.mjs';

/** @typedef {import('./engines/rows.mjs').Row} Row */

/** Rows that run at the same time. */
const AT_ONCE = 2;

const { values: options, positionals } = parseArgs({
    options: { all: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
    allowPositionals: true,
});
const tests = readdirSync(new URL('./', import.meta.url)).filter((name) => name.endsWith('.test.mjs'));
const needsSources = ['postgres.test.mjs', 'unmodified.test.mjs', 'unmodified-host.test.mjs'];
const hasSources = existsSync(new URL('unmodified/pkg/', import.meta.url));
const hasGit = existsSync(new URL('../examples/git/pkg/', import.meta.url));
const without = [...(hasSources ? [] : needsSources), ...(hasGit ? [] : ['git.test.mjs'])];
const all = tests.filter((name) => !without.includes(name));
if (!hasSources) console.log(`without ${needsSources.join(', ')}: \`make tests/unmodified\` says what it needs`);
if (!hasGit) console.log('without git.test.mjs: `make examples/git` builds what it needs, as `make matrix` does');
const files = positionals.length > 0 ? positionals.map((file) => basename(file)) : all;
const unknown = files.filter((name) => !tests.includes(name));
if (unknown.length > 0) fail(`no file of tests: ${unknown.join(', ')}; there are ${tests.join(', ')}`);

function fail(message) {
    console.error(message);
    process.exit(1);
}

const isWanted = ({ engine, version, backend, context }) =>
    [engine, version, backend, context].filter(Boolean).join(' ').includes(options.only);
const couldNotRun = ({ passed = 0, failed = 0, why }) => why !== undefined && passed + failed === 0;

function print(row) {
    const { engine, version, backend, context, name, passed, failed, skipped, why, seconds } = row;
    const columns = [`${engine} ${version}`.padEnd(44), backend.padEnd(11), (name ?? context).padEnd(16)];
    if (couldNotRun(row)) return console.log(`${columns.join(' ')} skipped: ${why}`);
    const counts = [`${passed} passed`.padStart(10), `${failed} failed`.padStart(9), `${skipped} skipped`.padStart(10)];
    console.log(`${columns.join(' ')} ${counts.join('  ')} ${seconds.toFixed(1).padStart(6)} s`);
    for (const [reason, count] of Object.entries(row.skips ?? {})) console.log(`    ${count} skipped: ${reason}`);
    printFailures(row);
}

/** What failed in a row, if anything. */
function printFailures({ failures, why = '' }) {
    for (const failure of failures ?? [why]) if (failure) console.log(failure.replace(/^/gm, '    '));
}

/** Seconds since `began`, to a tenth. */
const since = (began) => Math.round((performance.now() - began) / 100) / 10;

/**
 * Whether the engine's own process may just end: that of V8 with the API that is behind flags, and a page of Chromium's with
 * JSPI ("tab crashed"), in one of some twelve runs.
 */
const mayEnd = ({ engine, backend }) => backend === 'jspi-legacy' || (backend === 'jspi' && engine === 'chromium');

/** Runs the suite for a row, if it can run. */
async function run(row) {
    const began = performance.now();
    if (row.why === undefined) Object.assign(row, await runRow(row, files));
    if (mayEnd(row) && row.isBroken) {
        console.log(`${row.engine} ${row.version}, once more: ${row.failures[0].trim()}`);
        Object.assign(row, await runRow(row, files));
    }
    row.seconds = since(began);
    print(row);
}

const rows = (options.all ? allRows() : usualRows()).filter(isWanted);
if (files.includes('git.test.mjs')) makeRepository();
if (rows.length === 0 && options.only !== 'bundle') fail(`no row has '${options.only}' in its name`);
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

if (options.all && ['', 'bundle'].includes(options.only)) {
    let began = performance.now();
    for await (const row of bundleRows()) {
        rows.push({ ...row, seconds: since(began) });
        print(rows.at(-1));
        began = performance.now();
    }
}

/** The rows of tests/bundles, one after the other; a failure of the whole is a row too. */
async function* bundleRows() {
    try {
        yield* (await import('./bundles/run.mjs')).rows();
    } catch (error) {
        const none = { engine: 'bundles', version: '', backend: '', context: 'bundle', passed: 0, skipped: 0 };
        yield { ...none, failed: 1, why: error.stack };
    }
}

if (options.all) {
    const summaries = rows.map((row) => {
        const { engine, version, backend, context, name, passed = 0, failed = 0, skipped = 0, why, seconds } = row;
        return { engine, version, backend, context, name, passed, failed, skipped, why, seconds };
    });
    mkdirSync(new URL('../target/', import.meta.url), { recursive: true });
    writeFileSync(new URL('../target/matrix.json', import.meta.url), `${JSON.stringify(summaries, undefined, 2)}\n`);
}

const sum = (list, what) => list.reduce((total, row) => total + (row[what] ?? 0), 0);
const absent = rows.filter(couldNotRun);

/** An engine a line. */
function printTable() {
    const engines = new Map();
    for (const row of rows.filter((row) => !couldNotRun(row))) {
        const name = `${row.engine} ${row.version}`;
        engines.set(name, [...(engines.get(name) ?? []), row]);
    }
    const all = (list, what) => [...new Set(list.map((row) => row[what]))].join(', ');
    console.log('\n| engine | backends | in a | passed | failed | skipped |\n| --- | --- | --- | --- | --- | --- |');
    for (const [name, list] of engines) {
        const counts = ['passed', 'failed', 'skipped'].map((what) => sum(list, what));
        console.log(`| ${[name, all(list, 'backend'), all(list, 'context'), ...counts].join(' | ')} |`);
    }
}

/** What failed, once more: nobody looks for it in front of eighty rows that passed. */
function printFailed() {
    for (const row of rows.filter(({ failed }) => failed > 0)) {
        console.log(`\n${[row.engine, row.version, row.backend, row.name ?? row.context].join(' ')}:`);
        printFailures(row);
    }
}

if (options.all) printTable();
printFailed();
console.log(
    `${rows.length} rows, ${absent.length} skipped: ` +
        ['passed', 'failed', 'skipped'].map((what) => `${sum(rows, what)} tests ${what}`).join(', '),
);
process.exitCode = sum(rows, 'failed') > 0 || rows.length === absent.length ? 1 : 0;
