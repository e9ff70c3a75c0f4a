// The flat map from a figure's name to its ratio, and the goals among them.

import { programs } from '../tests/commands/cases.mjs';
import { interval } from './measure.mjs';
import { PLAIN } from './parts/sizes.mjs';
import { CRATES, FIRST, LATER, WITH, WITHOUT } from './parts/std-sizes.mjs';

/** The engine that is meant where none is named. */
export const DEFAULT = 'node26';

const AWAIT = 'plain JavaScript';
const THEIRS = "wasm-bindgen's JSPI";
const BACKENDS = ['auto', 'asyncify'];

/**
 * `figure / to` at `size` of `table`. `atLeast`: the larger the better. `toTable` and `toSize` say where `to` is,
 * if it is elsewhere. In a table that has columns, a `column`, and `toColumn` if that is another one. With a `unit` there
 * is no `to`: then it is the figure itself.
 *
 * @type {{ name: string, engines?: string[], table: string, size?: number, figure: string, to?: string, goal: number,
 *   atLeast?: boolean, toTable?: string, toSize?: number, column?: string, toColumn?: string,
 *   unit?: 'bytes' | 'ns' | 'seconds' }[]}
 */
const GOALS = [
    {
        name: 'suspension, 3 frames: asyncify / await',
        table: 'suspension',
        size: 3,
        figure: 'ours, asyncify',
        to: AWAIT,
        goal: 3.5,
    },
    {
        name: 'suspension, 3 frames: jspi / await',
        table: 'suspension',
        size: 3,
        figure: 'ours, jspi',
        to: AWAIT,
        goal: 5,
    },
    {
        name: "suspension, 3 frames: jspi / wasm-bindgen's JSPI",
        table: 'suspension',
        size: 3,
        figure: 'ours, jspi',
        to: THEIRS,
        goal: 0.85,
    },
    {
        name: 'suspension, 3 frames: wasm-bindgen-futures / auto',
        table: 'suspension',
        size: 3,
        figure: 'wasm-bindgen-futures',
        to: 'ours, auto',
        goal: 6,
        atLeast: true,
    },
    {
        name: 'suspension, 100 frames: asyncify / jspi',
        table: 'suspension',
        size: 100,
        figure: 'ours, asyncify',
        to: 'ours, jspi',
        goal: 2,
    },
    {
        name: 'a call that suspends once: jspi / async call',
        table: 'call-once',
        figure: 'ours, jspi',
        to: AWAIT,
        goal: 10,
    },
    {
        name: 'js_import, warm: auto / a call from Rust to JavaScript',
        table: 'import-warm',
        figure: 'ours, auto',
        to: 'a call from Rust to JavaScript',
        goal: 2,
    },
    {
        name: 'js_import, cold: auto / import()',
        table: 'import-cold',
        figure: 'ours, auto',
        to: AWAIT,
        goal: 1.05,
    },
    {
        name: 'suspension, 3 frames: auto / the better backend',
        engines: ['bun', 'webkit'],
        table: 'suspension',
        size: 3,
        figure: 'ours, auto',
        to: 'better',
        goal: 1,
    },
    {
        name: 'suspension, 100 frames: auto / the better backend',
        engines: ['bun', 'webkit'],
        table: 'suspension',
        size: 100,
        figure: 'ours, auto',
        to: 'better',
        goal: 1,
    },
    {
        name: "suspension, 3 frames: auto / wasm-bindgen's JSPI",
        engines: ['bun'],
        table: 'suspension',
        size: 3,
        figure: 'ours, auto',
        to: THEIRS,
        goal: 0.12,
    },
    {
        name: 'suspension, 3 frames: auto / await',
        table: 'suspension',
        size: 3,
        figure: 'ours, auto',
        to: AWAIT,
        goal: 2.5,
    },
    ...['auto', 'jspi'].flatMap((backend) => {
        const figure = `ours, ${backend}`;
        const same = { table: 'suspension', size: 1000, figure, to: figure, toTable: 'suspension', toSize: 3 };
        return [
            { ...same, name: `suspension, ${backend}: 1 000 frames / 3`, goal: 1.2 },
            {
                ...same,
                name: `suspension, ${backend}: 1 000 frames of 512 bytes / 3 small ones`,
                table: 'suspension-large',
                goal: 1.3,
            },
        ];
    }),
    {
        name: 'memory of a call that waits, of a million',
        table: 'memory',
        figure: 'ours, auto, 1,000,000 calls',
        column: 'linear',
        unit: 'bytes',
        goal: 400,
    },
    {
        name: 'spawn and join / an async call, awaited',
        table: 'thread-spawn',
        figure: 'ours, auto',
        to: 'an async call, awaited',
        goal: 3,
    },
    {
        name: 'a message through mpsc / await',
        table: 'thread-message',
        figure: 'ours, auto',
        to: 'await',
        goal: 3,
    },
    {
        name: "an uncontended lock / std's",
        table: 'thread-lock',
        figure: 'ours, auto',
        to: "std's",
        goal: 1.5,
    },
    {
        name: 'a file of 100 MB in steps of 64 KB / the same in JavaScript',
        table: 'file-read',
        figure: 'ours, auto',
        to: 'JavaScript',
        goal: 1.1,
    },
    {
        name: "SQLite, reads and writes: auto / wa-sqlite's asynchronous build",
        table: 'sqlite-files',
        figure: 'ours, auto',
        to: 'wa-sqlite',
        goal: 0.7,
    },
    {
        name: "SQLite, a computing query: auto / wa-sqlite's asynchronous build",
        table: 'sqlite-query',
        figure: 'ours, auto',
        to: 'wa-sqlite',
        goal: 0.5,
    },
    ...Object.entries({ query: 'a recursive CTE', sort: 'a sort', join: 'a self-join' }).map(([query, what]) => ({
        name: `SQLite, ${what}: auto / jspi, which is not instrumented`,
        table: `sqlite-${query}`,
        figure: 'ours, auto',
        to: 'ours, jspi',
        goal: 1.15,
    })),
    {
        name: 'a WebSocket message and its answer: tungstenite / ws',
        table: 'websocket-messages',
        figure: 'ours, auto',
        to: 'ws, the JavaScript client',
        goal: 1.2,
    },
    ...Object.entries(programs).flatMap(([column, { hasThreads }]) => {
        const same = { table: 'command-sizes', to: PLAIN, column };
        return [
            { ...same, name: `${column}, gzip: jspi / the plain file`, figure: 'ours, jspi', goal: 1 },
            {
                ...same,
                name: `${column}, gzip: asyncify / the plain file`,
                figure: 'ours, asyncify',
                goal: hasThreads ? 1.1 : 1.2,
            },
        ];
    }),
    ...['grass', 'rg', 'stak-repl'].flatMap((program) => {
        const same = { table: `command-${program}`, to: "Node.js's own WASI" };
        return [
            { ...same, name: `${program} computes: auto / node:wasi`, figure: 'ours, auto', goal: 1.02 },
            { ...same, name: `${program} computes: asyncify / node:wasi`, figure: 'ours, asyncify', goal: 1.15 },
        ];
    }),
    ...BACKENDS.map((backend) => ({
        name: `a program reads 100 MB in small pieces: ${backend} / @tybys/wasm-util`,
        table: 'command-read',
        figure: `ours, ${backend}`,
        to: '@tybys/wasm-util',
        goal: 0.5,
    })),
    ...['input', 'stream'].flatMap((id) =>
        BACKENDS.map((backend) => ({
            name: `a read of standard input, ${id === 'input' ? 'an iterator' : 'a web stream'}: ${backend} / await`,
            table: `command-${id}`,
            figure: `ours, ${backend}`,
            to: 'JavaScript',
            goal: 3,
        })),
    ),
    {
        name: 'threads of a program, a message and its answer: auto / two awaits',
        table: 'program-messages',
        figure: 'ours, auto',
        to: 'two awaits',
        goal: 4,
    },
    {
        name: 'threads of a program, a message and its answer: auto / native threads',
        table: 'program-messages',
        figure: 'ours, auto',
        to: 'native',
        goal: 0.3,
    },
    {
        name: 'threads of a program, spawn and join: auto / an async call, awaited',
        table: 'program-spawn',
        figure: 'ours, auto',
        to: 'an async call, awaited',
        goal: 8,
    },
    {
        name: 'threads of a program, an uncontended lock: auto / native',
        table: 'program-lock',
        figure: 'ours, auto',
        to: 'native',
        goal: 1.2,
    },
    {
        name: "rayon's par_sort of a million numbers: auto / std's sort",
        table: 'program-sort',
        figure: 'ours, auto',
        to: "std's sort",
        goal: 1.15,
    },
    {
        name: 'rhai, pure computation: asyncify / without the tool',
        table: 'compute-script',
        figure: 'instrumented',
        to: 'without the tool',
        goal: 1.19,
    },
    {
        name: 'rhai + zip + csv, gzip: asyncify / jspi',
        table: 'program-sizes',
        figure: 'ours, asyncify',
        to: 'ours, jspi',
        column: 'wasm, gzip',
        goal: 1.04,
    },
    {
        name: 'rhai + zip + csv, gzip: asyncify / without the tool',
        table: 'program-sizes',
        figure: 'ours, asyncify',
        to: 'without the tool',
        column: 'wasm, gzip',
        goal: 1.04,
    },
    {
        name: '--std, a Mutex that nobody else wants',
        table: 'std-lock',
        figure: 'ours, auto',
        unit: 'ns',
        goal: 5,
    },
    ...Object.entries({ 'std-local': 'of a number', 'std-lazy-local': 'made at its first use' }).map(([table, what]) => ({
        name: `--std, thread_local! ${what}: auto / the precompiled std`,
        table,
        figure: 'ours, auto',
        to: 'the precompiled std',
        goal: 3,
    })),
    {
        name: '--std, a message through mpsc and its answer: auto / two awaits',
        table: 'std-messages',
        figure: 'ours, auto',
        to: 'two awaits',
        goal: 4,
    },
    ...['auto', 'jspi'].map((backend) => ({
        name: `gix, the log of 1 000 commits: ${backend} / native`,
        table: 'git-log',
        figure: `ours, ${backend}`,
        to: 'native',
        goal: 3,
    })),
    {
        name: 'rhai + zip + csv, functions in the set: --std / without',
        table: 'std-functions',
        figure: WITH,
        to: WITHOUT,
        column: 'instrumented',
        goal: 1.05,
    },
    ...['plain', 'asyncify'].map((column) => ({
        name: `rhai + zip + csv, gzip, ${column === 'plain' ? 'jspi' : column}: --std / without`,
        table: 'std-sizes',
        figure: WITH,
        to: WITHOUT,
        column,
        goal: 1.01,
    })),
    {
        name: '--std, crates that wait, gzip: asyncify / jspi',
        table: 'std-sizes',
        figure: CRATES,
        to: CRATES,
        column: 'asyncify',
        toColumn: 'plain',
        goal: 1.12,
    },
    ...Object.entries({ [FIRST]: 90, [LATER]: 0 }).map(([figure, goal]) => ({
        name: `building std: ${figure}`,
        table: 'std-build',
        figure,
        column: 'std',
        unit: /** @type {const} */ ('seconds'),
        goal,
    })),
];

