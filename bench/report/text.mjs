// Tables for terminals.

import { goals } from '../summary.mjs';
import { aim, cell, nanoseconds, ratio, spread } from './numbers.mjs';

export function renderTable(table) {
    const lines = table.columns === undefined ? styleLines(table) : columnLines(table);
    return `\n${table.title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function styleLines({ axis, rows }) {
    const lines = [];
    let last;
    for (const row of rows) {
        if (axis !== undefined && row.size !== last) lines.push(`${row.size.toLocaleString('en')} ${axis}`);
        last = row.size;
        const name = `${axis === undefined ? '' : '  '}${row.style}`.padEnd(32);
        if (row.without !== undefined) lines.push(`${name} ${'–'.padStart(10)}  ${row.without}`);
        else
            lines.push(
                `${name} ${nanoseconds(row.median).padStart(10)}  ${ratio(row.ratio).padStart(9)}  ${spread(row.spread)}`,
            );
    }
    return lines;
}

function columnLines({ columns, rows, unit }) {
    const width = Math.max(12, ...columns.map(({ length }) => length + 2));
    const head = ' '.repeat(28) + columns.map((column) => column.padStart(width)).join('');
    return [
        head,
        ...rows.map((row) => row.style.padEnd(28) + columns.map((column) => cell(row[column], unit).padStart(width)).join('')),
    ];
}

export function renderGoals({ tables, engine }) {
    const lines = goals(tables, engine.name).map((one) => {
        const { name, ratio: reached, goal, atLeast, unit } = one;
        const met = reached !== undefined && (atLeast ? reached >= goal : reached <= goal * 1.005);
        const [figure, wanted] = aim(one);
        return `  ${name.padEnd(64)} ${figure.padStart(9)}  goal ${wanted}${unit === undefined ? ' ×' : ''}${met ? '' : '  not reached'}`;
    });
    return lines.length === 0 ? '' : `\nGoals\n${lines.join('\n')}`;
}
