// The comparison of styles: what each costs, as ratios in one run.
//
// Usage: node bench/run.mjs [ENGINE [PART,PART,…]]
//
// Prints tables, and writes target/bench.json and target/bench.html (for other engines than Node.js
// 26: target/bench-ENGINE.json and .html).

import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';

import { DEFAULT, summarize } from './summary.mjs';
import { EMSCRIPTEN, FLAGS, openEngine } from './engines.mjs';
import { flagsTable } from './flags.mjs';
import { interval, pool } from './measure.mjs';
import { renderPage } from './report/page.mjs';
import { renderGoals, renderTable } from './report/text.mjs';
import { all, besideEmscripten } from './styles/index.mjs';
import { throughBinaryen } from './styles/suspendable/style.mjs';
import { CALLS } from './parts/in-flight.mjs';
import { A_MILLION } from './parts/memory.mjs';
import { buildTable, commandTable, programTable, sizeTable, sqliteTable } from './parts/sizes.mjs';
import { hasStd, stdBuildTable, stdSizeTables } from './parts/std-sizes.mjs';
import { PROGRAMS } from './parts/waiting.mjs';
import { THREADS } from './parts/waiting-threads.mjs';

const PARTS = [
    ...['suspension', 'calls', 'imports', 'in-flight', 'programs', 'computation', 'threads', 'files', 'sqlite', 'sockets'],
    ...['instantiate', 'commands', 'program-threads', ...(hasStd ? ['std', 'git'] : [])],
];
/** Processes for each part, and for the memory of each style. */
const PROCESSES = 3;
/** As many if a figure would be too uncertain to be reported. */
const MOST_PROCESSES = 6;

const OF_EMSCRIPTEN = ['suspension', 'calls', 'in-flight', 'memory', 'sizes'];

const name = process.argv[2] || DEFAULT;
const isEmscripten = name === EMSCRIPTEN;
const styles = isEmscripten ? besideEmscripten : all;
/** What a part is told of them. */
const set = isEmscripten ? { set: 'emscripten' } : {};
const only = process.argv[3]?.split(',');
/** All parts are of one engine without flags. */
const wants = (part) =>
    name !== FLAGS && (!isEmscripten || OF_EMSCRIPTEN.includes(part)) && (only === undefined || only.includes(part));
const began = performance.now();
const engine = await openEngine([FLAGS, EMSCRIPTEN].includes(name) ? DEFAULT : name);
const tables = [];
const add = (...more) => {
    for (const table of more) console.log(renderTable(table));
    tables.push(...more);
};

try {
    console.log(`${name} ${engine.version}, ${cpus().length} × ${cpus()[0].model}`);
    if (name === FLAGS) add(await flagsTable(enough));
    for (const part of PARTS.filter(wants)) add(...(await (part === 'in-flight' ? bySize(part, CALLS) : tablesOf({ part }))));
    if (wants('memory')) add(await memoryTable());
    if (wants('waiting') && name === DEFAULT) {
        const [programs, threads] = [PROGRAMS, THREADS].map((count) => count.toLocaleString('en'));
        add(
            await waitingTable('waiting', `Memory of a program that waits for its input, of ${programs} at once`),
            await waitingTable('waiting-threads', `Memory of a thread of a program that waits, of ${threads} at once`),
        );
    }
    if (wants('sizes')) {
        add(await sizeTable(isEmscripten ? styles : [...styles, ...throughBinaryen]));
        if (!isEmscripten) add(await programTable(), await sqliteTable(), await buildTable());
    }
    if (wants('commands')) add(await commandTable());
    if (wants('std-sizes') && hasStd) add(...(await stdSizeTables()));
    if (wants('std-build') && hasStd && name === DEFAULT) add(await stdBuildTable());
} finally {
    await engine.close();
}

function tablesOf(query) {
    return enough(() => engine.run({ ...query, ...set }));
}

/** A part with processes of their own for each size: only those with uncertain figures are repeated more often. */
async function bySize(part, sizes) {
    const tables = [];
    for (const size of sizes) tables.push(await tablesOf({ part, sizes: size }));
    return tables[0].map((table, index) => ({ ...table, rows: tables.flatMap((some) => some[index].rows) }));
}

/** The tables of a part from several processes, until none of the figures is too uncertain. */
async function enough(run) {
    const runs = [];
    let pooled;
    const isUncertain = () => pooled.some(({ rows }) => rows.some(({ ratio }) => ratio === null));
    while (runs.length < PROCESSES || (runs.length < MOST_PROCESSES && isUncertain())) {
        runs.push(await run());
        pooled = pool(runs);
    }
    return pooled;
}

/** The bytes of a call that waits: the median of some processes, each for one style. */
async function memoryTable() {
    const rows = [];
    for (const style of await engine.run({ part: 'styles', ...set })) {
        const { inFlight } = styles.find(({ name }) => name === style);
        if (inFlight === 1) continue;
        rows.push(await memoryRow(style, PROCESSES));
    }
    if (name === DEFAULT) rows.push(await memoryRow('ours, auto', 1, A_MILLION));
    return {
        id: 'memory',
        title: 'Memory of a call that waits',
        unit: 'bytes',
        columns: ['linear', 'resident'],
        rows,
    };
}

async function memoryRow(style, processes, calls) {
    const samples = [];
    for (let i = 0; i < processes; i++) samples.push(await engine.run({ part: 'memory', style, calls, ...set }));
    const median = (kind) =>
        samples[0][kind] === undefined ? undefined : interval(samples.map((one) => one[kind])).median;
    return {
        style: calls === undefined ? style : `${style}, ${calls.toLocaleString('en')} calls`,
        linear: median('linear'),
        resident: median('resident'),
        samples,
    };
}

/** The bytes of a whole program that waits for its input, or of a thread, among many. */
async function waitingTable(part, title) {
    const rows = [];
    for (const backend of ['auto', 'asyncify']) {
        const samples = [];
        for (let i = 0; i < PROCESSES; i++) samples.push(await engine.run({ part, backend }));
        const resident = interval(samples.map((one) => one.resident)).median;
        rows.push({ style: `ours, ${backend}`, resident, samples });
    }
    return { id: part, title, unit: 'bytes', columns: ['resident'], rows };
}

const result = {
    engine: { name, version: engine.version },
    machine: { cpu: cpus()[0].model, cores: cpus().length },
    date: new Date().toISOString().slice(0, 10),
    seconds: Math.round((performance.now() - began) / 1000),
    summary: summarize(tables, name),
    tables,
};
const base = new URL(`../target/bench${name === DEFAULT ? '' : `-${name}`}`, import.meta.url).href;
await mkdir(new URL('../target/', import.meta.url), { recursive: true });
await writeFile(new URL(`${base}.json`), JSON.stringify(result, null, 1));
await writeFile(new URL(`${base}.html`), await renderPage(result));
console.log(renderGoals(result));
console.log(`\n${result.seconds} s; target/${base.split('/').at(-1)}.json and .html`);
