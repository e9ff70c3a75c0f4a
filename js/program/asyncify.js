// A program that unwinds its stack when it has to wait, and rewinds it frame by frame: on every engine.
//
// It unwinds into a buffer in its memory, and what is there is kept (`pieces.js`).

import { Pieces, rewind } from './pieces.js';

/** @typedef {import('./types.js').Waiting} Waiting */

/** @returns {Waiting} */
export function createAsyncify() {
    /** @type {Promise<number>} */
    let pending;
    return {
        imports: {},
        hold(promise) {
            pending = promise;
        },
        run: (exports) => run(exports, () => pending),
    };
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {() => Promise<number>} take what the program waits for
 */
async function run(exports, take) {
    const module = /** @type {Record<string, (...values: number[]) => number>} */ (exports);
    const pieces = new Pieces(/** @type {WebAssembly.Memory} */ (exports.memory));

    let length = module.suspendable_start();
    while (length !== 0) {
        pieces.push(module.suspendable_frames(), length);
        module.suspendable_deliver(await take());
        // What has just been unwound is still there; those below it are not.
        length = rewind(module, pieces, length);
    }
}
