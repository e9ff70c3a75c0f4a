// A worker that writes batches into a database in OPFS until somebody ends it, and says each one that is
// committed.

import { instantiate } from '../examples/sqlite/pkg/sqlite.js';

addEventListener('message', async ({ data: { backend, path, rows } }) => {
    try {
        const { Database } = await instantiate({ backend });
        const database = await Database.open(path);
        await database.executeAll('CREATE TABLE IF NOT EXISTS t (batch, bytes)');
        const [[next]] = await database.query('SELECT coalesce(max(batch) + 1, 0) FROM t', []);
        for (let batch = next; ; batch++) {
            await database.executeAll(`
                BEGIN;
                ${`INSERT INTO t VALUES (${batch}, randomblob(1500));`.repeat(rows)}
                COMMIT;
            `);
            postMessage(batch);
        }
    } catch (error) {
        postMessage(String(error));
    }
});
