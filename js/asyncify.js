// Fibers on every other engine: the module itself unwinds its stack, and rewinds it.

import { Rejection, faultReason, unwrap } from './rejection.js';

/** @typedef {import('./types.js').Fibers} Fibers */

/**
 * What the module imports from us.
 *
 * @returns {WebAssembly.ModuleImports}
 */
export function imports() {
    return { rejection: (/** @type {unknown} */ reason) => new Rejection(reason) };
}

/**
 * @param {WebAssembly.Exports} exports
 * @returns {Fibers}
 */
export function fibers(exports) {
    const {
        suspendable_start,
        suspendable_resume,
        suspendable_outcome,
        suspendable_fault,
        suspendable_reset,
        suspendable_reset_stack,
    } = /** @type {Record<string, Function>} */ (exports);

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
                throw faultReason(suspendable_fault(fiber), thrown);
            }
            return unwrap(suspendable_outcome(fiber));
        },
    };
}
