// Many calls in flight: all wait for one promise, and go on when it is resolved.
//
// So many calls are one operation. What 100 000 leave behind, in some engines for seconds, is not for others to pay: each
// number is a run of its own.

import { collectGarbage } from '../host.mjs';
import { FEW_ROUNDS } from '../measure.mjs';
import { FLOOR } from '../styles/index.mjs';
import { compareStyles, inTurn } from './table.mjs';
import { VALUE } from './value.mjs';

export const CALLS = [1, 10, 100, 1000, 10_000, 100_000];

/** What does so, by the names of styles. */
export async function tasksOf(styles) {
    const tasks = {};
    for (const { name, load, inFlight } of styles) {
        // A call that blocks its thread never sees the promise resolved.
        if (inFlight === 1) continue;
        const { once } = await load(0);
        tasks[name] = (calls) => (calls > inFlight ? `at most ${inFlight} calls at once` : task(once, calls));
    }
    return tasks;
}

/** A round is one batch of them: to find out how many take long enough would take longer than all rounds. */
const MANY = { from: 10_000, options: { operations: 1, rounds: FEW_ROUNDS, before: collectGarbage } };

/** @param {number[]} [sizes] */
export async function run(styles, sizes = CALLS) {
    const tasks = await tasksOf(styles);
    const table = {
        id: 'in-flight',
        title: 'A call among many in flight',
        axis: 'calls in flight',
        floor: FLOOR,
    };
    const rows = [];
    for (const calls of sizes) {
        const options = { ...(calls < MANY.from ? {} : MANY.options), each: calls };
        rows.push(...(await compareStyles({ ...table, sizes: [calls] }, tasks, options)).rows);
    }
    return [{ unit: 'ns', ...table, rows }];
}

function task(once, calls) {
    async function batch() {
        let release;
        const gate = new Promise((resolve) => (release = resolve));
        const pending = Array.from({ length: calls }, () => once(gate));
        release(VALUE);
        return Promise.all(pending);
    }
    return { run: inTurn(batch), check: async () => (await batch()).every((value) => value === VALUE) };
}
