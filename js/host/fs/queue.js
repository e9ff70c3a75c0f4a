// What is done one after the other.

/** @typedef {ReturnType<typeof createQueue>} Queue */

/** Runs one after the other, whatever becomes of them. */
export function createQueue() {
    let last = /** @type {Promise<unknown>} */ (Promise.resolve());
    /**
     * @template T
     * @param {() => T | Promise<T>} run
     * @returns {Promise<T>}
     */
    return (run) => {
        const result = last.then(run);
        last = result.catch(() => {});
        return result;
    };
}
