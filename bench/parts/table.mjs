// A table of the comparison: a row for each style, or for each style and size.

import { measure } from '../measure.mjs';

/**
 * @typedef {object} Row
 * @property {string} style
 * @property {number} [size] frames, or calls in flight
 * @property {string} [without] why there is no figure
 */

/**
 * Measures styles against each other for each size, after a check that they do the same.
 *
 * @param {object} table
 * @param {string} table.id
 * @param {string} table.title
 * @param {string} table.floor the style whose ratio is 1
 * @param {string} [table.axis] what the sizes are
 * @param {number[]} [table.sizes]
 * @param {Record<string, (size?: number) => Task | string>} styles what each does, or why it cannot
 * @param {object} [options] of `measure`
 *
 * @typedef {object} Task
 * @property {() => unknown} check what one operation gives
 * @property {(operations: number) => unknown} run
 */
export async function compareStyles({ sizes = [undefined], ...table }, styles, options = {}) {
    const rows = [];
    for (const size of sizes) {
        const runs = {};
        let expected;
        for (const [style, task] of Object.entries(styles)) {
            const { check, run, why } = await prepare(() => task(size));
            if (why !== undefined) {
                rows.push({ style, size, without: why });
                continue;
            }
            expected ??= check;
            if (JSON.stringify(check) !== JSON.stringify(expected)) {
                throw new Error(`${table.title}: ${style} gives ${check}, and not ${expected}`);
            }
            runs[style] = run;
        }
        for (const [style, figures] of Object.entries(
            await measure(runs, { floor: table.floor, ...options }),
        )) {
            rows.push({ style, size, ...figures });
        }
    }
    return { unit: 'ns', ...table, rows };
}

async function prepare(task) {
    const prepared = await task();
    return typeof prepared === 'string'
        ? { why: prepared }
        : { run: prepared.run, check: await prepared.check() };
}

/** Calls one after the other. */
export const inTurn = (call) => async (operations) => {
    for (let i = 0; i < operations; i++) await call();
};
