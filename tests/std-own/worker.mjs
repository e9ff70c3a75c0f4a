// Runs tests of std's in one package, one after the other, each in an instance and a temporary directory of its own.
//
// workerData: { folder, backend, tests: { name, panics, port }[] }. Posts { begins: name }, then { name, error? }, for
// each, and { isDone }.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const { folder, backend, tests } = workerData;
const outer = process.env.TMPDIR;
const { instantiate } = await import(join(folder, 'std-own.js'));
const file = join(folder, backend === 'asyncify' ? 'std-own.asyncify.wasm' : 'std-own.wasm');
const module = await WebAssembly.compile(readFileSync(file));

/** What went wrong with a test, if anything did. */
async function run({ name, panics, port }) {
    const { run } = await instantiate({ backend, module, stdout: () => {}, stderr: () => {} });
    try {
        await run(name, port);
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
    const temporary = mkdtempSync(join(outer, 'test-'));
    process.env.TMPDIR = temporary;
    const error = await run(test);
    rmSync(temporary, { recursive: true, force: true });
    parentPort.postMessage({ name: test.name, error });
}
parentPort.postMessage({ isDone: true });
