// Usage: node main.mjs
//
// The same import twice: with callbacks, and blocking.

import init, { AsyncImportHandler, describe } from './pkg/callback-style.js';

await init();
const handler = new AsyncImportHandler();

/** What a caller has to write to get a value out of callbacks. */
function describeWithCallbacks(specifier) {
    return new Promise((resolve, reject) => {
        handler.setCallbacks(resolve, reject);
        handler.triggerImport(specifier);
    });
}

const { node } = process.versions;
const module = new URL('../dynamic-import/my-dynamic-module.mjs', import.meta.url).href;
const missing = new URL('./not-there.mjs', import.meta.url).href;
const firstLine = (reason) => String(reason).split('\n')[0];

console.log(`node ${node}  callbacks ${await describeWithCallbacks(module)}`);
console.log(`node ${node}  blocking  ${await describe(module)}`);
console.log(`node ${node}  callbacks ${await describeWithCallbacks(missing).catch(firstLine)}`);
console.log(`node ${node}  blocking  ${await describe(missing).catch(firstLine)}`);
