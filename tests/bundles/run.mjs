// Packages as other programs use them: bundled, by name, behind a page.
//
// Usage: node tests/bundles/run.mjs
//
// Prints a line for each row, and exits non-zero if a check failed. What an engine lacks is said in its
// row, and is no failure.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { browsers, missing, openBrowser } from '../engines/browsers.mjs';
import { node26 } from '../engines/node26.mjs';
import { serve } from '../engines/serve.mjs';
import { app, bundlers, install } from './bundles.mjs';
import { bundleForHosts, commonJs, inWorkerd, pages, workerdVersion } from './hosts.mjs';
import { page, visit } from './page.mjs';

/**
 * @typedef {object} Row
 * @property {string} name what is tried
 * @property {string} engine
 * @property {string} version
 * @property {string} backend
 * @property {string} context
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} [why] why it could not run, or what failed
 */

const NOT_HERE = 'not here: run `make setup-matrix`';

/** The package's file for each backend. */
const FILES = { jspi: 'fixture.wasm', asyncify: 'fixture.asyncify.wasm' };

/** The counts of a row, from the list of what worked and what did not. */
function count(results) {
    const failures = results.filter(({ error }) => error !== undefined);
    return {
        passed: results.length - failures.length,
        failed: failures.length,
        skipped: 0,
        ...(failures.length > 0 && { why: failures.map(({ what, error }) => `${what}: ${error}`).join('\n') }),
    };
}

/**
 * The counts of a row that may not even begin.
 *
 * @param {() => Promise<{ what: string, error?: string }[]>} run
 */
async function attempt(run) {
    try {
        return count(await run());
    } catch (error) {
        return count([{ what: 'it runs', error: String(error) }]);
    }
}

/**
 * Programs for Node.js, with this one and with Node.js 26.
 *
 * @returns {AsyncGenerator<Row>}
 */
async function* inNode() {
    const base = pathToFileURL(`${app}/public/`).href;
    const programs = {
        'by name': (backend) => [`${app}/program.mjs`, backend, base],
        CommonJS: (backend) => [`${app}/program.cjs`, backend, base],
        'CommonJS bundle': (backend) => [commonJs.program, backend, base, `${commonJs.folder}/${FILES[backend]}`],
    };
    for (const node of [process.execPath, node26()]) {
        const run = async (...options) => (await promisify(execFile)(node, options)).stdout;
        const [version, suspending] = (
            await run('-p', 'process.versions.node + " " + typeof WebAssembly.Suspending')
        ).trim().split(' ');
        for (const backend of suspending === 'function' ? ['jspi', 'asyncify'] : ['asyncify']) {
            for (const [name, program] of Object.entries(programs)) {
                const row = { name, engine: 'node', version, backend, context: 'bundle' };
                yield { ...row, ...(await attempt(async () => JSON.parse(await run(...program(backend))))) };
            }
        }
    }
}

/**
 * Cloudflare's runtime, where modules are compiled ahead.
 *
 * @returns {AsyncGenerator<Row>}
 */
async function* ahead() {
    const row = { name: 'compiled ahead', engine: 'workerd', version: workerdVersion(), context: 'process' };
    for (const backend of ['jspi', 'asyncify']) {
        yield { ...row, backend, ...(await attempt(() => inWorkerd(backend))) };
    }
}

/**
 * What is tried in each browser: a page is opened, and what comes of it is a list of results.
 *
 * @typedef {object} Trial
 * @property {string} name
 * @property {string} context
 * @property {string} url BACKEND in it stands for the backend, MODULE for its file
 * @property {(browser: any, backend: string) => Promise<{ what: string, error?: string }[]>} [results]
 */

/** The page leaves what it found in a variable. */
const found = (browser) => browser.waitFor('return globalThis.results');

/**
 * Each trial, in each browser.
 *
 * @param {Trial[]} trials
 * @returns {AsyncGenerator<Row>}
 */
async function* inBrowsers(trials) {
    for (const engine of browsers) {
        const lacks = missing(engine);
        if (lacks.length > 0) {
            const why = `${lacks.join(', ')}: ${NOT_HERE}`;
            const none = { version: '', backend: '', passed: 0, failed: 0, skipped: 0, why };
            for (const { name, context } of trials) yield { name, engine, context, ...none };
            continue;
        }
        const browser = await openBrowser(engine);
        const { version } = browser;
        try {
            const hasJspi = await browser.execute('return "Suspending" in WebAssembly');
            for (const { name, context, url, results = found } of trials) {
                for (const backend of hasJspi ? ['jspi', 'asyncify'] : ['asyncify']) {
                    const counts = await attempt(async () => {
                        await browser.navigate(url.replace('BACKEND', backend).replace('MODULE', FILES[backend]));
                        return results(browser, backend);
                    });
                    yield { name, engine, version, backend, context, ...counts };
                }
            }
        } finally {
            await browser.close();
        }
    }
}

/**
 * One after the other, as they come.
 *
 * @returns {AsyncGenerator<Row>}
 */
export async function* rows() {
    if (!existsSync(new URL('node_modules/', import.meta.url))) {
        const none = { version: '', backend: '', context: 'bundle', passed: 0, failed: 0, skipped: 0 };
        yield { name: 'all', engine: 'bundlers', ...none, why: NOT_HERE };
        return;
    }
    install();
    await bundleForHosts();
    yield* inNode();
    yield* ahead();

    const servers = [];
    const opened = async (opening) => {
        const server = await opening;
        servers.push(server);
        return server.origin;
    };
    try {
        const trials = [];
        for (const [name, bundle] of Object.entries(bundlers)) {
            trials.push({ name, context: 'bundle', url: `${await opened(bundle())}/?backend=BACKEND` });
        }
        trials.push(...(await pages(opened)));
        trials.push({ name: 'examples/browser', context: 'page', url: await opened(serve(page)), results: visit });
        yield* inBrowsers(trials);
    } finally {
        for (const server of servers) await server.close();
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    for await (const { name, engine, version, backend, passed, failed, why } of rows()) {
        const columns = [name.padEnd(16), `${engine} ${version}`.padEnd(24), backend.padEnd(9)];
        console.log(`${columns.join(' ')} ${passed} passed, ${failed} failed${why ? `  ${why}` : ''}`);
        if (failed > 0) process.exitCode = 1;
    }
}
