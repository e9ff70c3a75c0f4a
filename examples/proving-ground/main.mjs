// Usage: node main.mjs [auto|jspi|asyncify]
//
// Runs the scripts, all at once, and reads the archive.

import { open, readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import init, { countPrimes, runScript, summarize } from './pkg/proving-ground.js';

const file = (path) => new URL(path, import.meta.url);

/** Runs one script, and returns its value with what it has printed. */
async function run(name) {
    const printed = [];
    const value = await runScript(await readFile(file(`scripts/${name}.rhai`), 'utf8'), {
        readText: (path) => readFile(file(`data/${path}`), 'utf8'),
        async print(line) {
            await setImmediate();
            printed.push(`${line}\n`);
        },
    });
    return `${name}.rhai\n${printed.join('')}= ${value}\n`;
}

/** What `RandomReader` takes, from an open file. */
async function positioned(handle) {
    return {
        size: (await handle.stat()).size,
        async read(position, length) {
            const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
            return buffer.subarray(0, bytesRead);
        },
    };
}

await init({ backend: process.argv[2] });
for (const output of await Promise.all(['invoices', 'outline', 'closures'].map(run))) {
    console.log(output);
}
console.log(`${countPrimes(10_000)} primes below 10000\n`);

const archive = await open(file('data/measurements.zip'));
process.stdout.write(await summarize(await positioned(archive)));
await archive.close();
