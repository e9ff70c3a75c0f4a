// What an engine's flags change, for one way to switch stacks: a suspension, calls, and how deep one can be.

import { FLOOR } from '../styles/index.mjs';
import { plain } from '../styles/plain/style.mjs';
import { tasksOf } from './in-flight.mjs';
import { compareStyles, inTurn } from './table.mjs';
import { VALUE } from './value.mjs';

const resolved = Promise.resolve(VALUE);
const FRAMES = 3;
const IN_FLIGHT = [100, 1000];
/** Deeper than anybody asks for. */
const DEEPEST = 1 << 22;

/** @param {typeof plain & Record<string, any>} style */
export async function run(style) {
    const [suspension, once] = [{}, {}];
    for (const { name, load } of [plain, style]) {
        const own = await load();
        const wait = (times) => own.suspend(FRAMES, times, resolved);
        const call = () => own.once(resolved);
        suspension[name] = () => ({ run: wait, check: () => wait(3) });
        once[name] = () => ({ run: inTurn(call), check: call });
    }
    const tasks = await tasksOf([plain, style]);
    const table = { title: style.name, floor: FLOOR };
    const tables = [
        await compareStyles({ ...table, id: 'suspension' }, suspension),
        await compareStyles({ ...table, id: 'once' }, once),
    ];
    for (const calls of IN_FLIGHT) {
        tables.push(await compareStyles({ ...table, id: `of ${calls}`, sizes: [calls] }, tasks, { each: calls }));
    }
    return { tables, frames: await deepest(await style.load()) };
}

/** How many frames a call can have when it suspends, by powers of two. */
async function deepest({ suspend }) {
    let frames = 64;
    try {
        while (frames < DEEPEST) {
            await suspend(2 * frames, 1, resolved);
            frames *= 2;
        }
    } catch (error) {
        if (!(error instanceof RangeError)) throw error;
    }
    return frames;
}
