// Random programs under random schedules: `make schedules`.
//
// Usage: node tests/tool/schedules.mjs [COUNT [SEED]]
//
// First those of a model (tests/schedules.mjs), then programs of std's locks, channels and conditions
// (tests/threads) and, in a library that is built with --std, of those whose threads panic (tests/unmodified), and calls
// that are cancelled, of std's and of the crate's own (tests/std), on both backends.

import { runCancelled } from '../cancelled.mjs';
import { runRandom } from '../schedules.mjs';
import { instantiate as instantiateOwn } from '../std/pkg/std-tests.js';
import { run } from '../threads/pkg/threads.js';
import { instantiate } from '../unmodified/pkg/unmodified.js';

const [count, first] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1)];

async function timed(name, one) {
    const began = performance.now();
    for (let seed = first; seed < first + count; seed++) await one(seed);
    console.log(`${name}: ${count} schedules from ${first} on, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Milliseconds: if a program does not end by then, it never does. */
const PATIENCE = 20_000;

/** In a library, of which there is a new instance now and then: what a call had that panicked is never given back. */
async function timedIn(name, backend, instantiate, one) {
    let library;
    await timed(`${name}, ${backend}`, async (seed) => {
        if (library === undefined || seed % 500 === 0) library = await instantiate({ backend });
        let timer;
        const tooLate = new Promise((_resolve, reject) => {
            timer = setTimeout(() => reject(new Error('it does not end')), PATIENCE);
        });
        await Promise.race([one(library, seed), tooLate]).catch((cause) => {
            throw new Error(`seed ${seed}, ${backend}: ${name}`, { cause });
        });
        clearTimeout(timer);
    });
}

await timed('model', runRandom);
for (const backend of ['jspi', 'asyncify']) {
    await timed(`std, ${backend}`, async (seed) => {
        let out = '';
        const options = { args: ['random', String(seed)], backend, schedule: seed, stdin: '' };
        const { code } = await run({ ...options, stdout: (text) => void (out += text) });
        if (code !== 0 || out !== 'right\n') throw new Error(`seed ${seed}, ${backend}: code ${code}, ${out}`);
    });
    await timedIn('std in a library', backend, instantiate, (library, seed) => library.random(seed));
    const cancels = (library, seed) => runCancelled(library, turn, seed);
    await timedIn("std's, cancelled", backend, instantiate, cancels);
    await timedIn("the crate's own, cancelled", backend, instantiateOwn, cancels);
}