/**
 * Every ratio by its name: `TABLE/STYLE`, or `TABLE/STYLE/SIZE`; and `goal: NAME`.
 *
 * @returns {Record<string, number>}
 */
export function summarize(tables, engine) {
    const summary = {};
    for (const { name, ratio } of goals(tables, engine)) {
        if (ratio !== undefined) summary[`goal: ${name}`] = round(ratio);
    }
    for (const { id, rows } of tables) {
        for (const { style, size, ratio } of rows) {
            if (typeof ratio === 'number')
                summary[[id, style, size].filter((part) => part !== undefined).join('/')] = round(ratio);
        }
    }
    return summary;
}

/** The goals that are set for an engine and these tables, with what was measured. */
export function goals(tables, engine) {
    const rowsOf = (table, size) =>
        tables.find(({ id }) => id === table)?.rows.filter((row) => row.size === size) ?? [];
    const wanted = GOALS.filter(({ engines = [DEFAULT], table }) => {
        return engines.includes(engine) && tables.some(({ id }) => id === table);
    });
    return wanted.map((goal) => {
        const { table, size } = goal;
        const rows = rowsOf(table, size);
        const others = goal.toTable === undefined ? rows : rowsOf(goal.toTable, goal.toSize);
        const figure = rows.find(({ style }) => style === goal.figure);
        const to = goal.to === 'better' ? better(others) : others.find(({ style }) => style === goal.to);
        return { ...goal, ratio: reached(figure, to, goal) };
    });
}

/** The figure, or how many times the other. */
function reached(figure, to, { unit, column, toColumn = column }) {
    if (column === undefined) return unit === undefined ? ratioOf(figure, to) : figure?.median;
    const value = figure?.[column];
    return unit !== undefined || value === undefined ? value : value / to?.[toColumn];
}

const better = (rows) =>
    rows
        .filter(
            ({ style, median }) => ['ours, asyncify', 'ours, jspi'].includes(style) && median !== undefined,
        )
        .sort((a, b) => a.median - b.median)[0];

/**
 * By round, where both were measured side by side, or else of the ratios to the floor; nothing where either is
 * too uncertain.
 */
function ratioOf(figure, to) {
    if (figure?.samples === undefined || to?.samples === undefined) return undefined;
    if (figure.ratio === null || to.ratio === null) return undefined;
    if (figure.size !== to.size || figure.samples.length !== to.samples.length) return figure.ratio / to.ratio;
    return interval(figure.samples.map((value, index) => value / to.samples[index])).median;
}

const round = (ratio) => Number(ratio.toPrecision(4));
