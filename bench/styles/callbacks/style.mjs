// Callbacks. Who calls makes promises of them, for whoever calls him.

import { files, loadPackage } from '../wasm-bindgen.mjs';

export const callbacks = {
    name: 'callbacks',
    inFlight: Infinity,
    files: files('callbacks'),
    without: 'callbacks have no stack: nothing is below them',
    async load(fresh) {
        const glue = await loadPackage('callbacks', fresh);
        const promise =
            (trigger) =>
            (...values) =>
                new Promise((completed, failed) => trigger(...values, completed, failed));
        return {
            suspendFlat: promise(glue.suspend),
            immediate: promise(glue.immediate),
            once: promise(glue.once),
            importModule: promise(glue.importModule),
            importAgain: promise(glue.importAgain),
            memoryBytes: glue.memoryBytes,
        };
    },
};
