// The API that JSPI had before it was standardised, behind flags of Node.js 20 and 22.
//
// There, whoever suspends has to show the suspender that the entry was given, a reference which
// WebAssembly alone may hold. A module of two functions stands between the program's module and the
// engine, and keeps the suspenders in a table:
//
//   (module
//     (type $start (func (param i32) (result externref)))
//     (import "" "" (func $wait (param externref externref) (result externref)))
//     (table $suspenders (export "suspenders") 1 externref)
//     (table $entry (export "entry") 1 funcref)
//     (global $current (export "current") (mut i32) (i32.const 0))
//     (func (export "start")
//       (param $suspender externref) (param $fiber i32) (param $index i32) (result externref)
//       (table.set $suspenders (local.get $index) (local.get $suspender))
//       (global.set $current (local.get $index))
//       (call_indirect $entry (type $start) (local.get $fiber) (i32.const 0))
//       (global.set $current (i32.const 0)))
//     (func (export "await") (param $promise externref) (result externref) (local $index i32)
//       (local.set $index (global.get $current))
//       (global.set $current (i32.const 0))
//       (call $wait (table.get $suspenders (local.get $index)) (local.get $promise))
//       (global.set $current (local.get $index))))
//
// `current` is the index of the fiber that runs, or 0.

import { keepOut } from './inlining.js';
import { createMayBeRejection, settle } from './native.js';
import { settled } from './promise.js';

/** @typedef {import('./types.js').Stacks} Stacks */

const ADAPTER = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 24, 4, 96, 2, 111, 111, 1, 111, 96, 3, 111, 127, 127, 1, 111, 96, 1,
    127, 1, 111, 96, 1, 111, 1, 111, 2, 5, 1, 0, 0, 0, 0, 3, 3, 2, 1, 3, 4, 7, 2, 111, 0, 1, 112, 0, 1, 6,
    6, 1, 127, 1, 65, 0, 11, 7, 48, 5, 10, 115, 117, 115, 112, 101, 110, 100, 101, 114, 115, 1, 0, 5, 101,
    110, 116, 114, 121, 1, 1, 7, 99, 117, 114, 114, 101, 110, 116, 3, 0, 5, 115, 116, 97, 114, 116, 0, 1,
    5, 97, 119, 97, 105, 116, 0, 2, 10, 62, 2, 29, 1, 1, 111, 32, 2, 32, 0, 38, 0, 32, 2, 36, 0, 32, 1,
    65, 0, 17, 2, 1, 33, 3, 65, 0, 36, 0, 32, 3, 11, 30, 2, 1, 127, 1, 111, 35, 0, 33, 1, 65, 0, 36, 0,
    32, 1, 37, 0, 32, 0, 16, 0, 33, 2, 32, 1, 36, 0, 32, 2, 11,
]);

/** For the error of an engine that has not. */
export const needs = 'JSPI of the old kind (WebAssembly.Function)';

/** @returns {Stacks} */
export function createStacks() {
    const { Function, Instance, Module } = WebAssembly;
    const type = { parameters: ['externref', 'externref'], results: ['externref'] };
    const wait = new Function(type, settle, { suspending: 'first' });
    const adapter = /** @type {any} */ (new Instance(new Module(ADAPTER), { '': { '': wait } }).exports);
    return {
        wait: adapter.await,
        mayBeRejection: createMayBeRejection(),
        turn: () => /** @type {Promise<unknown>} */ (settle(settled)),
        promising(run) {
            const { current, entry, start, suspenders } = adapter;
            entry.set(0, run);
            const type = { parameters: ['i32', 'i32'], results: ['externref'] };
            const promising = keepOut(new Function(type, start, { promising: 'first' }));
            /** @type {number[]} */
            const free = [];

            return async (fiber) => {
                // A fiber of another's caller has to wait until the stack is empty: if it trapped, these
                // engines would take it for the one that runs ever after. That is after this turn at the
                // latest; microtasks can also be run in the middle of a fiber.
                if (current.value !== 0) await undefined;
                while (current.value !== 0) await new Promise((resolve) => setTimeout(resolve));
                if (free.length === 0) {
                    const { length } = suspenders;
                    suspenders.grow(length);
                    for (let index = 2 * length - 1; index >= length; index--) free.push(index);
                }
                const index = /** @type {number} */ (free.pop());
                try {
                    return await promising(fiber, index);
                } finally {
                    if (current.value === index) current.value = 0;
                    suspenders.set(index, null);
                    free.push(index);
                }
            };
        },
    };
}
