// The memory of a call that waits, in a process of its own: of one style, with many calls at once.

import { residentBytes } from '../host.mjs';
import { VALUE } from './value.mjs';

export const CALLS = 8000;
export const A_MILLION = 1_000_000;

/** Calls that begin and end before, so that what is needed once is there. */
const BEFORE = 500;

/** @returns {Promise<{ linear?: number, resident?: number }>} bytes a call */
export async function weigh({ load }, calls = CALLS) {
    const own = await load(0);
    await hold(own, BEFORE, () => {});
    const before = { linear: own.memoryBytes?.(), resident: residentBytes() };
    let during;
    await hold(own, calls, () => (during = { linear: own.memoryBytes?.(), resident: residentBytes() }));
    const each = (kind) => (before[kind] === undefined ? undefined : (during[kind] - before[kind]) / calls);
    return { linear: each('linear'), resident: each('resident') };
}

async function hold({ once }, calls, meanwhile) {
    let release;
    const gate = new Promise((resolve) => (release = resolve));
    const pending = Array.from({ length: calls }, () => once(gate));
    await new Promise((resolve) => setTimeout(resolve, 10));
    meanwhile();
    release(VALUE);
    if ((await Promise.all(pending)).some((value) => value !== VALUE))
        throw new Error('a call gave something else');
}
