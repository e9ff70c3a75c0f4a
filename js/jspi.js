// Fibers on engines with JavaScript Promise Integration: the engine switches stacks.

import { Rejection, faultReason, reject, unwrap } from './rejection.js';

/** @typedef {import('./types.js').Fibers} Fibers */

// (module
//   (import "" "" (func $wait (result i32)))
//   (func (export "") (result i32) (call $wait)))
const PROBE = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 2, 5, 1, 0, 0, 0, 0, 3, 2, 1, 0, 7, 4, 1, 0,
    0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
]);

/**
 * Whether this engine really suspends: a tiny module is run, for the API may be there and not work.
 *
 * @returns {Promise<boolean>}
 */
export async function isSupported() {
    const { Suspending, promising } = WebAssembly;
    if (Suspending === undefined || promising === undefined) return false;
    try {
        const wait = new Suspending(() => Promise.resolve(42));
        const { instance } = await WebAssembly.instantiate(PROBE, { '': { '': wait } });
        return (await promising(/** @type {Function} */ (instance.exports['']))()) === 42;
    } catch (error) {
        // Where nothing may be compiled, nothing can be tried: what was compiled elsewhere will tell.
        return error instanceof WebAssembly.CompileError;
    }
}

/**
 * What the module imports from us.
 *
 * @returns {WebAssembly.ModuleImports}
 */
export function imports() {
    return {
        await: new WebAssembly.Suspending(settle),
        is_rejection: (/** @type {unknown} */ outcome) => outcome instanceof Rejection,
        reason: (/** @type {Rejection} */ rejection) => rejection.reason,
        rejection: reject,
    };
}

/**
 * The outcome of a promise, which is never a rejection. What a promise is fulfilled with passes by
 * without a function being called, which is quicker than `await` in an async function.
 *
 * @param {unknown} promise
 */
function settle(promise) {
    try {
        return then.call(Promise.resolve(promise), undefined, reject);
    } catch (reason) {
        // From a getter on the promise itself.
        return reject(reason);
    }
}

const { then } = Promise.prototype;

/**
 * @param {WebAssembly.Exports} exports
 * @returns {Fibers}
 */
export function fibers(exports) {
    const { suspendable_start, suspendable_fault, suspendable_reset_stack } =
        /** @type {Record<string, Function>} */ (exports);
    const run = WebAssembly.promising(suspendable_start);

    return {
        async start(fiber) {
            let outcome;
            try {
                outcome = await run(fiber);
            } catch (thrown) {
                // This is a microtask: nothing else is on the stack.
                suspendable_reset_stack();
                throw faultReason(suspendable_fault(fiber), thrown);
            }
            return unwrap(outcome);
        },
    };
}
