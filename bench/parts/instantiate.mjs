// From files to a module that can be called.

import { collectGarbage } from '../host.mjs';
import { compareStyles } from './table.mjs';
import { VALUE } from './value.mjs';

/** A package without anything to wait for: what any Rust module costs. */
const FLOOR = 'callbacks';

// A style should not pay for the instances that the one before has left.
const OPTIONS = { operations: 3, seconds: 3, before: collectGarbage };

export async function run(styles) {
    let fresh = 1;
    const tasks = {};
    for (const { name, load } of styles.filter(({ files }) => files !== undefined)) {
        const once = async () => (await load(fresh++)).immediate(VALUE - 1);
        tasks[name] = () => ({ run: once, check: once });
    }
    const table = { id: 'instantiate', title: 'From files to the first result', floor: FLOOR };
    return [await compareStyles(table, tasks, OPTIONS)];
}
