// std's own tests, in a library that is built with --std: `make std-tests`.
//
// Usage: node run.mjs TOOL [NAME …]
//
// Makes a crate of them (generate.mjs), builds it, and runs the tests, or those with such a text in their names, through
// Asyncify and JSPI. Prints a table of what passed, failed and is left out, and each reason. Exits non-zero if one fails.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { generate } from './generate.mjs';

const [tool, ...wanted] = process.argv.slice(2);
const target = fileURLToPath(new URL('../../target', import.meta.url));
const folder = `${target}/std-own`;
/** Seconds: the longest takes a few. */
const PATIENCE = 20;

/** The first port that a test may bind, and how many each may. */
const [FIRST_PORT, PORTS] = [19600, 8];
const temporary = mkdtempSync(join(tmpdir(), 'std-own-'));

/** @type {(import('./generate.mjs').Test & { port: number, failed: [string, string][] })[]} */
const tests = generate(folder).map((test, at) => ({ ...test, port: FIRST_PORT + at * PORTS, failed: [] }));
execFileSync(tool, ['build', '--release', '--std'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // What is not stable may be used by these tests, and by them alone.
    env: { ...process.env, CARGO_TARGET_DIR: target, RUSTC_BOOTSTRAP: 'std_own' },
});

const { instantiate } = await import(`${folder}/pkg/std-own.js`);
const built = new Set((await instantiate()).names());
for (const test of tests) {
    const conditions = test.conditions.join(', ').replaceAll(/\/\/.*/g, '').replaceAll(/\s+/g, ' ');
    if (!built.has(test.name)) test.reason ??= `std has it only if ${conditions}`;
}
const run = tests.filter(({ name, reason }) => {
    return reason === undefined && (wanted.length === 0 || wanted.some((text) => name.includes(text)));
});

/** Runs tests in a worker, which is ended if one of them does not end; returns those that are left then. */
async function runSome(backend, some) {
    const left = new Map(some.map((test) => [test.name, test]));
    const plain = some.map(({ name, panics, port }) => ({ name, panics, port }));
    const workerData = { folder: `${folder}/pkg`, backend, tests: plain };
    const env = { ...process.env, TMPDIR: temporary };
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData, env });
    let timer, running;
    await new Promise((resolve) => {
        const ends = (name, error) => {
            clearTimeout(timer);
            running = undefined;
            if (error !== undefined) left.get(name).failed.push([backend, error]);
            left.delete(name);
        };
        worker.on('message', ({ begins, name, error, isDone }) => {
            // A thread that sleeps for ever would keep it.
            if (isDone) return worker.terminate();
            if (begins === undefined) return ends(name, error);
            running = begins;
            timer = setTimeout(() => {
                ends(begins, `it has not ended after ${PATIENCE} s`);
                worker.terminate();
            }, PATIENCE * 1000);
        });
        worker.on('error', (error) => ends(running, `uncaught: ${error.stack}`));
        worker.on('exit', resolve);
    });
    return [...left.values()];
}

for (const backend of ['asyncify', 'jspi']) {
    const began = performance.now();
    for (let left = run; left.length > 0; ) left = await runSome(backend, left);
    console.log(`${backend}: ${run.length} tests, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
rmSync(temporary, { recursive: true, force: true });

// The table

const partOf = ({ name }) => name.split('::')[0].replace('_own', '');
const parts = [...new Set(tests.map(partOf))];
const row = (...cells) => console.log([cells[0].padEnd(14), ...cells.slice(1).map((cell) => String(cell).padStart(9))].join(' '));
row('', 'passed', 'failed', 'left out', 'of');
for (const part of [...parts, 'all']) {
    const own = tests.filter((test) => part === 'all' || partOf(test) === part);
    const failed = own.filter((test) => test.failed.length > 0).length;
    const passed = own.filter((test) => run.includes(test)).length - failed;
    row(part, passed, failed, own.filter(({ reason }) => reason !== undefined).length, own.length);
}
for (const reason of new Set(tests.map((test) => test.reason))) {
    if (reason === undefined) continue;
    const names = tests.filter((test) => test.reason === reason).map(({ name }) => name);
    console.log(`\n${names.length} left out: ${reason}:\n    ${names.join('\n    ')}`);
}
const failures = tests.filter(({ failed }) => failed.length > 0);
for (const { name, failed } of failures) {
    for (const [backend, error] of failed) console.log(`\nfailed, ${backend}: ${name}\n${error.replaceAll(/^/gm, '    ')}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
