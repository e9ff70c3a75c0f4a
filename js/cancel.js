// Calls that can be cancelled: the signal that a call was given, and waits that end with it.

import { EnginePromise, promiseOf, then } from './promise.js';

/**
 * The `signal` of a call's options, if there is one. As for `fetch`, it need not come from here.
 *
 * @param {any} options
 * @returns {AbortSignal | undefined}
 */
export function signalOf({ signal }) {
    if (signal === undefined || signal === null) return undefined;
    if (typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal;
    throw new TypeError('the option `signal` of a call is not an AbortSignal');
}

/**
 * What becomes of the promise, or a rejection as soon as the signal is aborted. The promise's own rejection is
 * not left unhandled then.
 *
 * @param {unknown} promise
 * @param {AbortSignal} signal
 */
export function orAborted(promise, signal) {
    return new EnginePromise((resolve, reject) => {
        // It may throw, and there is nothing to undo yet.
        const own = promiseOf(promise);
        if (signal.aborted) reject(signal.reason);
        const waits = waitsOf(signal);
        const abort = () => reject(signal.reason);
        /** @param {(value: unknown) => void} then */
        const ends = (then) => (/** @type {unknown} */ value) => {
            waits.delete(abort);
            then(value);
        };
        waits.add(abort);
        then.call(own, ends(resolve), ends(reject));
    });
}

/** @type {WeakMap<AbortSignal, Set<() => void>>} */
const waits = new WeakMap();

/**
 * What ends with a signal, behind one listener: some hosts warn of many.
 *
 * @param {AbortSignal} signal
 */
export function waitsOf(signal) {
    const known = waits.get(signal);
    if (known !== undefined) return known;
    /** @type {Set<() => void>} */
    const made = new Set();
    waits.set(signal, made);
    signal.addEventListener('abort', () => made.forEach((abort) => abort()), { once: true });
    return made;
}
