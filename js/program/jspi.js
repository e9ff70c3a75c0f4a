// A program on a stack of the engine's own: the engine keeps its frames while it waits.

/** @typedef {import('./types.js').Waiting} Waiting */

/** @returns {Waiting} */
export function createJspi() {
    /** @type {Promise<number>} */
    let pending;
    return {
        imports: { wait: /** @type {any} */ (new WebAssembly.Suspending(() => pending)) },
        hold(promise) {
            pending = promise;
        },
        run: ({ _start }) => WebAssembly.promising(/** @type {Function} */ (_start))(),
    };
}

/** For the probe. */
export const createStacks = () => ({
    wait: new WebAssembly.Suspending((/** @type {unknown} */ promise) => Promise.resolve(promise)),
    promising: (/** @type {Function} */ run) => WebAssembly.promising(run),
});
