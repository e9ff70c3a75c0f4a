// The pictures of the page: SVG, drawn when the page is made; or in the page (bench/comparison).

import { bytes, nanoseconds, ratio } from './numbers.mjs';
import { document, Plot } from './plot.mjs';

/** A colour and a dash for each style, the same in every picture. Ours are warm. */
const LOOK = {
    'ours, auto': ['#d1242f', ''],
    'ours, asyncify': ['#e8710a', '5 3'],
    'ours, jspi': ['#b8428c', '5 3'],
    "wasm-bindgen's JSPI": ['#1f6feb', ''],
    'wasm-bindgen-futures': ['#0a8f7a', ''],
    callbacks: ['#6b7785', ''],
    'asyncify-wasm': ['#8a63d2', ''],
    synckit: ['#8c6d1f', ''],
    'plain JavaScript': ['#24292f', '1 3'],
};
const FALLBACK = ['#57606a', ''];
const colourOf = (style) => (LOOK[style] ?? FALLBACK)[0];
const dashOf = (style) => (LOOK[style] ?? FALLBACK)[1];

const WIDTH = 860;
const STYLE = { fontFamily: 'inherit', fontSize: '13px', background: 'none', overflow: 'visible' };

/** Of a picture that stands alone, in pages light or dark. */
const ALONE = { ...STYLE, fontFamily: 'system-ui, sans-serif', background: '#fff', color: '#1f2328' };

const svg = (options) => Plot.plot({ document, width: WIDTH, style: STYLE, ...options }).outerHTML;

/** A line for each style over sizes, both axes logarithmic; each line has its name at its end. */
export function lines({ rows, axis }, isAlone = false) {
    const shown = rows.filter(({ median, ratio }) => median !== undefined && ratio !== null);
    const styles = [...new Set(shown.map(({ style }) => style))];
    const sizes = [...new Set(rows.map(({ size }) => size))];
    const ends = styles.map((style) => shown.filter((row) => row.style === style).at(-1));
    return svg({
        ...(isAlone && { style: ALONE }),
        height: 430,
        marginLeft: 64,
        marginRight: 190,
        x: {
            type: 'log',
            label: `${axis} →`,
            ticks: sizes,
            tickFormat: (size) => size.toLocaleString('en'),
            domain: [sizes[0], sizes.at(-1)],
        },
        y: {
            type: 'log',
            label: '↑ time',
            grid: true,
            tickFormat: (value) => (isPower(value) ? nanoseconds(value) : ''),
        },
        marks: [
            ...styles.map((style) =>
                Plot.lineY(
                    shown.filter((row) => row.style === style),
                    {
                        x: 'size',
                        y: 'median',
                        stroke: colourOf(style),
                        strokeDasharray: dashOf(style),
                        strokeWidth: style === 'ours, auto' ? 3 : 1.8,
                    },
                ),
            ),
            Plot.dot(shown, {
                x: 'size',
                y: 'median',
                fill: (row) => colourOf(row.style),
                r: 3,
                title: (row) =>
                    `${row.style}, ${row.size} ${axis}: ${nanoseconds(row.median)}, ${ratio(row.ratio)}`,
            }),
            ...labels(ends),
        ],
    });
}

/** The names of the lines, at their ends, and moved apart where they would cover each other. */
function labels(ends) {
    const columns = [...new Set(ends.map(({ size }) => size))];
    return columns.flatMap((size) => {
        const placed = moveApart(ends.filter((row) => row.size === size));
        return placed.map((row) =>
            Plot.text([row], {
                x: 'size',
                y: 'y',
                text: 'style',
                dx: 10,
                textAnchor: 'start',
                fill: colourOf(row.style),
                stroke: '#fff',
                strokeWidth: 5,
                fontWeight: row.style === 'ours, auto' ? 700 : 500,
            }),
        );
    });
}

/** On a logarithmic axis: each at most 1 / `APART` of the one above. */
const APART = 1.32;

function moveApart(rows) {
    let above = Infinity;
    const placed = rows
        .toSorted((a, b) => b.median - a.median)
        .map((row) => ({ ...row, y: (above = Math.min(row.median, above / APART)) }));
    // Those that were pushed down are met half way by the others.
    const pushed = Math.max(1, rows.reduce((low, { median }) => Math.min(low, median), Infinity) / above);
    return placed.map((row) => ({ ...row, y: row.y * Math.sqrt(pushed) }));
}

