// Fibers that unwind their stacks themselves, and rewind them frame by frame: on every engine.

import { keepAllOut } from './inlining.js';
import { faultReason, reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Fibers} Fibers
 */

/** @returns {BackendParts} */
export function asyncifyBackend() {
    return {
        imports: {
            rejection: reject,
            escaped: (/** @type {number} */ number) => {
                throw new Escaped(number);
            },
        },
        createFibers,
    };
}

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
 * @returns {Fibers}
 */
function createFibers(exports, functionNames) {
    const {
        suspendable_start,
        suspendable_resume,
        suspendable_outcome,
        suspendable_fault,
        suspendable_reset,
        suspendable_reset_stack,
    } = /** @type {Record<string, Function>} */ (keepAllOut(exports));

    return {
        async start(fiber) {
            try {
                let promise = suspendable_start(fiber);
                while (promise !== null) {
                    let value;
                    let rejected = 0;
                    try {
                        value = await promise;
                    } catch (reason) {
                        value = reason;
                        rejected = 1;
                    }
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
            return unwrap(suspendable_outcome(fiber));
        },
    };
}
