// Whether an engine really switches stacks.

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
 * @param {() => Pick<Stacks, 'wait' | 'promising'>} createStacks
 * @returns {Promise<boolean>}
 */
export async function canSuspend(createStacks) {
    try {
        const { wait, promising } = createStacks();
        const { instance } = await WebAssembly.instantiate(PROBE, { '': { '': wait } });
        return (await promising(/** @type {Function} */ (instance.exports['']))(1)) === null;
    } catch (error) {
        // Where nothing may be compiled, nothing can be tried: what was compiled elsewhere will tell.
        return error instanceof WebAssembly.CompileError;
    }
}
