// What `make report` has measured, beside what was aimed at.
//
// Usage: node bench/report.mjs EXAMPLE …

import { readFile } from 'node:fs/promises';

import { hasStd, stdSizeTables } from './parts/std-sizes.mjs';
import { printRows } from './report/rows.mjs';
import { renderGoals } from './report/text.mjs';
import { DEFAULT } from './summary.mjs';

const GZIP = 4;
const SECONDS = 15;
const FUNCTIONS = { 'proving-ground': 3.5, default: 1 };

const rows = [['', 'instrumented functions', 'goal', 'gzip', 'goal', 'raw', 'post-build', 'goal']];
for (const name of process.argv.slice(2)) {
    const report = JSON.parse(await readFile(new URL(`../target/report/${name}.json`, import.meta.url), 'utf8'));
    const { functions, instrumented_functions: instrumented, sizes, seconds } = report;
    const { cargo, ...steps } = seconds;
    const growth = (kind) => `+${((sizes.asyncify[kind] / sizes.plain[kind] - 1) * 100).toFixed(2)} %`;
    rows.push([
        name,
        `${instrumented} of ${functions}, ${((instrumented / functions) * 100).toFixed(2)} %`,
        `${FUNCTIONS[name] ?? FUNCTIONS.default} %`,
        growth('gzip'),
        `+${GZIP} %`,
        growth('raw'),
        `${Object.values(steps).reduce((sum, step) => sum + step, 0).toFixed(1)} s`,
        `${SECONDS} s`,
    ]);
}
printRows(rows);
if (hasStd) console.log(renderGoals({ tables: await stdSizeTables(), engine: { name: DEFAULT } }));
