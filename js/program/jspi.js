// A program on a stack of the engine's own: the engine keeps its frames while it waits.

/**
 * @typedef {import('./types.js').TakePending} TakePending
 * @typedef {import('./types.js').Waiting} Waiting
 */

/**
 * @param {TakePending} take
 * @returns {Waiting}
 */
export function createJspi(take) {
    return {
        imports: { wait: /** @type {any} */ (new WebAssembly.Suspending(take)) },
        run: ({ _start }) => WebAssembly.promising(/** @type {Function} */ (_start))(),
    };
}

/** For the probe. */
export const createStacks = () => ({
    wait: new WebAssembly.Suspending((/** @type {unknown} */ promise) => Promise.resolve(promise)),
    promising: (/** @type {Function} */ run) => WebAssembly.promising(run),
});
