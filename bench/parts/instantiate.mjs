// From files to a module that can be called.

import { collectGarbage } from '../host.mjs';
import { clockStep } from '../measure.mjs';
import { compareStyles } from './table.mjs';
import { VALUE } from './value.mjs';

/** A package without anything to wait for: what any Rust module costs. */
const FLOOR = 'callbacks';

// One instance a round, where the clock is exact enough, and many rounds: what else the machine does disturbs most rounds
// of several, and not most of one. A style should not pay for the instances that the one before has left.
const OPTIONS = {
    operations: clockStep() < 0.03 ? 1 : 3,
    rounds: { warmUp: 3, least: 21, most: 61 },
    seconds: 4,
    before: collectGarbage,
};

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
