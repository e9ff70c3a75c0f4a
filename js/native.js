// Fibers on stacks of the engine's own: the engine keeps the frames of a fiber that suspends.

import { Rejection, faultReason, reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Stacks} Stacks
 */

/**
 * As many stacks may be in use at once, in all instances together: calls beyond wait for their turn.
 *
 * Every stack is a mapping of memory with a guard page at its end, two of the 65 530 mappings which
 * Linux allows a process by default: V8 ends the process when it gets no more, at some 32 000. Chromium
 * ends a page with 2048 at once when a hundred thousand calls take turns.
 */
const MAX_STACKS = 1024;
export const places = createPlaces(MAX_STACKS);

/**
 * @param {Stacks} stacks
 * @returns {BackendParts}
 */
export function nativeBackend({ suspending, promising }) {
    return {
        imports: nativeImports(suspending(settle)),
        createFibers(exports) {
            const { suspendable_start, suspendable_fault, suspendable_reset_stack } =
                /** @type {Record<string, Function>} */ (exports);
            const run = promising(suspendable_start);

            return {
                async start(fiber) {
                    if (!places.take()) await places.wait();
                    let outcome;
                    try {
                        outcome = await run(fiber);
                    } catch (thrown) {
                        // This is a microtask: nothing else is on the stack.
                        suspendable_reset_stack();
                        throw faultReason(suspendable_fault(fiber), thrown);
                    } finally {
                        places.giveBack();
                    }
                    return unwrap(outcome);
                },
            };
        },
    };
}

/** What wasm-bindgen's own JSPI gets on a fiber. */
function refuseForeign() {
    throw new Error(
        "wasm-bindgen's own JSPI cannot suspend a call of a #[suspendable] export: there, use #[suspending] " +
            'imports and `suspendable::block_on` in the place of `suspending` and `jspi_block_on_promise`',
    );
}

/**
 * What a module imports that suspends in this way.
 *
 * @param {WebAssembly.ImportValue} wait
 * @returns {WebAssembly.ModuleImports}
 */
export function nativeImports(wait) {
    return {
        await: wait,
        is_rejection: (/** @type {unknown} */ outcome) => outcome instanceof Rejection,
        reason: (/** @type {Rejection} */ rejection) => rejection.reason,
        rejection: reject,
        foreign: refuseForeign,
    };
}

/**
 * The outcome of a promise, which is never a rejection. What a promise is fulfilled with passes by
 * without a function being called, which is quicker than `await` in an async function.
 *
 * @param {unknown} promise
 */
export function settle(promise) {
    try {
        return then.call(Promise.resolve(promise), undefined, reject);
    } catch (reason) {
        // From a getter on the promise itself.
        return reject(reason);
    }
}

const { then } = Promise.prototype;

/**
 * A bounded number of places, and a queue for them.
 *
 * @param {number} free
 */
function createPlaces(free) {
    /** @typedef {{ go: () => void, next?: Waiting }} Waiting */
    /** @type {Waiting | undefined} */
    let first;
    /** @type {Waiting | undefined} */
    let last;
    return {
        /** Whether there was a place left. */
        take() {
            if (free === 0) return false;
            free -= 1;
            return true;
        },
        /** Until somebody hands a place over. */
        wait: () =>
            new Promise((resolve) => {
                const waiting = { go: () => resolve(undefined) };
                if (last === undefined) first = waiting;
                else last.next = waiting;
                last = waiting;
            }),
        giveBack() {
            if (first === undefined) {
                free += 1;
                return;
            }
            const { go, next } = first;
            first = next;
            if (first === undefined) last = undefined;
            go();
        },
    };
}
