// The rows of the matrix: which engine, which backend, where.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { browsers, missing } from './browsers.mjs';
import { node26 } from './node26.mjs';

/**
 * @typedef {object} Row
 * @property {string} engine its name, with the flags that it is started with
 * @property {string} version what is here; what is looked for, if that is absent
 * @property {string} backend
 * @property {'process' | 'page' | 'worker' | 'csp'} context
 * @property {string[]} [command] starts a process; what to run comes behind it
 * @property {Record<string, string>} [env] what its environment has besides
 * @property {string} [browser] the name of a browser
 * @property {string} [root] where the suite is, from the repository's root
 * @property {string[]} [without] the files of the suite that it has not
 * @property {boolean} [isApart] each file of the suite runs in a process or page of its own
 * @property {string} [why] why the row cannot run
 */

const program = (path) => fileURLToPath(new URL(path, import.meta.url));
const npm = (path) => program(`node_modules/${path}`);
const NODE26 = node26();
const node = (version, backends, ...flags) => ({
    engine: ['node', ...flags].join(' '),
    wanted: version,
    command: [version === '26' ? NODE26 : npm(`node${version}/bin/node`), ...flags],
    backends,
});

const DENO = ['run', '--allow-all', '--no-lock', '--quiet'];

const BOTH = ['jspi', 'asyncify'];

/**
 * JavaScriptCore has room for a few dozen memories that grow where they are. Those of the whole suite are more, and any
 * further one is copied each time it grows, which takes minutes where memories are filled.
 */
const JAVASCRIPTCORE = { isApart: true };

const BUN = { command: [npm('@oven/bun-linux-x64/bin/bun'), 'run', '--no-install'], ...JAVASCRIPTCORE };

/**
 * Where Bun's JavaScriptCore compiles on further threads, a function that becomes hot while a stack of JSPI's is the
 * current one ends the process, by an assertion ("Unexpected code block in DFG->FTL tier-up").
 */
const ONE_THREAD = { env: { BUN_JSC_useConcurrentJIT: '0' } };

/**
 * A process that has run most of the suite on the API of flags gets into a state where nothing that was given to
 * `process.nextTick` is called any more, while timers and promises go on: Node.js's streams then wait for ever.
 */
const LEGACY = { isApart: true };

const PROCESSES = [
    node('20', ['asyncify']),
    { ...node('20', ['jspi-legacy'], '--experimental-wasm-stack-switching'), ...LEGACY },
    node('22', ['asyncify']),
    { ...node('22', ['jspi-legacy'], '--experimental-wasm-jspi'), ...LEGACY },
    node('23', ['asyncify']),
    node('23', ['jspi'], '--experimental-wasm-jspi'),
    node('24', BOTH),
    // What programs say that do not care: Asyncify.
    node('26', [...BOTH, 'auto']),
    node('26', ['wasmfx'], '--experimental-wasm-wasmfx'),
    throughBinaryen(node('20', ['asyncify'])),
    throughBinaryen(node('26', ['asyncify'])),
    { engine: 'deno', command: [npm('@deno/linux-x64-glibc/deno'), ...DENO], backends: BOTH },
    { engine: 'bun', backends: ['asyncify'], ...BUN },
    { engine: 'bun, BUN_JSC_useConcurrentJIT=0', backends: ['jspi'], ...BUN, ...ONE_THREAD },
];

/** What tests/tool/binaryen.mjs has built: neither programs, nor what is built in other ways. */
function throughBinaryen(process) {
    const ownWays = ['commands', 'guard', 'mixed', 'profile', 'program', 'threads'];
    const withStd = ['git', 'postgres', 'unmodified', 'unmodified-host'];
    const others = [...ownWays, ...withStd];
    const without = others.map((name) => `${name}.test.mjs`);
    return { ...process, engine: "node, Binaryen's Asyncify", root: 'target/binaryen/', without };
}

const CONTEXTS = /** @type {const} */ (['page', 'worker', 'csp']);

/** WebKitGTK has no JSPI. */
const BROWSER_BACKENDS = { chromium: BOTH, firefox: BOTH, webkit: ['asyncify'] };
const BROWSER_NEEDS = { chromium: {}, firefox: {}, webkit: JAVASCRIPTCORE };

/** @returns {Row[]} */
export function allRows() {
    return [
        ...PROCESSES.flatMap(processRows),
        ...browsers.flatMap((browser) => {
            const absent = missing(browser);
            const why = absent.length > 0 ? `there is no ${absent.join(' and no ')} here: make setup-matrix` : undefined;
            return BROWSER_BACKENDS[browser].flatMap((backend) =>
                CONTEXTS.map((context) => ({ engine: browser, version: '', backend, context, browser, why, ...BROWSER_NEEDS[browser] })),
            );
        }),
    ];
}

/**
 * The rows of this Node.js and of Node.js 26 without flags: what is there without `make setup-matrix`.
 *
 * @returns {Row[]}
 */
export function usualRows() {
    const [major] = process.versions.node.split('.');
    const backends = Number(major) >= 24 ? BOTH : ['asyncify'];
    const here = { ...node(major, backends), command: [process.execPath] };
    return [here, ...PROCESSES.filter(({ engine, wanted }) => engine === 'node' && wanted === '26')].flatMap(processRows);
}

/** @returns {Row[]} */
function processRows({ engine, wanted = '', command, env, backends, root = '', without = [], isApart = false }) {
    const found = versionOf(command[0]);
    const why = found === undefined ? `there is no ${engine} ${wanted}`.trim() + ' here: make setup-matrix' : undefined;
    const rest = { env, root, without, isApart, why };
    return backends.map((backend) => {
        return { engine, version: found ?? wanted, backend, context: 'process', command, ...rest };
    });
}

/** What a program says of itself, or `undefined` if it is not there. */
function versionOf(path) {
    if (!existsSync(path)) return undefined;
    return /\d+\.\d+\.\d+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0];
}
