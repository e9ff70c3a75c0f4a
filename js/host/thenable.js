// Whether what JavaScript has returned has to be waited for.

export const create = () => ({ isThenable });

/**
 * Whether a value has to be waited for.
 *
 * @param {any} value
 * @returns {boolean}
 */
function isThenable(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
    try {
        return value instanceof Promise || typeof value.then === 'function';
    } catch {
        // To wait for it gives a rejection with what the getter threw, or the proxy.
        return true;
    }
}
