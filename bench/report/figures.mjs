// A table of the comparison in HTML: the picture, and the figures behind it.

import { cell, nanoseconds, ratio, spread } from './numbers.mjs';

export function renderSection({ table, draw, text, log }) {
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
    const row = (one) =>
        `<tr><td>${escape(one.style)}</td>${columns.map((column) => `<td>${escape(cell(one[column], unit))}</td>`).join('')}</tr>`;
    return `<table><thead><tr><td></td>${columns.map((column) => `<td>${column}</td>`).join('')}</tr></thead>${rows.map(row).join('')}</table>`;
}

export const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
