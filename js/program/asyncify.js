// A program that unwinds its stack when it has to wait, and rewinds it frame by frame: on every engine.
//
// It unwinds into a buffer in its memory, and what is there is kept (`pieces.js`).

import { Pieces } from './pieces.js';

/** @typedef {import('./types.js').Waiting} Waiting */

/** What `suspendable_resume` returns when a piece is used up, and the next one is wanted. */
const USED_UP = -1;

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
    const {
        suspendable_start: start,
        suspendable_resume: resume,
        suspendable_deliver: deliver,
        suspendable_frames: frames,
        suspendable_rewound: rewound,
    } = /** @type {Record<string, (value?: number) => number>} */ (exports);
    const pieces = new Pieces(/** @type {WebAssembly.Memory} */ (exports.memory));

    let length = start();
    while (length !== 0) {
        pieces.push(frames(), length);
        deliver(await take());
        // What has just been unwound is still there; those below it are not.
        length = resume(length);
        while (length === USED_UP) {
            pieces.pop();
            length = resume(pieces.putBack(frames()));
        }
        if (length > 0) pieces.shorten(rewound());
    }
}