const isPower = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;

/** A bar for each style: a ratio. */
export function bars({ rows, floor }, { log = false } = {}) {
    const shown = rows.filter(({ ratio }) => typeof ratio === 'number');
    return svg({
        height: 34 + shown.length * 30,
        marginLeft: 220,
        marginRight: 150,
        marginTop: 4,
        marginBottom: 30,
        x: {
            type: log ? 'log' : 'linear',
            label: `× ${floor}`,
            grid: true,
            ticks: log ? 3 : 6,
            tickFormat: (value) => (!log || isPower(value) ? ratio(value) : ''),
            ...(log ? {} : { domain: [0, Math.max(...shown.map(({ ratio }) => ratio)) * 1.02] }),
        },
        y: { label: null, domain: shown.map(({ style }) => style), tickSize: 0, tickPadding: 10 },
        marks: [
            Plot.barX(shown, {
                x1: log ? Math.min(1, ...shown.map(({ ratio }) => ratio)) : 0,
                x2: 'ratio',
                y: 'style',
                fill: (row) => colourOf(row.style),
                insetTop: 4,
                insetBottom: 4,
                rx: 2,
            }),
            Plot.text(shown, {
                x: 'ratio',
                y: 'style',
                text: (row) => `${ratio(row.ratio)}   ${nanoseconds(row.median)}`,
                dx: 6,
                textAnchor: 'start',
            }),
            Plot.ruleX([1], { stroke: '#24292f', strokeOpacity: 0.5, strokeDasharray: '2 3' }),
        ],
    });
}

/** Bars that are made of parts, which have a colour each. */
export function parts({ rows, columns, unit }, colours) {
    const pieces = rows.flatMap((row) =>
        columns
            .filter((column) => row[column] > 0)
            .map((part) => ({ style: row.style, part, value: row[part] })),
    );
    const totals = rows.map((row) => ({
        style: row.style,
        value: columns.reduce((sum, column) => sum + Math.max(0, row[column] ?? 0), 0),
    }));
    const format = unit === 'bytes' ? bytes : (value) => `${value.toFixed(value < 10 ? 1 : 0)} s`;
    return svg({
        height: 62 + rows.length * 30,
        marginLeft: 220,
        marginRight: 90,
        marginTop: 4,
        marginBottom: 30,
        x: { label: null, grid: true, ticks: 6, tickFormat: (value) => (value === 0 ? '0' : format(value)) },
        y: { label: null, domain: rows.map(({ style }) => style), tickSize: 0, tickPadding: 10 },
        color: { domain: columns, range: colours },
        marks: [
            Plot.barX(
                pieces,
                Plot.stackX({
                    order: columns,
                    x: 'value',
                    y: 'style',
                    fill: 'part',
                    insetTop: 4,
                    insetBottom: 4,
                }),
            ),
            Plot.text(totals, {
                x: 'value',
                y: 'style',
                text: ({ value }) => format(value),
                dx: 6,
                textAnchor: 'start',
            }),
        ],
    });
}

/** Programs by their share of instrumented functions, and by what that makes them: a picture to stand alone. */
export function scatter(points, label) {
    const percent = (value) => `${Math.round(value * 100)} %`;
    return svg({
        height: 372,
        marginBottom: 44,
        marginLeft: 56,
        marginRight: 90,
        style: ALONE,
        x: { label: 'functions that are instrumented →', tickFormat: percent, domain: [0, 0.6] },
        y: { label: `↑ ${label}`, grid: true, tickFormat: percent, nice: true, zero: true },
        marks: [
            Plot.ruleY([0], { stroke: '#57606a' }),
            Plot.dot(points, { x: 'x', y: 'y', fill: colourOf('ours, auto'), r: 4, title: 'name' }),
            Plot.text(points.filter(({ x }) => x >= CROWDED), { x: 'x', y: 'y', text: 'name', dx: 8, textAnchor: 'start' }),
        ],
    });
}

/** Below that share there are too many to name them in the picture. */
const CROWDED = 0.03;
