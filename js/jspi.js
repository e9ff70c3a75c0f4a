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
        waiting: new WebAssembly.Suspending((/** @type {unknown} */ promise) => Promise.resolve(promise)),
        promising: (run) => keepOut(WebAssembly.promising(run)),
    };
}

/**
 * A promising function which the optimising compiler of V8 before version 13 calls as it is.
 *
 * It knows exports, and inlines calls of them as if they were ordinary ones: without the switch of
 * stacks, and in the old API with their arguments shifted. It does not look into a proxy.
 *
 * @template {Function} F
 * @param {F} promising
 * @returns {F}
 */
export function keepOut(promising) {
    return Number.parseInt(globalThis.process?.versions?.v8 ?? '13') < 13 ? new Proxy(promising, {}) : promising;
}
