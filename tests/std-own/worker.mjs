// Runs tests of std's in one package, one after the other, each in an instance of its own.
//
// workerData: { folder, backend, tests: { name, panics }[] }. Posts { begins: name }, then { name, error? }, for each, and { isDone }.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const { folder, backend, tests } = workerData;
const { instantiate } = await import(join(folder, 'std-own.js'));
const file = join(folder, backend === 'asyncify' ? 'std-own.asyncify.wasm' : 'std-own.wasm');
const module = await WebAssembly.compile(readFileSync(file));

/** What went wrong with a test, if anything did. */
async function run({ name, panics }) {
    const { run } = await instantiate({ backend, module, stdout: () => {}, stderr: () => {} });
    try {
        await run(name);
    } catch (error) {
        if (panics === undefined) return error.stack ?? String(error);
        return error.message.includes(panics) ? undefined : `it says: ${error.message}`;
    }
    return panics === undefined ? undefined : 'it should panic, and does not';
}

// What waits for nothing is not the end.
setInterval(() => {}, 1000);
for (const test of tests) {
    parentPort.postMessage({ begins: test.name });
    parentPort.postMessage({ name: test.name, error: await run(test) });
}
parentPort.postMessage({ isDone: true });
