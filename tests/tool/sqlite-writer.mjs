// Usage: node sqlite-writer.mjs PATH BACKEND
//
// Several connections write batches into a database until somebody kills the process, and say each one that
// is committed.

import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

import { instantiate } from '../../examples/sqlite/pkg/sqlite.js';

export const WRITERS = 2;
/** Of a batch. */
export const ROWS = 10;

/**
 * @param {any} database
 * @param {number} writer
 */
async function write(database, writer) {
    const [[before]] = await database.query('SELECT coalesce(max(batch), -1) FROM t WHERE writer = ?', [writer]);
    for (let batch = before + 1; ; batch++) {
        await database.executeAll(`
            BEGIN IMMEDIATE;
            UPDATE accounts SET money = money - 1 WHERE name = ${batch % 10};
            ${`INSERT INTO t VALUES (${writer}, ${batch}, randomblob(1500));`.repeat(ROWS)}
            UPDATE accounts SET money = money + 1 WHERE name = ${(batch + writer) % 10};
            COMMIT;
        `);
        writeSync(1, `${writer} ${batch}\n`);
    }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
    const [, , path, backend] = argv;
    const { Database } = await instantiate({ backend });
    const databases = [];
    for (let writer = 0; writer < WRITERS; writer++) databases.push(await Database.open(path));
    await databases[0].executeAll(`
        BEGIN IMMEDIATE;
        CREATE TABLE IF NOT EXISTS t (writer, batch, bytes);
        CREATE TABLE IF NOT EXISTS accounts (name INTEGER PRIMARY KEY, money);
        INSERT OR IGNORE INTO accounts
            WITH RECURSIVE names (name) AS (SELECT 0 UNION SELECT name + 1 FROM names WHERE name < 9)
            SELECT name, 100 FROM names;
        COMMIT;
    `);
    await Promise.all(databases.map(write));
}
