// From files to a module that can be called.

import { canCollect, collectGarbage } from '../host.mjs';
import { compareStyles } from './table.mjs';
import { VALUE } from './value.mjs';

/** A package without anything to wait for: what any Rust module costs. */
const FLOOR = 'callbacks';

// A style should not pay for the instances that the one before has left. Where they can be collected, one instance is a round,
// and there are many rounds: what else the machine does disturbs most rounds of several, and not most of one. Elsewhere so many
// would be too many: each takes gigabytes of addresses.
const OPTIONS = canCollect
    ? { operations: 1, rounds: { warmUp: 3, least: 21, most: 61 }, seconds: 4, before: collectGarbage }
    : { operations: 3, seconds: 3 };

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
