// The flat map from a figure's name to its ratio, and the goals among them.

import { interval } from './measure.mjs';

/** The engine that is meant where none is named. */
export const DEFAULT = 'node26';

const AWAIT = 'plain JavaScript';
const THEIRS = "wasm-bindgen's JSPI";

/**
 * `figure / to` at `size` of `table`. `atLeast`: the larger the better.
 *
 * @type {{ name: string, engines?: string[], table: string, size?: number, figure: string, to: string, goal: number,
 *   atLeast?: boolean }[]}
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

/** The goals that are set for an engine, with what was measured. */
export function goals(tables, engine) {
    return GOALS.filter(({ engines = [DEFAULT] }) => engines.includes(engine)).map((goal) => {
        const rows =
            tables.find(({ id }) => id === goal.table)?.rows.filter(({ size }) => size === goal.size) ?? [];
        const figure = rows.find(({ style }) => style === goal.figure);
        const to = goal.to === 'better' ? better(rows) : rows.find(({ style }) => style === goal.to);
        return { ...goal, ratio: ratioOf(figure, to) };
    });
}

const better = (rows) =>
    rows
        .filter(
            ({ style, median }) => ['ours, asyncify', 'ours, jspi'].includes(style) && median !== undefined,
        )
        .sort((a, b) => a.median - b.median)[0];

/** By round, for both were measured side by side; nothing where either is too uncertain. */
function ratioOf(figure, to) {
    if (figure?.samples === undefined || to?.samples === undefined) return undefined;
    if (figure.ratio === null || to.ratio === null) return undefined;
    return interval(figure.samples.map((value, index) => value / to.samples[index])).median;
}

const round = (ratio) => Number(ratio.toPrecision(4));
