// Calls from JavaScript that V8 before version 13 must not inline.
//
// Its optimising compiler knows exports and inlines calls of them. It takes a promising function for an
// ordinary one: it does not switch stacks, and in the old API shifts the arguments (with
// `--no-turbo-inline-js-wasm-calls` it does not). And processes with many calls ended in its deoptimiser,
// for which an inlined call that returns a reference is the likely cause: not since exports are proxies,
// which the compiler does not look into.

const isOld = Number.parseInt(globalThis.process?.versions?.v8 ?? '13') < 13;

/**
 * An export, or a promising function, that is called as it is.
 *
 * @template {Function} F
 * @param {F} run
 * @returns {F}
 */
export const keepOut = (run) => (isOld ? new Proxy(run, {}) : run);

/**
 * Exports that are called as they are.
 *
 * @param {WebAssembly.Exports} exports
 * @returns {WebAssembly.Exports}
 */
export function keepAllOut(exports) {
    if (!isOld) return exports;
    const each = Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? keepOut(value) : value]);
    return Object.fromEntries(each);
}
