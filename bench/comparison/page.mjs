// The comparison in the visitor's own engine: one part after the other, each in a worker, its pictures as they come, and
// one table at the end.
//
// `?parts=calls,imports` measures those alone.

import { escape, renderSection } from '../report/figures.mjs';
import { nanoseconds } from '../report/numbers.mjs';
import { SECTIONS } from '../report/sections.mjs';
import { all, here } from '../styles/index.mjs';
import { describeEngine } from './engine.mjs';

const PARTS = {
    suspension: 'suspensions, by the depth of the stack',
    calls: 'calls that suspend, and calls that do not',
    imports: 'import()',
    'in-flight': 'many calls at once',
    instantiate: 'from files to the first result',
};

/** The columns of the last table: of which table, and at which size. */
const COLUMNS = [
    ['a suspension, 3 frames', 'suspension', 3],
    ['100 frames', 'suspension', 100],
    ['a call that suspends', 'call-once'],
    ['that does not', 'call-immediate'],
    ['import(), new', 'import-cold'],
    ['again', 'import-warm'],
    ['among 1,000 in flight', 'in-flight', 1000],
    ['first result', 'instantiate'],
];

const asked = new URLSearchParams(location.search).get('parts')?.split(',');
const parts = asked ?? Object.keys(PARTS);
const element = (id) => document.getElementById(id);

function showEngine() {
    const rows = describeEngine().map(([what, value]) => `<tr><td>${escape(what)}</td><td>${escape(value)}</td></tr>`);
    element('engine').innerHTML = rows.join('');
    const absent = all.filter((style) => !here.includes(style)).map(({ name }) => name);
    element('absent').textContent = absent.length === 0 ? '' : `Not here, for the engine lacks it: ${absent.join('; ')}.`;
}

/** The tables of one part. */
function run(part) {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
    return new Promise((resolve, reject) => {
        worker.onmessage = ({ data: { tables, error } }) => (error === undefined ? resolve(tables) : reject(new Error(error)));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(part);
    }).finally(() => worker.terminate());
}

function showTable(table) {
    const section = SECTIONS.find(({ id }) => id === table.id);
    element('results').insertAdjacentHTML('beforeend', renderSection({ ...section, table }));
}

function showSummary(tables) {
    const columns = COLUMNS.filter(([, id]) => tables.some((table) => table.id === id));
    const find = (style, [, id, size]) =>
        tables.find((table) => table.id === id).rows.find((row) => row.style === style && row.size === size);
    const cell = (row) => {
        if (row?.median === undefined) return '–';
        return nanoseconds(row.median) + (row.ratio === null ? ' ?' : '');
    };
    const line = (name, cells) => `<tr><td>${escape(name)}</td>${cells.map((text) => `<td>${escape(text)}</td>`).join('')}</tr>`;
    const head = line('', columns.map(([title]) => title));
    const body = here.map(({ name }) => line(name, columns.map((column) => cell(find(name, column)))));
    element('table').innerHTML = `<thead>${head}</thead>${body.join('')}`;
    element('summary').hidden = false;
}

async function measure() {
    element('measure').disabled = true;
    element('results').replaceChildren();
    element('summary').hidden = true;
    element('progress').max = parts.length;
    const tables = [];
    for (const [index, part] of parts.entries()) {
        element('progress').value = index;
        say(`${index + 1} of ${parts.length}: ${PARTS[part] ?? part} …`);
        const measured = await run(part);
        measured.forEach(showTable);
        tables.push(...measured);
    }
    element('progress').value = parts.length;
    showSummary(tables);
    say('Done.');
}

function say(text, isError = false) {
    element('state').textContent = text;
    element('state').classList.toggle('failed', isError);
}

showEngine();
element('measure').onclick = () =>
    measure()
        .catch((error) => say(error.message, true))
        .finally(() => (element('measure').disabled = false));
