// Core stack switching (WasmFX), behind a flag of Node.js 26: WebAssembly switches stacks itself.
//
// A stack is a continuation, which WebAssembly alone may hold. A module of a few functions stands between
// the program's module and the engine, and keeps the continuations in a table. To make one is what costs,
// so a stack is used for one fiber after the other:
//
//   (module
//     (type $run (func (param i32) (result externref)))
//     (type $go_on (func (param externref i32) (result externref)))
//     (type $stack (cont $go_on))
//     (import "" "ended" (func $ended (param externref) (result externref)))
//     (import "" "may_be_rejection" (global $may_be_rejection (mut i32)))
//     (table $entry (export "entry") 1 funcref)
//     (table $stacks 0 (ref null $stack))
//     ;; To whoever called `go`: a promise, or the outcome and 1. What `go` is called with next comes back.
//     (tag $leave (param i32 externref) (result externref i32))
//     (elem declare func $work)
//     (func $work (param $nothing externref) (param $fiber i32) (result externref)
//       (loop $next
//         (if (i32.eqz (local.get $fiber)) (then (return (ref.null extern))))
//         (suspend $leave (i32.const 1) (call_indirect $entry (type $run) (local.get $fiber) (i32.const 0)))
//         (local.set $fiber)
//         (drop)
//         (br $next))
//       (unreachable))
//     (func (export "await") (param $promise externref) (result externref)
//       (suspend $leave (i32.const 0) (local.get $promise))
//       (global.set $may_be_rejection))
//     (func (export "grow") (param $by i32) (result i32)
//       (table.grow $stacks (ref.null $stack) (local.get $by)))
//     (func (export "go") (param $slot i32) (param $value externref) (param $number i32) (result externref)
//       (local $stack (ref null $stack))
//       (if (ref.is_null (local.tee $stack (table.get $stacks (local.get $slot))))
//         (then (local.set $stack (cont.new $stack (ref.func $work)))))
//       (table.set $stacks (local.get $slot) (ref.null $stack))
//       (block $left (result i32 externref (ref $stack))
//         (return (resume $stack (on $leave $left)
//           (local.get $value) (local.get $number) (local.get $stack))))
//       (local.set $stack)
//       (local.set $value)
//       (table.set $stacks (local.get $slot) (local.get $stack))
//       (if (result externref)
//         (then (call $ended (local.get $value)))
//         (else (local.get $value)))))
//
// A fiber that traps takes its stack with it: its slot stays empty, and the next fiber there gets a new one.

import { createMayBeRejection } from './native.js';
import { settled } from './promise.js';
import { reject } from './rejection.js';

/** @typedef {import('./types.js').Stacks} Stacks */

const ADAPTER = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 45, 8, 96, 1, 127, 1, 111, 96, 1, 111, 1, 111, 96, 2, 111, 127, 1,
    111, 93, 2, 96, 2, 127, 111, 2, 111, 127, 96, 1, 127, 1, 127, 96, 3, 127, 111, 127, 1, 111, 96, 0,
    3, 127, 111, 100, 3, 2, 31, 2, 0, 5, 101, 110, 100, 101, 100, 0, 1, 0, 16, 109, 97, 121, 95, 98,
    101, 95, 114, 101, 106, 101, 99, 116, 105, 111, 110, 3, 127, 1, 3, 5, 4, 2, 1, 5, 6, 4, 8, 2, 112,
    0, 1, 99, 3, 0, 0, 13, 3, 1, 0, 4, 7, 29, 4, 5, 101, 110, 116, 114, 121, 1, 0, 5, 97, 119, 97, 105,
    116, 0, 2, 4, 103, 114, 111, 119, 0, 3, 2, 103, 111, 0, 4, 9, 5, 1, 3, 0, 1, 1, 10, 118, 4, 31, 0,
    3, 64, 32, 1, 69, 4, 64, 208, 111, 15, 11, 65, 1, 32, 1, 65, 0, 17, 0, 0, 226, 0, 33, 1, 26, 12, 0,
    11, 0, 11, 10, 0, 65, 0, 32, 0, 226, 0, 36, 0, 11, 9, 0, 208, 3, 32, 0, 252, 15, 1, 11, 63, 1, 1,
    99, 3, 32, 0, 37, 1, 34, 3, 209, 4, 64, 210, 1, 224, 3, 33, 3, 11, 32, 0, 208, 3, 38, 1, 2, 7, 32,
    1, 32, 2, 32, 3, 227, 3, 1, 0, 0, 0, 15, 11, 33, 3, 33, 1, 32, 0, 32, 3, 38, 1, 4, 111, 32, 1, 16,
    0, 5, 32, 1, 11, 11,
]);

/** How many stacks an instance keeps that no fiber uses: each takes mappings of memory (`native.js`). */
const MOST = 128;

/** For the error of an engine that has not. */
export const needs =
    'core stack switching (cont.new, resume and suspend: Node.js 26 has it with --experimental-wasm-wasmfx)';

/** What a fiber leaves behind in the place of a promise when it has ended. */
const ENDED = Symbol('ended');

/** @returns {Stacks} */
export function createStacks() {
    // Or else the engine's own error would say that nothing may be compiled here.
    if (!WebAssembly.validate(ADAPTER)) throw new Error('there is no core stack switching here');
    const mayBeRejection = createMayBeRejection();
    /** @type {unknown} */
    let outcome;
    /** @param {unknown} value */
    function ended(value) {
        outcome = value;
        return ENDED;
    }
    const imports = { '': { ended, may_be_rejection: mayBeRejection } };
    const adapter = /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), imports).exports);

    return {
        wait: adapter.await,
        mayBeRejection,
        turn: () => settled,
        promising(run) {
            const { entry, go, grow } = adapter;
            entry.set(0, run);
            /** Slots without a fiber, most of them with a stack. @type {number[]} */
            const free = [];

            return async (fiber) => {
                const slot = free.pop() ?? grow(1);
                try {
                    let left = go(slot, undefined, fiber);
                    while (left !== ENDED) {
                        let value;
                        let rejected = 0;
                        try {
                            value = await left;
                        } catch (reason) {
                            value = reject(reason);
                            rejected = 1;
                        }
                        left = go(slot, value, rejected);
                    }
                    // With 0, the stack itself ends.
                    if (free.length >= MOST) go(slot, undefined, 0);
                } finally {
                    free.push(slot);
                }
                const value = outcome;
                outcome = undefined;
                return value;
            };
        },
    };
}
