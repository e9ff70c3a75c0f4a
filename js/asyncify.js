// Fibers that unwind their stacks themselves, and rewind them: on every engine.
//
// What a suspension costs grows with the depth of the stack. On engines that switch stacks quickly, a
// fiber that is deep whenever it suspends moves to a stack of the engine's.

import { keepAllOut } from './inlining.js';
import { createMayBeRejection, nativeImports, places, settle } from './native.js';
import { faultReason, reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Fibers} Fibers
 * @typedef {import('./types.js').Stacks} Stacks
 */

/** From so many bytes of frames on, the stacks of V8 are quicker: `make bench`, one suspension. */
const DEEP = 200;
/** Fibers with more stay: their frames may not fit on a stack of the engine's, which has 1 MB. */
const TOO_DEEP = 16_384;
/** A fiber may move at every eighth suspension: a move costs as much as a few of them. */
const EVERY = 8;

/**
 * @param {Stacks} [stacks] for deep fibers
 * @returns {BackendParts}
 */
export function asyncifyBackend(stacks) {
    return {
        imports: {
            ...nativeImports(stacks ?? { wait: settle, mayBeRejection: createMayBeRejection() }),
            escaped: (/** @type {number} */ number) => {
                throw new Escaped(number);
            },
        },
        createFibers: (exports, functionNames) => createFibers(exports, functionNames, stacks),
    };
}

/** @param {number} bytes */
const isDeep = (bytes) => bytes > DEEP && bytes < TOO_DEEP;

/** Thrown by the guard: a stack unwinds through a function that cannot save its frame. */
class Escaped {
    /** @param {number} number the function's, in NAME.functions.json */
    constructor(number) {
        this.number = number;
    }
}

/**
 * @param {Escaped} escaped
 * @param {() => Promise<string[]>} functionNames
 */
async function describeEscape({ number }, functionNames) {
    const names = await functionNames().catch(() => []);
    const name = names[number] ?? `function ${number} of the list in the file *.functions.json`;
    return new Error(
        `\`${name}\` was on the stack of a call that suspended, and is not in the suspension set. ` +
            `Build with \`--include '${name}'\`, and please report it: the set should be complete`,
    );
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {() => Promise<string[]>} functionNames
 * @param {Stacks} [stacks]
 * @returns {Fibers}
 */
function createFibers(exports, functionNames, stacks) {
    const {
        suspendable_start,
        suspendable_resume,
        suspendable_depth,
        suspendable_outcome,
        suspendable_fault,
        suspendable_reset,
        suspendable_reset_stack,
    } = /** @type {Record<string, Function>} */ (keepAllOut(exports));
    const { suspendable_phase: phase } = /** @type {Record<string, WebAssembly.Global>} */ (exports);
    const resumeNative = stacks?.promising(/** @type {Function} */ (exports.suspendable_resume_native));

    /**
     * @param {number} fiber
     * @param {unknown} value
     * @param {number | undefined} rejected
     */
    async function finishNative(fiber, value, rejected) {
        try {
            const outcome = /** @type {Function} */ (resumeNative)(fiber, value, rejected);
            // The frames are back by now, or one trapped: other calls must not find the module rewinding.
            if (phase.value !== 0) suspendable_reset();
            return await outcome;
        } catch (thrown) {
            suspendable_reset_stack();
            throw faultReason(suspendable_fault(fiber), thrown);
        } finally {
            places.giveBack();
        }
    }

    return {
        async start(fiber) {
            let value;
            let rejected;
            let moves = false;
            try {
                let promise = suspendable_start(fiber);
                for (let suspensions = 1; promise !== null; suspensions++) {
                    const deep =
                        resumeNative !== undefined && suspensions % EVERY === 0 && isDeep(suspendable_depth());
                    rejected = 0;
                    try {
                        value = await promise;
                    } catch (reason) {
                        value = reason;
                        rejected = 1;
                    }
                    moves = deep && places.take();
                    if (moves) break;
                    promise = suspendable_resume(fiber, value, rejected);
                }
            } catch (thrown) {
                // At once, for other calls must not find the module unwinding …
                suspendable_reset();
                await undefined;
                // … and this when nothing else is on the stack.
                suspendable_reset_stack();
                const panic = suspendable_fault(fiber);
                if (thrown instanceof Escaped) throw await describeEscape(thrown, functionNames);
                throw faultReason(panic, thrown);
            }
            return unwrap(moves ? await finishNative(fiber, value, rejected) : suspendable_outcome(fiber));
        },
    };
}
