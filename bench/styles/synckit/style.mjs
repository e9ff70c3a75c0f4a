// A worker does what is asynchronous, and this thread stands still until it has: nothing else runs
// meanwhile, and only copies of values come back.

import { bareUrl, loadBare } from '../bare.mjs';

const PACKAGE = new URL('../../node_modules/synckit/lib/index.js', import.meta.url).href;
const WORKER = new URL('./worker.mjs', import.meta.url);

export const synckit = {
    name: 'synckit',
    needs: 'node',
    inFlight: 1,
    files: { wasm: [bareUrl('bare.wasm').href], script: [PACKAGE, WORKER.href] },
    async load() {
        const { createSyncFn } = await import(PACKAGE);
        const inWorker = createSyncFn(WORKER);
        return loadBare('bare.wasm', (bytes, imports) => WebAssembly.instantiate(bytes, imports), {
            wait: () => inWorker('value'),
            load: (specifier) => inWorker('import', specifier),
        });
    },
};
