// Calls that suspend once, and calls that never do.

import { FLOOR } from '../styles/index.mjs';
import { compareStyles, inTurn } from './table.mjs';
import { VALUE } from './value.mjs';

const resolved = Promise.resolve(VALUE);

export async function run(styles) {
    const once = {};
    const immediate = {};
    for (const { name, load } of styles) {
        const own = await load(0);
        once[name] = () => task(() => own.once(resolved));
        immediate[name] = () => task(() => own.immediate(1));
    }
    return [
        await compareStyles({ id: 'call-once', title: 'A call that suspends once', floor: FLOOR }, once),
        await compareStyles(
            { id: 'call-immediate', title: 'A call that never suspends', floor: FLOOR },
            immediate,
        ),
    ];
}

const task = (call) => ({ run: inTurn(call), check: call });
