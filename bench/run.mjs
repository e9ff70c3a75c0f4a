// What a suspension and a call cost, as ratios to plain JavaScript in the same run.
//
// Usage: node bench/run.mjs

import { readFile } from 'node:fs/promises';

import { instantiate as instantiatePrograms } from '../examples/proving-ground/pkg/proving-ground.js';
import { measure } from './measure.mjs';
import { instantiate } from './module/pkg/bench-module.js';

const hasJspi = typeof WebAssembly.Suspending === 'function';
const backends = {
    auto: await instantiate(),
    asyncify: await instantiate({ backend: 'asyncify' }),
    ...(hasJspi && { jspi: await instantiate({ backend: 'jspi' }) }),
};
const resolved = Promise.resolve(1);
const own = new URL('./measure.mjs', import.meta.url).href;

const FLOOR = 'plain JavaScript';

/** One table: `floor`, and what `ours` gives for each backend, as ratios to the floor. */
async function table(title, operations, floor, ours) {
    const styles = { [FLOOR]: floor };
    for (const [name, instance] of Object.entries(backends)) {
        for (const [label, run] of Object.entries(ours(instance))) {
            styles[`${name}${label}`] = run;
        }
    }
    show(title, 'ns', await measure(styles, { operations }), FLOOR);
}

/** Prints results, given in nanoseconds, as ratios to one of them. */
function show(title, unit, results, floor) {
    const scale = { ns: 1, ms: 1e6 }[unit];
    console.log(`\n${title}`);
    for (const [name, { median, low, high }] of Object.entries(results)) {
        const spread = (((high - low) / median) * 50).toFixed(0);
        console.log(
            `  ${name.padEnd(24)} ${(median / scale).toFixed(unit === 'ns' ? 0 : 1).padStart(8)} ${unit}` +
                `  ±${spread.padStart(2)} %  ${(median / results[floor].median).toFixed(2).padStart(8)} ×`,
        );
    }
}

async function awaitLoop(times) {
    for (let i = 0; i < times; i++) await resolved;
}

async function callLoop(times, call) {
    for (let i = 0; i < times; i++) await call();
}

console.log(`node ${process.versions.node} ${process.arch}, medians of 25 interleaved rounds`);

await table('one suspension, promise already resolved', 20_000, awaitLoop, (instance) =>
    Object.fromEntries(
        [3, 10, 30, 100].map((frames) => [
            `, ${frames} frames`,
            (times) => instance.suspend(frames, times, resolved),
        ]),
    ),
);

const asyncOnce = async () => await resolved;
await table('a call that suspends once', 5_000, (n) => callLoop(n, asyncOnce), (instance) => ({
    '': (n) => callLoop(n, () => instance.once(resolved)),
}));

const asyncImmediate = async (number) => number + 1;
await table('a call that never suspends', 5_000, (n) => callLoop(n, () => asyncImmediate(1)), (instance) => ({
    '': (n) => callLoop(n, () => instance.immediate(1)),
}));

await table('js_import of a module that is there', 10_000, (n) => callLoop(n, () => import(own)), (instance) => ({
    '': (n) => instance.importAgain(own, n),
}));

if (hasJspi) {
    // The same Rust, not instrumented (the module for JSPI) and instrumented; neither suspends.
    const plain = await instantiatePrograms({ backend: 'jspi' });
    const instrumented = await instantiatePrograms({ backend: 'asyncify' });
    const archive = await readFile(new URL('../examples/proving-ground/data/measurements.zip', import.meta.url));
    for (const [title, run] of [
        ['a computation in the rhai interpreter, without a suspension', ({ countPrimes }) => countPrimes(20_000)],
        ['zip and csv, from memory', async ({ summarizeBytes }) => {
            for (let i = 0; i < 20; i++) await summarizeBytes(archive);
        }],
    ]) {
        const styles = { plain: () => run(plain), instrumented: () => run(instrumented) };
        show(title, 'ms', await measure(styles, { operations: 1 }), 'plain');
    }
}

console.log('\nlinear memory for each suspended call, 3 frames');
for (const [name, instance] of Object.entries(backends)) {
    let release;
    const gate = new Promise((resolve) => (release = resolve));
    const before = instance.memoryBytes();
    const calls = Array.from({ length: 10_000 }, () => instance.suspend(3, 1, gate));
    console.log(`  ${name.padEnd(24)} ${((instance.memoryBytes() - before) / calls.length).toFixed(0).padStart(8)} bytes`);
    release();
    await Promise.all(calls);
}
