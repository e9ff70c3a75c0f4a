// One page with everything: pictures, tables, how it was measured. It needs no other file.

import { readFile } from 'node:fs/promises';

import { goals } from '../summary.mjs';
import { bytes, nanoseconds, ratio, spread } from './numbers.mjs';
import { SECTIONS } from './sections.mjs';

/** @param {{ engine: { name: string, version: string }, machine: any, date: string, tables: any[], seconds: number }} result */
export async function renderPage(result) {
    const { engine, machine, date, tables } = result;
    const sections = SECTIONS.map((section) => ({
        ...section,
        table: tables.find(({ id }) => id === section.id),
    }));
    const title = `What waiting costs Rust in WebAssembly`;
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${await readFile(new URL('./page.css', import.meta.url), 'utf8')}</style>
<header>
<h1>${title}</h1>
<p class="lead">Synchronous or asynchronous, callbacks or futures, JSPI or Asyncify: the same work in each style, side by side
on one machine. <b>${engine.name} ${engine.version}</b>, ${machine.cores} × ${machine.cpu}, ${date}.</p>
</header>
<main>
${sections
    .filter(({ table }) => table !== undefined)
    .map(renderSection)
    .join('\n')}
${renderGoalTable(result)}
</main>
<footer><h2>How it is measured</h2>
<p>The styles run in turn, A B C B A C …, a few milliseconds each, for at least fifteen rounds in three processes (twelve
rounds, of the largest numbers of calls). A ratio is that of one style to the floor <em>in the same round</em>; the figure is the
median over the rounds, and ± is half of the interval that has the true median in it with 95 %. Figures with more than ± 15 % are not
reported. Before a style is measured, its result is compared with that of the others. Memory is the median of three processes for
each style.</p></footer>
</html>
`;
}

function renderSection({ table, draw, text, log }) {
    return `<section id="${table.id}">
<h2>${escape(table.title)}</h2>
${text ? `<p>${text}</p>` : ''}
<figure>${draw(table, { log })}</figure>
<details><summary>Figures</summary>${table.columns === undefined ? styleTable(table) : columnTable(table)}</details>
</section>`;
}

function styleTable({ axis, rows, floor }) {
    const sizes = [...new Set(rows.map(({ size }) => size))];
    const body = sizes.flatMap((size) => {
        const group = rows.filter((row) => row.size === size);
        const head =
            size === undefined ? '' : `<tr><th colspan="4">${size.toLocaleString('en')} ${axis}</th></tr>`;
        return [head, ...group.map(styleRow)];
    });
    return `<table><thead><tr><td></td><td>time</td><td>× ${escape(floor)}</td><td></td></tr></thead>${body.join('')}</table>`;
}

function styleRow(row) {
    const cells =
        row.without === undefined
            ? `<td>${nanoseconds(row.median)}</td><td>${ratio(row.ratio)}</td><td>${spread(row.spread)}</td>`
            : `<td colspan="3" class="without">${escape(row.without)}</td>`;
    return `<tr><td>${escape(row.style)}</td>${cells}</tr>`;
}

function columnTable({ columns, rows, unit }) {
    const cell = (value) =>
        value === undefined ? '–' : unit === 'bytes' ? bytes(value) : `${value.toFixed(2)} s`;
    const row = (one) =>
        `<tr><td>${escape(one.style)}</td>${columns.map((column) => `<td>${cell(one[column])}</td>`).join('')}</tr>`;
    return `<table><thead><tr><td></td>${columns.map((column) => `<td>${column}</td>`).join('')}</tr></thead>${rows.map(row).join('')}</table>`;
}

function renderGoalTable({ tables, engine }) {
    const all = goals(tables, engine.name).filter(({ ratio }) => ratio !== undefined);
    if (all.length === 0) return '';
    const row = ({ name, ratio: reached, goal, atLeast }) => {
        const met = atLeast ? reached >= goal : reached <= goal * 1.005;
        return `<tr class="${met ? 'met' : 'open'}"><td>${escape(name)}</td><td>${ratio(reached)}</td><td>${atLeast ? '≥' : '≤'} ${goal}</td><td>${met ? 'reached' : 'open'}</td></tr>`;
    };
    return `<section id="goals"><h2>Goals</h2><p>What this project wants to reach, as ratios in one run.</p><table><thead><tr><td></td><td>here</td><td>goal</td><td></td></tr></thead>${all.map(row).join('')}</table></section>`;
}

const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
