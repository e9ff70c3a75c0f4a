// What `backend: 'auto'` is on which engine: the quickest, by measurement.
//
// Asyncify is the quicker backend for calls and for suspensions of shallow stacks on every engine. V8
// alone switches stacks so quickly that deep ones are better left to it.

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
