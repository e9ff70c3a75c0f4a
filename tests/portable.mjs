// The parts of Node.js that the tests are written with, on every engine: `test`, `assert`, files.
//
// What a row of the table is made of comes as a query string: the argument of a process, and the
// address of a page or a worker.

import { QUnit } from '../node_modules/qunit/qunit/esm/qunit.module.js';

const { process, location } = globalThis;
const query = new URLSearchParams(location?.search ?? process.argv[2]);

/** What the package is asked for: a backend, or 'auto'. */
export const wanted = query.get('backend');

/** Where the suite runs: in a 'process', in a 'page', in a 'worker', in a page with a strict 'csp'. */
export const context = query.get('context');

/** The server of the repository's files. */
export const origin = query.get('origin');

/** The names of the files with tests. */
export const files = query.getAll('file');

export const inProcess = context === 'process';

const ASSERT = inProcess ? 'node:assert/strict' : '../node_modules/@jspm/core/nodelibs/browser/assert/strict.js';
export const { default: assert } = await import(ASSERT);

/** Why the tests that were skipped could not be run. */
export const skipped = new Map();

/**
 * As in node:test.
 *
 * @param {string} name
 * @param {{ skip?: string | false } | (() => unknown)} options `skip` says why this engine cannot run it
 * @param {() => unknown} [run]
 */
export function test(name, options, run = options) {
    if (options.skip) {
        skipped.set(name, options.skip);
        QUnit.test.skip(name);
        return;
    }
    QUnit.test(name, async (qunit) => {
        let failure;
        try {
            await run();
        } catch (error) {
            failure = describe(error);
        }
        qunit.pushResult({ result: failure === undefined, message: failure });
    });
}

/** What was thrown, with the place where the engine says it. */
export function describe(error) {
    const { message = String(error), stack = '' } = error ?? {};
    return stack.includes(message) ? stack : `${error}\n${stack}`;
}

const fs = inProcess ? await import('node:fs/promises') : undefined;

/**
 * The bytes of a file.
 *
 * @param {URL} url
 * @returns {Promise<Uint8Array>}
 */
export async function readBytes(url) {
    if (fs) return new Uint8Array(await fs.readFile(url));
    const response = await fetch(url);
    if (!response.ok) throw Object.assign(new Error(`${url}: ${response.status}`), { code: 'ENOENT' });
    return new Uint8Array(await response.arrayBuffer());
}

/**
 * The text of a file.
 *
 * @param {URL} url
 */
export const readText = async (url) => new TextDecoder().decode(await readBytes(url));
