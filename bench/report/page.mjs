// One page with everything: pictures, tables, how it was measured. It needs no other file.

import { readFile } from 'node:fs/promises';

import { goals } from '../summary.mjs';
import { escape, renderSection } from './figures.mjs';
import { ratio } from './numbers.mjs';
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

function renderGoalTable({ tables, engine }) {
    const all = goals(tables, engine.name).filter(({ ratio }) => ratio !== undefined);
    if (all.length === 0) return '';
    const row = ({ name, ratio: reached, goal, atLeast }) => {
        const met = atLeast ? reached >= goal : reached <= goal * 1.005;
        return `<tr class="${met ? 'met' : 'open'}"><td>${escape(name)}</td><td>${ratio(reached)}</td><td>${atLeast ? '≥' : '≤'} ${goal}</td><td>${met ? 'reached' : 'open'}</td></tr>`;
    };
    return `<section id="goals"><h2>Goals</h2><p>What this project wants to reach, as ratios in one run.</p><table><thead><tr><td></td><td>here</td><td>goal</td><td></td></tr></thead>${all.map(row).join('')}</table></section>`;
}
