// Puts the tables of target/bench*.json into BENCHMARKS.md, between its marks. Those of engines that have not been
// run stay as they are. Draws what instrumentation costs by its share, over all programs that have been built, and the
// picture that README shows.
//
// Usage: node bench/report/benchmarks.mjs

import { readFile, readdir, writeFile } from 'node:fs/promises';

import { EMSCRIPTEN } from '../engines.mjs';
import { DEFAULT, goals } from '../summary.mjs';
import { aim, cell, nanoseconds, ratio } from './numbers.mjs';
import { lines } from './plots.mjs';
import { savePicture } from './save.mjs';
import { drawShares, readShares } from './share.mjs';

const root = new URL('../../', import.meta.url);
const FILE = new URL('BENCHMARKS.md', root);
const [BEGIN, END] = ['<!-- tables: make benchmarks -->', '<!-- end of the tables -->'];
const [BEGIN_SHARES, END_SHARES] = ['<!-- shares: make benchmarks -->', '<!-- end of the shares -->'];

/** What is shown of other engines than the first. */
const OF_OTHERS = ['suspension', 'call-once', 'in-flight', 'flags'];

const names = (await readdir(new URL('target/', root))).filter((name) => /^bench(-[\w-]+)?\.json$/.test(name));
const results = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(new URL(`target/${name}`, root), 'utf8'))),
);
results.sort(
    (a, b) =>
        Number(b.engine.name === DEFAULT) - Number(a.engine.name === DEFAULT) ||
        (a.engine.name < b.engine.name ? -1 : 1),
);

const text = await readFile(FILE, 'utf8');
const [before, rest] = text.split(BEGIN);
const [old, after] = rest.split(END);
/** By the names of engines. */
const sections = new Map(old.split(/^(?=## )/m).slice(1).map((section) => [section.match(/^## ([\w-]+)/)[1], section.trim()]));
for (const result of results) sections.set(result.engine.name, renderResult(result).trim());
const measured = results.find(({ engine }) => engine.name === DEFAULT)?.tables ?? [];
const suspension = measured.find(({ id }) => id === 'suspension');
if (suspension !== undefined) await savePicture('docs/suspension.svg', lines(suspension, true));
const programs = await readShares(measured);
await drawShares(programs);
const shares = `${BEGIN_SHARES}\n\n${renderShares(programs)}\n\n${END_SHARES}`;
const [beforeShares, , afterShares] = before.split(new RegExp(`(${BEGIN_SHARES}[^]*${END_SHARES})`));
const tables = [...sections.values()].join('\n\n');
await writeFile(FILE, `${beforeShares}${shares}${afterShares}${BEGIN}\n\n${tables}\n\n${END}${after}`);
console.log(`BENCHMARKS.md: ${results.map(({ engine }) => engine.name).join(', ')}`);

function renderResult({ engine, machine, date, tables }) {
    const shown = [DEFAULT, EMSCRIPTEN].includes(engine.name) ? tables : tables.filter(({ id }) => OF_OTHERS.includes(id));
    const parts = [`## ${engine.name} ${engine.version}`, `${date}, ${machine.cores} × ${machine.cpu}.`];
    for (const table of shown) parts.push(`### ${table.title}`, renderTable(table));
    const wanted = goals(tables, engine.name).filter((goal) => goal.ratio !== undefined);
    if (wanted.length > 0) {
        const rows = wanted.map((one) => {
            const [figure, goal] = aim(one);
            return [one.name, figure, `${one.atLeast ? '≥' : '≤'} ${goal}`];
        });
        parts.push('### Goals', grid(['', 'here', 'goal'], rows));
    }
    return `${parts.join('\n\n')}\n`;
}

function renderShares(programs) {
    const rows = programs.map(({ name, functions, share, gzip, raw, times }) => [
        name,
        functions.toLocaleString('en'),
        `${(share * 100).toFixed(1)} %`,
        ...[gzip, raw].map((growth) => `+${((growth - 1) * 100).toFixed(1)} %`),
        times.map((time) => `${ratio(time)}`).join(', ') || '–',
    ]);
    return grid(['', 'functions', 'instrumented', 'gzip', 'raw', 'computation'], rows);
}

function renderTable(table) {
    if (table.columns !== undefined) {
        return grid(
            ['', ...table.columns],
            table.rows.map((row) => [row.style, ...table.columns.map((column) => cell(row[column], table.unit))]),
        );
    }
    const styles = [...new Set(table.rows.map(({ style }) => style))];
    const sizes = [...new Set(table.rows.map(({ size }) => size))];
    const find = (style, size) => table.rows.find((row) => row.style === style && row.size === size);
    if (table.axis === undefined) {
        const rows = styles.map((style) => [style, time(find(style)), ratio(find(style).ratio)]);
        return grid(['', 'time', `× ${table.floor}`], rows);
    }
    const head = [table.axis, ...sizes.map((size) => size.toLocaleString('en'))];
    return grid(
        head,
        styles.map((style) => [style, ...sizes.map((size) => time(find(style, size)))]),
    );
}

/** A time, with a question mark where the ratio is too uncertain to be reported. */
function time(row) {
    if (row?.median === undefined) return '–';
    return nanoseconds(row.median) + (row.ratio === null ? ' ?' : '');
}

function grid(head, rows) {
    const line = (cells) => `| ${cells.join(' | ')} |`;
    return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
        '\n',
    );
}
