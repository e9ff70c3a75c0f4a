// Figures as people read them.

/** Three digits that count. */
const short = (value) => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 2 });

export function nanoseconds(value) {
    if (value < 1e3) return `${short(value)} ns`;
    if (value < 1e6) return `${short(value / 1e3)} µs`;
    return `${short(value / 1e6)} ms`;
}

export const bytes = (value) => (value < 10_000 ? `${Math.round(value)} B` : `${short(value / 1000)} kB`);

/** @param {number | null | undefined} value null where the figure was too uncertain */
export function ratio(value) {
    if (value === undefined) return '–';
    return value === null ? 'too wide' : `${short(value)} ×`;
}

export const spread = (value) => `± ${(value * 100).toFixed(1)} %`;

/**
 * A cell of a table that has columns.
 *
 * @param {number | string | undefined} value a text as it is
 * @param {string | undefined} unit seconds, if it is none of the others
 */
export function cell(value, unit) {
    if (value === undefined) return '–';
    if (typeof value === 'string') return value;
    if (unit === 'functions') return value.toLocaleString('en');
    if (unit === 'ns') return nanoseconds(value);
    return unit === 'bytes' ? bytes(value) : `${value.toFixed(2)} s`;
}

/** What was reached, and what was aimed at: ratios, or in the goal's unit. */
export function aim({ ratio: reached, goal, unit }) {
    return unit === undefined ? [ratio(reached), String(goal)] : [cell(reached, unit), cell(goal, unit)];
}
