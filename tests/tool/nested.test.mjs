// Fibers that are resumed in the middle of others, which were resumed themselves.
//
// No host does that today: a fiber goes on in a microtask, and no engine runs microtasks inside of one. The
// module does not rely on it. So it is driven by hand here: what its fibers wait for settles whenever one of
// them calls JavaScript.

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { asyncifyBackend } from '../../js/asyncify.js';
import { faults } from '../../js/faults.js';

/** The package's module, which does not show how it makes the glue, with that as an export. */
const shown = new URL('../fixture/pkg/nested.js', import.meta.url);
const entry = await readFile(new URL('../fixture/pkg/fixture.js', import.meta.url), 'utf8');
await writeFile(shown, `${entry}\nexport { createGlue };\n`);
const { createGlue } = await import(shown.href);
await rm(shown);

const DEEPEST = 5;

/** An instance whose fibers go on when `settle` is called, and only then. */
async function instantiate(random) {
    const waiting = [];
    const results = new Map();
    const parts = asyncifyBackend().imports;
    const after = (fiber, left) => {
        if (left === parts.ended) results.set(fiber, own.suspendable_outcome(fiber));
        else waiting.push(fiber);
    };
    const host = {
        inside: 0,
        thrown: (_, thrown) => thrown,
        startFiber(fiber) {
            after(fiber, own.suspendable_start(fiber, host.inside));
            return fiber;
        },
        isThenable: () => true,
    };
    const { exports, imports, modules } = createGlue(host);
    let depth = 0;
    /** Lets some fiber go on, which gets `seeds` of it. */
    function settle(seeds) {
        const [fiber] = waiting.splice(Math.floor(random() * waiting.length), 1);
        depth += 1;
        after(fiber, own.suspendable_resume(fiber, seeds.get(fiber), 0, host.inside));
        depth -= 1;
    }
    const seeds = new Map();
    let nested = 0;
    const tick = Object.keys(imports).find((name) => name.startsWith('__wbg_tick'));
    imports[tick] = () => {
        const inside = host.inside++;
        while (waiting.length > 0 && depth < DEEPEST && random() < 0.5) {
            if (depth > 0) nested += 1;
            settle(seeds);
        }
        host.inside = inside;
        return Promise.resolve();
    };
    const bytes = await readFile(new URL('../fixture/pkg/fixture.asyncify.wasm', import.meta.url));
    const { instance } = await WebAssembly.instantiate(bytes, {
        ...modules,
        './fixture_bg.js': imports,
        suspendable: { ...faults, ...parts },
    });
    const own = instance.exports;
    imports.__wbg_set_wasm(own);
    own.__wbindgen_start();
    return { exports, waiting, results, seeds, settle: () => settle(seeds), nested: () => nested };
}

/** Numbers without a pattern, between 0 and 1. */
function createRandom(state) {
    return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

test('fibers that are resumed in the middle of resumed ones end with the right values', async () => {
    for (let seed = 1; seed <= 20; seed++) {
        const { exports, waiting, results, seeds, settle, nested } = await instantiate(createRandom(seed));
        const expected = new Map();
        for (let i = 0; i < 50; i++) {
            const call = [1000 * i + 7, i % 20, 5];
            // Others may go on in its first run; it is not among them.
            const fiber = exports.churn(...call);
            seeds.set(fiber, call[0]);
            expected.set(fiber, exports.churnExpected(...call));
        }
        while (waiting.length > 0) settle();
        assert.deepEqual(results, expected);
        assert.ok(nested() > 100, `only ${nested()} times in the middle of another`);
    }
});
