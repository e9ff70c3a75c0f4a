// Fibers that unwind their stacks themselves, and rewind them frame by frame: on every engine.

import { faultReason } from './faults.js';
import { keepAllOut } from './inlining.js';
import { reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Fibers} Fibers
 * @typedef {import('./types.js').InstanceParts} InstanceParts
 */

/** @returns {BackendParts} */
export function asyncifyBackend() {
    return { imports: { rejection: reject }, createFibers };
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {InstanceParts} instance
 * @returns {Fibers}
 */
function createFibers(exports, instance) {
    const {
        suspendable_start,
        suspendable_resume,
        suspendable_outcome,
        suspendable_fault,
        suspendable_reset,
        suspendable_settle,
    } = /** @type {Record<string, Function>} */ (keepAllOut(exports));
    const { calls } = instance;

    return {
        async start(fiber) {
            try {
                let promise = suspendable_start(fiber, calls());
                while (promise !== null) {
                    let value;
                    let rejected = 0;
                    try {
                        value = await promise;
                    } catch (reason) {
                        value = reason;
                        rejected = 1;
                    }
                    promise = suspendable_resume(fiber, value, rejected, calls());
                }
            } catch (thrown) {
                // At once, for other calls must not find the module unwinding.
                suspendable_settle(calls());
                suspendable_reset(fiber);
                throw await faultReason(suspendable_fault(fiber), thrown, instance);
            }
            return unwrap(suspendable_outcome(fiber));
        },
    };
}
