// What `backend: 'auto'` is on which engine: the quickest, by measurement.
//
// `bench/run.mjs`, November 2026, as multiples of a bare `await` (of an async call in the last column):
//
//                                   one suspension, frames          a call that
//                                   3        10        100          suspends once
//   V8              asyncify        4.0      5.3       38           3.2
//   (Node.js 26)    jspi            6.8      7.1       14           16
//   JavaScriptCore  asyncify        3.5      4.7       34           3.7
//   (Bun 1.4)       jspi            38       52        264          26
//
// Asyncify is the quicker backend for calls, and for suspensions of shallow stacks. V8 alone switches
// stacks so quickly that deep ones are better left to it. WebKit and older engines have no JSPI.

import { canSuspend, createStacks } from './jspi.js';

/** @typedef {import('./types.js').Stacks} Stacks */

/** Engines by what they call themselves. Node.js 20, which says nothing, has no stacks to switch. */
const SWITCH_QUICKLY = /(Chrome|Node\.js|Deno)\//;

/**
 * The stacks for deep fibers, where that pays.
 *
 * @returns {Promise<Stacks | undefined>}
 */
export async function stacksForDeep() {
    const engine = globalThis.navigator?.userAgent ?? '';
    return SWITCH_QUICKLY.test(engine) && (await canSuspend(createStacks)) ? createStacks() : undefined;
}
