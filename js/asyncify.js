// Fibers that unwind their stacks themselves, and rewind them frame by frame: on every engine.
//
// A fiber that leaves its stack waits for a promise, or has parked: then others make it ready, and the
// module itself goes on with it (`suspendable_drain`), in a microtask with all others that are ready.

import { failWith } from './faults.js';
import { keepAllOut } from './inlining.js';
import { EnginePromise, settled, then } from './promise.js';
import { Rejection, reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Fibers} Fibers
 * @typedef {import('./types.js').InstanceParts} InstanceParts
 * @typedef {{ resolve: (value: unknown) => void, reject: (reason: unknown) => void }} Caller
 */

/** What a fiber leaves behind in the place of a promise: it has ended, or parked. */
const ENDED = Symbol('ended');
const PARKED = Symbol('parked');

/** How many fibers that need JavaScript may go on in one microtask. */
const MOST = 100;

/** @returns {BackendParts} */
export function asyncifyBackend() {
    /** @type {() => void} */
    let drain;
    const schedule = () => void then.call(settled, drain);
    return {
        imports: { rejection: reject, schedule, .../** @type {any} */ ({ ended: ENDED, parked: PARKED }) },
        createFibers(exports, instance) {
            const fibers = createFibers(exports, instance, schedule);
            drain = fibers.drain;
            return fibers;
        },
    };
}

/**
 * @param {WebAssembly.Exports} exports
 * @param {InstanceParts} instance
 * @param {() => void} schedule
 * @returns {Fibers & { drain(): void }}
 */
function createFibers(exports, instance, schedule) {
    const {
        suspendable_start,
        suspendable_resume,
        suspendable_outcome,
        suspendable_fault,
        suspendable_reset,
        suspendable_settle,
        suspendable_ready,
        suspendable_drain,
        suspendable_drained,
        suspendable_left,
    } = /** @type {Record<string, Function>} */ (keepAllOut(exports));
    const { calls } = instance;
    /** @type {Map<number, Caller>} those who called fibers that have parked: they hear of their ends then */
    const callers = new Map();

    /**
     * Apart, for a closure would make each call more expensive.
     *
     * @param {number} fiber
     */
    const outcomeOf = (fiber) => new EnginePromise((resolve, reject) => callers.set(fiber, { resolve, reject }));

    /** @param {number} fiber */
    function takeCaller(fiber) {
        const caller = callers.get(fiber);
        callers.delete(fiber);
        return caller;
    }

    /**
     * @param {number} fiber
     * @param {unknown} thrown
     */
    function fail(fiber, thrown) {
        // At once, for other calls must not find the module unwinding.
        suspendable_settle(calls());
        suspendable_reset(fiber);
        return failWith(suspendable_fault(fiber), thrown, instance);
    }

    /**
     * A fiber that has been in the queue has failed. If nobody called it, that is known to Rust alone.
     *
     * @param {number} fiber
     * @param {unknown} thrown
     */
    async function failLater(fiber, thrown) {
        const caller = takeCaller(fiber);
        try {
            await fail(fiber, thrown);
        } catch (reason) {
            caller?.reject(reason);
        }
    }

    /**
     * A fiber that has been in the queue has left something behind.
     *
     * @param {number} fiber
     * @param {unknown} left
     */
    async function goOn(fiber, left) {
        try {
            while (left !== ENDED) {
                if (left === PARKED) return;
                let value;
                let rejected = 0;
                try {
                    value = await left;
                } catch (reason) {
                    value = reason;
                    rejected = 1;
                }
                left = suspendable_resume(fiber, value, rejected, calls());
            }
        } catch (thrown) {
            return failLater(fiber, thrown);
        }
        const caller = takeCaller(fiber);
        const outcome = suspendable_outcome(fiber);
        if (Rejection.is(outcome)) caller?.reject(outcome.reason);
        else caller?.resolve(outcome);
    }

    return {
        // The same loop once more: a function for both would be another promise for each call.
        async start(fiber) {
            let left;
            try {
                left = suspendable_start(fiber, calls());
                while (left !== ENDED && left !== PARKED) {
                    let value;
                    let rejected = 0;
                    try {
                        value = await left;
                    } catch (reason) {
                        value = reason;
                        rejected = 1;
                    }
                    left = suspendable_resume(fiber, value, rejected, calls());
                }
            } catch (thrown) {
                await fail(fiber, thrown);
            }
            // To return a promise would call its `then`, which may be anybody's.
            return left === PARKED ? await outcomeOf(fiber) : unwrap(suspendable_outcome(fiber));
        },
        ready: /** @type {(fiber: number) => void} */ (suspendable_ready),
        /** Lets those go on that are ready. */
        drain() {
            const outer = suspendable_drained();
            for (let i = 0; i < MOST; i++) {
                let fiber = 0;
                try {
                    fiber = suspendable_drain(calls());
                } catch (thrown) {
                    fiber = suspendable_drained();
                    if (fiber === outer) {
                        // No fiber's fault: the others have to go on all the same.
                        schedule();
                        throw thrown;
                    }
                    failLater(fiber, thrown);
                    continue;
                }
                if (fiber === 0) return;
                goOn(fiber, suspendable_left(fiber));
            }
            schedule();
        },
    };
}
