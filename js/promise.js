// Promises as the engine makes them, whatever a page has put in the place of `Promise` or of its methods.

/** One that is fulfilled. */
export const settled = (async () => {})();

const prototype = Object.getPrototypeOf(settled);

/** @type {PromiseConstructor} */
export const EnginePromise = prototype.constructor;

/** @type {Promise<unknown>['then']} */
export const then = prototype.then;

const { resolve } = EnginePromise;

/**
 * The promise itself, if it is one that the engine would wait for as it is; or else one of the same outcome.
 * Throws what a getter on it throws.
 *
 * @param {unknown} promise
 * @returns {Promise<unknown>}
 */
export const promiseOf = (promise) => resolve.call(EnginePromise, promise);
