// JavaScript Promise Integration: the engine switches stacks.

import { keepOut } from './inlining.js';
import { createMayBeRejection, settle } from './native.js';
import { promiseOf, settled } from './promise.js';

/** @typedef {import('./types.js').Stacks} Stacks */

// The engine throws the reason of a rejection where the fiber suspended, and no frame of Rust's has a
// handler. To wait for the outcome instead, which is a value, takes a promise and a turn of the microtask
// queue more. A module of one function stands between the program's module and the engine, and does that
// only after it has caught something:
//
//   (module
//     (import "" "wait" (func $wait (param externref) (result externref)))
//     (import "" "settle" (func $settle (param externref) (result externref)))
//     (import "" "may_be_rejection" (global $may_be_rejection (mut i32)))
//     (func (export "await") (param $promise externref) (result externref)
//       (try
//         (do
//           (call $wait (local.get $promise))
//           (global.set $may_be_rejection (i32.const 0))
//           (return))
//         (catch_all))
//       (call $settle (local.get $promise))
//       (global.set $may_be_rejection (i32.const 1))))
const ADAPTER = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 111, 1, 111, 2, 40, 3, 0, 4, 119, 97, 105, 116, 0, 0, 0, 6,
    115, 101, 116, 116, 108, 101, 0, 0, 0, 16, 109, 97, 121, 95, 98, 101, 95, 114, 101, 106, 101, 99, 116,
    105, 111, 110, 3, 127, 1, 3, 2, 1, 0, 7, 9, 1, 5, 97, 119, 97, 105, 116, 0, 2, 10, 25, 1, 23, 0, 6, 64,
    32, 0, 16, 0, 65, 0, 36, 0, 15, 25, 11, 32, 0, 16, 1, 65, 1, 36, 0, 11,
]);

/** For the error of an engine that has not. */
export const needs = 'JSPI (WebAssembly.Suspending)';

/** @returns {Stacks} */
export function createStacks() {
    const mayBeRejection = createMayBeRejection();
    return {
        wait: createWait(mayBeRejection),
        mayBeRejection,
        promising: (run) => keepOut(WebAssembly.promising(run)),
        turn: () => settled,
    };
}

/**
 * @param {WebAssembly.Global} mayBeRejection
 * @returns {WebAssembly.ImportValue}
 */
function createWait(mayBeRejection) {
    try {
        const wait = new WebAssembly.Suspending(plainPromise);
        const caught = new WebAssembly.Suspending(settleCaught);
        const imports = { '': { wait, settle: caught, may_be_rejection: mayBeRejection } };
        return new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), imports).exports.await;
    } catch {
        // Nothing may be compiled here, or the engine has no such handlers: more slowly, then.
        return new WebAssembly.Suspending(settle);
    }
}

/**
 * What became of somebody else's thenable, from `plainPromise` to `settleCaught`, which comes at once: the `then` of
 * a thenable is called once.
 *
 * @type {Promise<unknown> | undefined}
 */
let converted;

/**
 * The promise, if it is the engine's own, which cannot tell whether it was waited for before.
 *
 * @param {unknown} promise
 */
function plainPromise(promise) {
    const own = promiseOf(promise);
    if (own === promise) return promise;
    converted = own;
    throw undefined;
}

/** @param {unknown} promise */
function settleCaught(promise) {
    const own = converted ?? promise;
    converted = undefined;
    return settle(own);
}
