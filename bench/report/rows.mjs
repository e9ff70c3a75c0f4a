// Rows for terminals: the first cell of each to the left, the others to the right.

/** @param {string[][]} rows */
export function printRows(rows) {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    for (const row of rows) {
        console.log(row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  '));
    }
}
