// JavaScript Promise Integration: the engine switches stacks.

/** @typedef {import('./types.js').Stacks} Stacks */

// (module
//   (import "" "" (func $wait (param externref) (result externref)))
//   (func (export "") (param i32) (result externref) (call $wait (ref.null extern))))
const PROBE = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 11, 2, 96, 1, 111, 1, 111, 96, 1, 127, 1, 111, 2, 5, 1, 0, 0, 0, 0,
    3, 2, 1, 1, 7, 4, 1, 0, 0, 1, 10, 8, 1, 6, 0, 208, 111, 16, 0, 11,
]);

/**
 * Whether such stacks really suspend: a tiny module is run, for an API may be there and not work.
 *
 * @param {() => Stacks} createStacks
 * @returns {Promise<boolean>}
 */
export async function canSuspend(createStacks) {
    try {
        const { suspending, promising } = createStacks();
        const imports = { '': { '': suspending(() => Promise.resolve(42)) } };
        const { instance } = await WebAssembly.instantiate(PROBE, imports);
        return (await promising(/** @type {Function} */ (instance.exports['']))(0)) === 42;
    } catch (error) {
        // Where nothing may be compiled, nothing can be tried: what was compiled elsewhere will tell.
        return error instanceof WebAssembly.CompileError;
    }
}

/** @returns {Stacks} */
export function createStacks() {
    return {
        suspending: (wait) => new WebAssembly.Suspending(wait),
        promising: (run) => keepOut(WebAssembly.promising(run)),
    };
}

/**
 * An export which the optimising compiler of V8 before version 13 calls as it is: it does not look
 * into a proxy.
 *
 * Calls of exports that it knows it inlines, with two faults. It takes a promising function for an
 * ordinary one: it does not switch stacks, and in the old API shifts the arguments. And where the
 * caller is deoptimised during a call that returns a reference, it ends the process.
 *
 * @template {Function} F
 * @param {F} run
 * @returns {F}
 */
export function keepOut(run) {
    return Number.parseInt(globalThis.process?.versions?.v8 ?? '13') < 13 ? new Proxy(run, {}) : run;
}
