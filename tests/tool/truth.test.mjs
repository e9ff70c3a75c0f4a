// The suspension set against the truth: what is on the stack when a call suspends is in the set.
//
// JSPI suspends without anything being instrumented, and the import that it calls sees the whole
// stack. So programs are run on JSPI with their names kept, and every name that is seen at a
// suspension has to be one that the Asyncify build of the same module instruments.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const tool = path('target/release/cargo-suspendable');

/** Builds a crate with its names, unless that has been done. */
function build(crate) {
    const linked = path(`target/wasm32-unknown-unknown/release/${crate.replaceAll('-', '_')}.wasm`);
    const folder = path(`target/truth/${crate}`);
    const report = `${folder}/report.json`;
    const newest = Math.max(...[linked, tool].map((file) => statSync(file).mtimeMs));
    if (!existsSync(report) || statSync(report).mtimeMs < newest) {
        const options = ['--name', crate, '--out-dir', folder, '--true-names', '--keep-names', '--report', report];
        execFileSync(tool, ['post-build', linked, ...options], { stdio: 'pipe', cwd: path('tests') });
    }
    return new Set(JSON.parse(readFileSync(report, 'utf8')).instrumented);
}

/** Runs `program` and returns the names of all functions that were on a stack when it suspended. */
async function seenAtSuspensions(program) {
    const seen = new Set();
    const { Suspending } = WebAssembly;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = Infinity;
    WebAssembly.Suspending = class {
        constructor(callback) {
            return new Suspending((...args) => {
                for (const line of new Error().stack.split('\n')) {
                    // Behind the name of the module.
                    const name = /^ +at (?:\w+\.wasm\.)?(.+) \(wasm:\/\//.exec(line)?.[1];
                    if (name !== undefined) seen.add(name);
                    // Below it is whoever called the export: not the fiber's.
                    if (name === ENDS[0]) break;
                }
                return callback(...args);
            });
        }
    };
    try {
        await program();
    } finally {
        WebAssembly.Suspending = Suspending;
        Error.stackTraceLimit = stackTraceLimit;
    }
    return seen;
}

/** What the tool itself puts at both ends of a stack; neither is instrumented. */
const ENDS = ['suspendable.start', 'suspendable.suspend'];

const programs = {
    async fixture({ instantiate }) {
        const base = new URL('../modules/', import.meta.url);
        const fixture = await instantiate({ backend: 'jspi', base });
        await fixture.churn(1, 20, 3);
        await fixture.throughTraits(3);
        await fixture.importCall('./values.mjs', 'addLater', 1, 2);
        await fixture.get_strings('./values.mjs', 'strings');
        await fixture.futureBorrows(new Promise((resolve) => setTimeout(resolve, 2)));
        await fixture.importStyles();
        await fixture.locals(7);
        const counter = await fixture.Counter.open('truth');
        await counter.incrementTwice();
        await counter.describeAs('a');
    },

    async 'proving-ground'({ instantiate }) {
        const { runScript, summarize } = await instantiate({ backend: 'jspi' });
        const host = {
            readText: (file) => readFile(path(`examples/proving-ground/data/${file}`), 'utf8'),
            print: async () => {},
        };
        for (const name of ['invoices', 'outline', 'closures']) {
            const source = await readFile(path(`examples/proving-ground/scripts/${name}.rhai`), 'utf8');
            await runScript(source, host);
        }
        await summarize(new Blob([await readFile(path('examples/proving-ground/data/measurements.zip'))]));
    },

    async templates({ instantiate }) {
        const base = new URL('../../examples/templates/', import.meta.url);
        const { render } = await instantiate({ backend: 'jspi', base });
        for (const name of ['shop', 'categories']) await render(name, './site.mjs');
    },
};

for (const [crate, program] of Object.entries(programs)) {
    test(`${crate}: whatever is on the stack at a suspension is in the set`, async () => {
        const instrumented = build(crate);
        const module = await import(`../../target/truth/${crate}/${crate}.js`);
        const seen = await seenAtSuspensions(() => program(module));
        for (const end of ENDS) assert.ok(seen.delete(end), `${end} is at the end of every stack`);
        assert.ok(seen.size > 3, 'names are seen');
        const missing = [...seen].filter((name) => !instrumented.has(name));
        assert.deepEqual(missing, []);
        // And the set is not simply everything that there is.
        assert.ok(instrumented.size >= seen.size);
    });
}
