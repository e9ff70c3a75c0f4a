// How many stacks of the engine's programs may have at once.

/**
 * They take mappings of memory that a process has a limited number of (`native.js`). Further programs unwind their
 * own, and further threads are not begun.
 */
const MOST_STACKS = globalThis.process === undefined ? 128 : 4096;
let stacks = 0;

export const isStackLeft = () => stacks < MOST_STACKS;

export function takeStack() {
    stacks += 1;
}

export function giveStackBack() {
    stacks -= 1;
}
