// Fibers on stacks of the engine's own: the engine keeps the frames of a fiber that suspends.

import { failWith } from './faults.js';
import { keepOut } from './inlining.js';
import { EnginePromise, promiseOf, then } from './promise.js';
import { Rejection, reject, unwrap } from './rejection.js';

/**
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').Fibers} Fibers
 * @typedef {import('./types.js').Stacks} Stacks
 */

/**
 * As many stacks may be in use at once, in all instances together: calls beyond wait for their turn.
 *
 * Every stack is a mapping of memory with a guard page at its end, two of the 65 530 mappings which
 * Linux allows a process by default: V8 ends the process when it gets no more, at some 32 000. This
 * leaves three quarters for other packages and threads. Chromium ends a page much earlier: with 1024 in
 * use while 300 000 calls take turns, and not with 256.
 */
const MAX_STACKS = globalThis.process === undefined ? 256 : 8192;
const places = createPlaces(MAX_STACKS);

/** Gives back the places of instances that were dropped while calls were suspended in them, and collected. */
const dropped = new FinalizationRegistry((/** @type {{ taken: number }} */ held) => {
    while (held.taken-- > 0) places.giveBack();
});

/**
 * @param {Stacks} stacks
 * @returns {BackendParts}
 */
export function nativeBackend({ wait, mayBeRejection, promising, turn }) {
    /**
     * What lets the fibers go on that have parked. They stay until they end: that is less to do.
     *
     * @type {Map<number, { goOn: typeof kept }>}
     */
    const parked = new Map();
    /** @type {Fibers} */
    let fibers;
    const held = { taken: 0 };
    // What the imports need lives as long as the instance.
    dropped.register(parked, held);

    function giveBack() {
        held.taken -= 1;
        places.giveBack();
    }

    /** @param {number} fiber */
    function ready(fiber) {
        const waiting = parked.get(fiber);
        if (waiting === undefined) return;
        const { goOn } = waiting;
        waiting.goOn = ignore;
        goOn();
    }

    return {
        imports: {
            await: wait,
            /** @param {number} fiber */
            parked(fiber) {
                const promise = new EnginePromise(keep);
                const before = parked.get(fiber);
                if (before === undefined) parked.set(fiber, { goOn: kept });
                else before.goOn = kept;
                return promise;
            },
            ready,
            /** @param {number} fiber */
            begin(fiber) {
                // It returns nothing, for a promise of a promise costs more.
                then.call(turn(), () => void then.call(fibers.start(fiber), ignore, ignore));
            },
            may_be_rejection: mayBeRejection,
            is_rejection: Rejection.is,
            reason: (/** @type {Rejection} */ rejection) => rejection.reason,
            rejection: reject,
        },
        createFibers(exports, instance) {
            const { suspendable_start, suspendable_outcome, suspendable_fault, suspendable_settle } =
                /** @type {Record<string, Function>} */ (exports);
            const run = promising(suspendable_start);
            const outcomeOf = keepOut(suspendable_outcome);

            /** @param {number} fiber */
            function begin(fiber) {
                suspendable_settle(instance.calls());
                return run(fiber);
            }

            /** @param {number} fiber */
            function end(fiber) {
                giveBack();
                if (parked.size > 0) parked.delete(fiber);
                return unwrap(outcomeOf(fiber));
            }

            /**
             * @param {number} fiber
             * @param {unknown} thrown
             */
            function fail(fiber, thrown) {
                giveBack();
                suspendable_settle(instance.calls());
                return failWith(suspendable_fault(fiber), thrown, instance);
            }

            fibers = {
                // Not `async`, which would take a call longer.
                start(fiber) {
                    const isHere = places.take();
                    held.taken += 1;
                    try {
                        const outcome = isHere ? begin(fiber) : then.call(places.wait(), () => begin(fiber));
                        return then.call(
                            outcome,
                            () => end(fiber),
                            (/** @type {unknown} */ thrown) => fail(fiber, thrown),
                        );
                    } catch (thrown) {
                        // The stack that it was called on has no room for that.
                        held.taken -= 1;
                        if (isHere) places.giveBack();
                        throw thrown;
                    }
                },
                ready,
            };
            return fibers;
        },
    };
}

/** @type {(value?: any) => void} */
let kept;

/**
 * One function for all promises: it costs less than one for each.
 *
 * @param {typeof kept} resolve
 */
function keep(resolve) {
    kept = resolve;
}

/** What a fiber that nobody waits for in JavaScript is rejected with is known to Rust. */
const ignore = () => {};

/**
 * The outcome of a promise, which is never a rejection. What a promise is fulfilled with passes by
 * without a function being called, which is quicker than `await` in an async function.
 *
 * @param {unknown} promise
 */
export function settle(promise) {
    try {
        return then.call(promiseOf(promise), undefined, reject);
    } catch (reason) {
        // From a getter on the promise itself.
        return reject(reason);
    }
}

/** That the outcome may be a rejection: always, unless a `wait` knows better. */
export const createMayBeRejection = () => new WebAssembly.Global({ value: 'i32', mutable: true }, 1);

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
            new EnginePromise((resolve) => {
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
