// Calls from JavaScript that V8 before version 13 must not inline.
//
// Its optimising compiler knows exports, and inlines calls of them with two faults. It takes a promising
// function for an ordinary one: it does not switch stacks, and in the old API shifts the arguments. And
// where the caller is deoptimised during a call that returns a reference, it ends the process. It does
// not look into a proxy.

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
