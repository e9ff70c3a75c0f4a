// Random programs under random schedules: `make schedules`.
//
// Usage: node tests/tool/schedules.mjs [COUNT [SEED]]
//
// First those of a model (tests/schedules.mjs), then programs of std's locks, channels and conditions
// (tests/threads) and, in a library that is built with --std, of those whose threads panic (tests/unmodified), on both
// backends.

import { run } from '../threads/pkg/threads.js';
import { instantiate } from '../unmodified/pkg/unmodified.js';
import { runRandom } from '../schedules.mjs';

const [count, first] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1)];

async function timed(name, one) {
    const began = performance.now();
    for (let seed = first; seed < first + count; seed++) await one(seed);
    console.log(`${name}: ${count} schedules from ${first} on, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

await timed('model', runRandom);
for (const backend of ['jspi', 'asyncify']) {
    await timed(`std, ${backend}`, async (seed) => {
        let out = '';
        const options = { args: ['random', String(seed)], backend, schedule: seed, stdin: '' };
        const { code } = await run({ ...options, stdout: (text) => void (out += text) });
        if (code !== 0 || out !== 'right\n') throw new Error(`seed ${seed}, ${backend}: code ${code}, ${out}`);
    });
    let library;
    await timed(`std in a library, ${backend}`, async (seed) => {
        // What a thread had that panicked is never given back.
        if (library === undefined || seed % 500 === 0) library = await instantiate({ backend });
        await library.random(seed).catch((cause) => {
            throw new Error(`seed ${seed}, ${backend}: in a library`, { cause });
        });
    });
}
