// One suspension in a loop, with the promise already resolved, at growing depths of the stack.

import { FLOOR, here } from '../styles/index.mjs';
import { throughBinaryen } from '../styles/suspendable/style.mjs';
import { compareStyles } from './table.mjs';
import { VALUE } from './value.mjs';

const FRAMES = [1, 3, 10, 30, 100, 1000];
const resolved = Promise.resolve(VALUE);

export async function run(compared) {
    const styles = compared === here ? [...compared, ...throughBinaryen] : compared;
    return [
        await depths('suspension', 'One suspension, by the depth of the stack', styles, 'suspend', FRAMES),
        await depths(
            'suspension-large',
            'The same, half a kilobyte in each frame',
            styles,
            'suspendLarge',
            FRAMES,
        ),
    ];
}

function depths(id, title, styles, method, sizes) {
    const tasks = {};
    for (const style of styles) tasks[style.name] = (frames) => task(style, method, frames);
    return compareStyles({ id, title, axis: 'frames', sizes, floor: FLOOR }, tasks);
}

/** An instance of its own: one may be broken by a stack that is too deep for its style. */
async function task({ without, load }, method, frames) {
    const own = await load(nextInstance++);
    const flat = own.suspendFlat;
    if (flat !== undefined && (frames > 1 || method !== 'suspend')) return without;
    const wait = (times) =>
        flat === undefined ? own[method](frames, times, resolved) : flat(times, resolved);
    try {
        await wait(3);
    } catch (error) {
        return `${without}: ${error.message}`;
    }
    return { run: wait, check: () => wait(3) };
}

let nextInstance = 1000;
