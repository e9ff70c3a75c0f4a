// One page with everything: pictures, tables, how it was measured. It needs no other file.

import { goals } from '../summary.mjs';
import { bytes, nanoseconds, ratio, spread } from './numbers.mjs';
import { bars, lines, parts } from './plots.mjs';

/** What each picture shows, and how to read it. */
const SECTIONS = [
    {
        id: 'suspension',
        draw: lines,
        text: `The code stands some frames below the call from JavaScript and waits, again and again, for a promise
            that is resolved already. Lower is quicker. Asyncify copies every frame, so it grows with the depth;
            an engine's own stacks do not; <b>auto</b> takes the better of the two where V8 has both.`,
    },
    {
        id: 'suspension-large',
        draw: lines,
        text: `The same where every frame has half a kilobyte in linear memory, which has to be copied by everyone who
            keeps a stack there.`,
    },
    { id: 'in-flight', draw: lines, text: `Calls that all wait for one promise, from the first call to the last result, for each
            call. Flat is good: a call costs the same among a hundred thousand as alone.` },
    { id: 'call-once', draw: bars, log: true, text: `A call from JavaScript, one suspension, and the result.` },
    { id: 'call-immediate', draw: bars, log: true, text: `A call that could suspend, and does not have to.` },
    { id: 'import-cold', draw: bars, text: `<code>import()</code> of a specifier that was never seen: the host does nearly all of it.` },
    { id: 'import-warm', draw: bars, log: true, text: `The same specifier again. <code>js_import</code> knows it and does not wait.` },
    { id: 'program-script', draw: bars, text: `Whole programs, compared with the same Rust that has everything at hand and waits for nothing.` },
    { id: 'program-archive', draw: bars },
    { id: 'program-json', draw: bars },
    { id: 'compute-inside', draw: bars, text: `What instrumentation costs code that waits for nothing. Only functions that can be on the stack of a
            suspension are instrumented.` },
    { id: 'compute-outside', draw: bars },
    { id: 'compute-script', draw: bars },
    { id: 'compute-archive', draw: bars },
    { id: 'memory', draw: (table) => parts(only(table, table.rows.some((row) => row.resident > 0) ? 'resident' : 'linear'), ['#57606a']), text: `Of the whole process, for
            each call that waits: a process of its own for each style.` },
    { id: 'sizes', draw: (table) => parts({ ...table, columns: ['wasm, gzip', 'scripts, gzip'] }, ['#57606a', '#afb8c1']), text: `The same work in each style,
            gzipped: <span class="key" style="--c:#57606a">WebAssembly</span> and
            <span class="key" style="--c:#afb8c1">scripts</span>. Ours carries its runtime for all backends.` },
    { id: 'instantiate', draw: bars },
];

const only = (table, column) => ({ ...table, columns: [column] });

/** @param {{ engine: { name: string, version: string }, machine: any, date: string, tables: any[], seconds: number }} result */
export async function renderPage(result) {
    const { engine, machine, date, tables } = result;
    const sections = SECTIONS.map((section) => ({ ...section, table: tables.find(({ id }) => id === section.id) }));
    const title = `What waiting costs Rust in WebAssembly`;
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${CSS}</style>
<header>
<h1>${title}</h1>
<p class="lead">Synchronous or asynchronous, callbacks or futures, JSPI or Asyncify: the same work in each style, side by side
on one machine. <b>${engine.name} ${engine.version}</b>, ${machine.cores} × ${machine.cpu}, ${date}.</p>
</header>
<main>
${sections.filter(({ table }) => table !== undefined).map(renderSection).join('\n')}
${renderGoalTable(result)}
</main>
<footer><h2>How it is measured</h2>
<p>The styles run in turn, A B C A B C …, a few milliseconds each, for at least eleven rounds in one process.
A ratio is that of one style to the floor <em>in the same round</em>; the figure is the median over the rounds, and ± is half of the
interval that has the true median in it with 95 %. Figures with more than ± 15 % are not reported. Before a style is measured, its result
is compared with that of the others. Memory is taken from a process for each style.</p></footer>
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
        const head = size === undefined ? '' : `<tr><th colspan="4">${size.toLocaleString('en')} ${axis}</th></tr>`;
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
    const cell = (value) => (value === undefined ? '–' : unit === 'bytes' ? bytes(value) : `${value.toFixed(2)} s`);
    const row = (one) => `<tr><td>${escape(one.style)}</td>${columns.map((column) => `<td>${cell(one[column])}</td>`).join('')}</tr>`;
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

const CSS = `
:root { color-scheme: light; font: 16px/1.55 system-ui, sans-serif; color: #1f2328; background: #f6f8fa; }
body { margin: 0; }
header, main, footer { max-width: 920px; margin: 0 auto; padding: 0 24px; }
h1 { font-size: 34px; line-height: 1.15; margin: 56px 0 12px; letter-spacing: -0.02em; }
h2 { font-size: 20px; margin: 0 0 4px; letter-spacing: -0.01em; }
.lead { color: #57606a; font-size: 18px; margin: 0 0 32px; }
section { background: #fff; border: 1px solid #d8dee4; border-radius: 10px; padding: 24px 28px 16px; margin: 0 0 20px; }
section p { margin: 0 0 12px; color: #57606a; max-width: 70ch; }
figure { margin: 12px 0 4px; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
details summary { cursor: pointer; color: #57606a; font-size: 14px; }
table { border-collapse: collapse; font-size: 14px; margin: 8px 0; font-variant-numeric: tabular-nums; }
td, th { padding: 3px 18px 3px 0; text-align: right; }
td:first-child, th { text-align: left; font-weight: 400; }
th { padding-top: 12px; font-weight: 600; }
thead td { color: #57606a; }
.without { color: #818b98; text-align: left; }
.met td:last-child { color: #1a7f37; }
.open td:last-child { color: #9a6700; }
.key { border-left: 12px solid var(--c); padding-left: 6px; }
footer { padding-bottom: 64px; color: #57606a; }
footer h2 { color: #1f2328; }
`;
