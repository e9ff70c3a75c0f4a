// wasm-bindgen's own JSPI, in a package that has exports of it: they leave one backend.

import { createStacks } from './jspi.js';
import { canSuspend } from './probe.js';

/** @typedef {import('./types.js').Backend} Backend */

// (module (func (local exnref)))
const EXCEPTIONS = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 105, 11,
]);

/** Whether the engine has WebAssembly exceptions. */
export const hasExceptions = () => WebAssembly.validate(EXCEPTIONS);

/** @param {string[]} exports */
export const onlyJspi = (exports) => ({
    /**
     * The backend: such exports catch exceptions, and there is no other file.
     *
     * @param {Backend | 'auto'} wanted
     * @returns {Promise<Backend>}
     */
    async choose(wanted) {
        const isWanted = wanted === 'auto' || wanted === 'jspi';
        if (isWanted && hasExceptions() && (await canSuspend(createStacks))) return 'jspi';
        throw new Error(
            'the package needs JSPI (WebAssembly.Suspending) and WebAssembly exceptions (exnref), and ' +
                `${isWanted ? 'this engine has not both' : `not '${wanted}'`}. With #[suspendable] in the place of ` +
                `#[wasm_bindgen(jspi)], these exports need them no more: ${exports.join(', ')}`,
        );
    },
    imports: {
        /** What its imports do on a fiber. */
        foreign() {
            throw new Error(
                "wasm-bindgen's own JSPI cannot suspend a call of a #[suspendable] export: there, use #[suspending] " +
                    'imports and `suspendable::block_on` in the place of `suspending` and `jspi_block_on_promise`',
            );
        },
    },
});
