// `wasm-opt --asyncify`, and the package that its documentation names.

import { bareUrl, loadBare } from '../bare.mjs';

const PACKAGE = new URL('../../node_modules/asyncify-wasm/dist/asyncify.mjs', import.meta.url).href;

export const asyncifyWasm = {
    name: 'asyncify-wasm',
    // All calls unwind into the same buffer.
    inFlight: 1,
    without: 'the frames do not fit into its buffer of 1 KB',
    files: { wasm: [bareUrl('bare.asyncify.wasm').href], script: [PACKAGE] },
    async load() {
        const { instantiate } = await import(PACKAGE);
        return loadBare('bare.asyncify.wasm', instantiate, {
            wait: (promise) => promise,
            load: async (specifier) => (await import(specifier)).value,
        });
    },
};
