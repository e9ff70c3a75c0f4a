// The engines that the comparison runs in, by name.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { browsers, openBrowser } from '../tests/engines/browsers.mjs';
import { node26 } from '../tests/engines/node26.mjs';
import { remove, temporaryFolder } from '../tests/engines/scratch.mjs';
import { serve } from '../tests/engines/serve.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const ROOT = path('../');
const npm = (program) => path(`../tests/engines/node_modules/${program}`);

const node = (program) => [program, '--expose-gc'];
const PROCESSES = {
    node26: node(node26()),
    ...Object.fromEntries(
        ['20', '22', '23', '24'].map((version) => [`node${version}`, node(npm(`node${version}/bin/node`))]),
    ),
    deno: [
        npm('@deno/linux-x64-glibc/deno'),
        'run',
        '--allow-all',
        '--no-lock',
        '--quiet',
        '--v8-flags=--expose-gc',
    ],
    bun: [npm('@oven/bun-linux-x64/bin/bun'), 'run', '--no-install'],
};

const names = [...Object.keys(PROCESSES), ...browsers];
/** Not an engine, but several, with several flags: `flags.mjs`. */
export const FLAGS = 'node26-flags';
/** Node.js 26, in which fewer styles are compared, Emscripten's among them. */
export const EMSCRIPTEN = 'node26-emscripten';

/** What makes browsers give exact times. */
const ISOLATED = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Longer than any part takes. */
const LIMIT = 240_000;

/**
 * An engine in which parts can be run.
 *
 * @param {string} name
 * @param {string[]} flags of a Node.js
 */
export async function openEngine(name, flags = []) {
    if (!names.includes(name)) throw new Error(`ENGINE=${name}: it is one of ${[...names, FLAGS, EMSCRIPTEN].join(', ')}`);
    let settle;
    const server = await serve(ROOT, ISOLATED, (answer) => settle(answer));
    const engine = name in PROCESSES ? processes([...PROCESSES[name], ...flags]) : await pages(name, server.origin);
    return {
        name,
        version: engine.version,
        /** Runs one part from the beginning, in a process or a page of its own. */
        async run(query) {
            const answered = new Promise((resolve) => (settle = resolve));
            const ended = engine.start(new URLSearchParams({ ...query, report: server.origin }));
            const timer = setTimeout(
                () => settle({ error: `it did not finish in ${LIMIT / 1000} s` }),
                LIMIT,
            );
            const { result, error } = await Promise.race([answered, ended]);
            clearTimeout(timer);
            await engine.stop();
            if (error !== undefined) throw new Error(`${Object.values(query).join(', ')}: ${error}`);
            return result;
        },
        async close() {
            await engine.close();
            await server.close();
        },
    };
}

function processes([program, ...flags]) {
    if (!existsSync(program)) throw new Error(`${program} is not here: make setup-matrix`);
    let child;
    const folder = temporaryFolder('bench');
    return {
        version: /\d+\.\d+\.\d+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))[0],
        start(query) {
            child = spawn(program, [...flags, path('./inside.mjs'), String(query)], {
                stdio: ['ignore', 'inherit', 'inherit'],
                env: { ...process.env, TMPDIR: folder, DENO_DIR: `${ROOT}target/engines/deno`, DENO_NO_UPDATE_CHECK: '1' },
            });
            return new Promise((resolve) => {
                child.on('error', (error) => resolve({ error: String(error) }));
                child.on('close', (status, signal) => {
                    if (status !== 0)
                        resolve({ error: `the process ended with ${signal ?? `status ${status}`}` });
                });
            });
        },
        stop: () => child.kill('SIGKILL'),
        close: () => remove(folder),
    };
}

async function pages(name, origin) {
    const browser = await openBrowser(name);
    return {
        version: browser.version,
        async start(query) {
            await browser.navigate(`${origin}/bench/page.html?${query}`);
            return new Promise(() => {});
        },
        stop: () => browser.navigate('about:blank'),
        close: () => browser.close(),
    };
}
