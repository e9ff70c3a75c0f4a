// Runs the suite in the engine of one row, and counts what becomes of its tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { openBrowser } from './browsers.mjs';
import { remove, temporaryFolder } from './scratch.mjs';
import { serve } from './serve.mjs';

/** @typedef {import('./rows.mjs').Row} Row */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What a careful site allows: no `unsafe-eval`. The nonce is that of the import map. */
const STRICT = "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-importmap'";

/** Longer than any row takes: an engine that hangs is ended. */
const LIMIT = 600_000;

/**
 * @param {Row} row
 * @param {string[]} files the files of the suite to run
 */
export async function runRow(row, files) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    /** @type {string[]} */
    const failures = [];
    /** @type {Record<string, number>} why tests were skipped, and how many */
    const skips = {};
    let version = row.version;
    let isBroken = false;
    const ours = files.filter((file) => !row.without?.includes(file));
    for (const some of row.isApart ? ours.map((file) => [file]) : [ours]) {
        const part = await runFiles(row, some);
        for (const [status, count] of Object.entries(part.counts)) counts[status] += count;
        for (const [why, count] of Object.entries(part.skips)) skips[why] = (skips[why] ?? 0) + count;
        failures.push(...part.failures);
        version = part.version;
        isBroken ||= part.isBroken;
    }
    return { version, ...counts, skips, failures, isBroken };
}

/** Runs these files in one process or page. */
async function runFiles(row, files) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures = [];
    const skips = {};
    let last = 'before the first test';
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));

    const server = await serve(`${ROOT}${row.root ?? ''}`, row.context === 'csp' ? { 'Content-Security-Policy': STRICT } : {}, (event) => {
        const { end, name, status, why, errors } = event;
        if (end) return finish();
        counts[status] += 1;
        last = `after “${name}”`;
        if (status === 'failed') failures.push(`${name}\n${errors.join('\n')}`);
        if (status === 'skipped') skips[why] = (skips[why] ?? 0) + 1;
    });
    const query = new URLSearchParams({ backend: row.backend, context: row.context, origin: server.origin });
    for (const file of files) query.append('file', file);

    let engine;
    let isBroken = false;
    try {
        engine = await (row.browser === undefined ? startProcess : startBrowser)(row, query);
        await Promise.race([finished, engine.broken, limit()]);
        if (counts.passed + counts.failed + counts.skipped === 0) throw new Error('no test ran');
    } catch (error) {
        isBroken = counts.failed === 0;
        counts.failed += 1;
        failures.push(`${last}: ${error.message}`);
    } finally {
        await engine?.close();
        await server.close();
    }
    return { version: engine?.version ?? row.version, counts, skips, failures, isBroken };
}

/** An engine that runs: `broken` is rejected when it ends before its time. */
function startProcess({ command: [program, ...flags], env, version, root = '' }, query) {
    const folder = temporaryFolder('suite');
    const ours = { TMPDIR: folder, DENO_DIR: `${ROOT}target/engines/deno`, DENO_NO_UPDATE_CHECK: '1' };
    const child = spawn(program, [...flags, 'suite.mjs', String(query)], {
        cwd: `${ROOT}${root}tests/`,
        env: { ...process.env, ...ours, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let printed = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
    const broken = new Promise((_resolve, reject) => {
        child.on('error', reject);
        child.on('close', (status, signal) => {
            reject(new Error(`the process ended with ${signal ?? `status ${status}`}\n${printed}`));
        });
    });
    broken.catch(() => {});
    async function close() {
        const ended = once(child, 'exit');
        if (child.kill('SIGKILL')) await ended;
        remove(folder);
    }
    return { version, broken, close };
}

async function startBrowser({ browser: name }, query) {
    const browser = await openBrowser(name);
    await browser.navigate(`${query.get('origin')}/tests/page.html?${query}`);
    const { broken, close: cease } = lookAfter(browser);
    return {
        version: browser.version,
        broken,
        close() {
            cease();
            return browser.close();
        },
    };
}

/** What drivers say of a page, or a browser, that is no more. */
const GONE = /crash|no such window|invalid session|not reachable/i;

/** How often is looked, in milliseconds. */
const PERIOD = 5000;

/** A page cannot say that it has ended: its driver is asked. One that is busy answers late. */
function lookAfter(browser) {
    let isOver = false;
    async function look() {
        while (!isOver) {
            await pause(PERIOD, undefined, { ref: false });
            await browser.title().catch(({ message }) => {
                if (!isOver && GONE.test(message)) throw new Error(`the page has ended: ${message.trim()}`);
            });
        }
    }
    const broken = look();
    broken.catch(() => {});
    return { broken, close: () => (isOver = true) };
}

function limit() {
    return new Promise((_resolve, reject) => {
        setTimeout(() => reject(new Error(`it did not finish in ${LIMIT / 1000} s`)), LIMIT).unref();
    });
}
