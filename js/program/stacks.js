// How many stacks of the engine's programs may have at once.
//
// They take mappings of memory that a process has a limited number of (`native.js`). Further programs unwind their own.
// A program's threads all wait in the same way: where there is no stack left, there is no further thread.

const isProcess = globalThis.process !== undefined;
const MOST_PROGRAMS = isProcess ? 4096 : 128;
const MOST_THREADS = isProcess ? 8192 : 2048;
let stacks = 0;

export const isStackLeft = () => stacks < MOST_PROGRAMS;
export const isStackLeftForThread = () => stacks < MOST_THREADS;

export function takeStack() {
    stacks += 1;
}

export function giveStackBack() {
    stacks -= 1;
}
