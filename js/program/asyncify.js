// A program that unwinds its stack when it has to wait, and rewinds it frame by frame: on every engine.
//
// It unwinds into a buffer in its memory, and what is there is kept here: a piece for each suspension that is
// not over yet, the innermost last. A piece is put back into the buffer to be rewound. If the program suspends
// again in the middle of that, the new frames lie where those of the piece lay that are not rewound yet: what
// is left of it stays here, below the new piece.

/**
 * @typedef {import('./types.js').TakePending} TakePending
 * @typedef {import('./types.js').Waiting} Waiting
 */

/** What `suspendable_resume` returns when a piece is used up, and the next one is wanted. */
const USED_UP = -1;

/**
 * @param {TakePending} take
 * @returns {Waiting}
 */
export function createAsyncify(take) {
    return { imports: {}, run: (exports) => run(exports, take) };
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {TakePending} take
 */
async function run(exports, take) {
    const {
        suspendable_start: start,
        suspendable_resume: resume,
        suspendable_deliver: deliver,
        suspendable_frames: frames,
        suspendable_rewound: rewound,
    } = /** @type {Record<string, (value?: number) => number>} */ (exports);
    const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    /** @param {number} length */
    const buffer = (length) => new Uint8Array(memory.buffer, frames(), length);

    /** @type {Uint8Array[]} */
    const pieces = [];
    let length = start();
    while (length !== 0) {
        pieces.push(buffer(length).slice());
        deliver(await take());
        do {
            const piece = /** @type {Uint8Array} */ (pieces.pop());
            buffer(piece.length).set(piece);
            length = resume(piece.length);
            if (length > 0) {
                const rest = piece.subarray(rewound());
                if (rest.length > 0) pieces.push(rest);
            }
        } while (length === USED_UP);
    }
}
