// SQLite: examples/sqlite, in a file on disk or in OPFS.

import { assert, backend, context, inProcess, inTime, rejection, test } from './support.mjs';
import { instantiate } from '../examples/sqlite/pkg/sqlite.js';
import { lossyHost } from './lossy.mjs';
import { newPath, noFiles as skip } from './paths.mjs';

const withFiles = (fs) => instantiate({ backend, fs });

const integrity = (database) => database.query('PRAGMA integrity_check', []);

test('values come back as they were', { skip }, async () => {
    const { Database } = await withFiles(undefined);
    const database = await Database.open(await newPath());
    await database.executeAll('CREATE TABLE t (x)');
    const bytes = Uint8Array.of(0, 1, 255);
    const values = [null, 0, -1, 1.5, 2 ** 40, 2n ** 60n, 'text ü', '', bytes, new Uint8Array()];
    for (const value of values) assert.equal(await database.execute('INSERT INTO t VALUES (?)', [value]), 1);
    assert.deepEqual((await database.query('SELECT x FROM t', [])).flat(), values);
    assert.match(String(await rejection(database.query('SELECT none', []))), /no such column: none/);
    await database.close();
    assert.match(String(await rejection(integrity(database))), /the database is closed/);
});

test('what is in a database is there when it is opened again', { skip }, async () => {
    const path = await newPath();
    for (let round = 0; round < 3; round++) {
        const { Database } = await withFiles(undefined);
        const database = await Database.open(path);
        await database.executeAll('CREATE TABLE IF NOT EXISTS t (x); INSERT INTO t VALUES (1)');
        assert.deepEqual(await database.query('SELECT count(*) FROM t', []), [[round + 1]]);
        await database.close();
    }
});

test('calls of one connection wait for each other', { skip }, async () => {
    const { Database } = await withFiles(undefined);
    const database = await Database.open(await newPath());
    await database.executeAll('CREATE TABLE t (x, y)');
    const calls = Array.from({ length: 40 }, (_, i) =>
        i % 4 === 3
            ? database.query('SELECT count(*) FROM t WHERE x = y', [])
            : database.execute('INSERT INTO t VALUES (?, ?)', [i, i]),
    );
    await inTime(Promise.all(calls));
    assert.deepEqual(await database.query('SELECT count(*), sum(x = y) FROM t', []), [[30, 30]]);
    assert.deepEqual(await integrity(database), [['ok']]);
    await database.close();
});

test('connections read and write at once, and no write is lost', { skip }, async () => {
    const { Database } = await withFiles(undefined);
    const path = await newPath();
    const all = [];
    for (let i = 0; i < 4; i++) all.push(await Database.open(path));
    await all[0].executeAll(`
        CREATE TABLE accounts (name INTEGER PRIMARY KEY, money INTEGER);
        INSERT INTO accounts VALUES (0, 100), (1, 100), (2, 100);
        CREATE TABLE moves (writer, number);
    `);
    const steps = 8;
    await inTime(Promise.all(all.map(async (database, writer) => {
        for (let number = 0; number < steps; number++) {
            await database.executeAll(`
                BEGIN IMMEDIATE;
                UPDATE accounts SET money = money - 1 WHERE name = ${writer % 3};
                UPDATE accounts SET money = money + 1 WHERE name = ${(writer + number) % 3};
                INSERT INTO moves VALUES (${writer}, ${number});
                COMMIT;
            `);
            assert.deepEqual(await database.query('SELECT sum(money) FROM accounts', []), [[300]]);
        }
    })));
    assert.deepEqual(
        await all[1].query('SELECT writer, count(DISTINCT number) FROM moves GROUP BY writer', []),
        all.map((_, writer) => [writer, steps]),
    );
    assert.deepEqual(await integrity(all[2]), [['ok']]);
    for (const database of all) await database.close();
});

const noWorker = skip || (inProcess && 'OPFS is for pages') || (context === 'csp' && 'no workers with this policy');

test('a worker is ended in the middle of transactions', { skip: noWorker }, async () => {
    const path = await newPath();
    const rows = 10;
    let last = -1;
    for (let round = 0; round < 5; round++) {
        const worker = new Worker(new URL('./sqlite-worker.mjs', import.meta.url), { type: 'module' });
        const first = new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => {
                if (typeof data !== 'number') return reject(new Error(data));
                last = data;
                resolve(undefined);
            };
            worker.onerror = ({ message }) => reject(new Error(message));
        });
        worker.postMessage({ backend, path, rows });
        await inTime(first);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        worker.terminate();
        // What it has locked is free when the engine has seen that it is gone.
        await new Promise((resolve) => setTimeout(resolve, 200));
        const { Database } = await withFiles(undefined);
        const database = await Database.open(path);
        assert.deepEqual(await integrity(database), [['ok']]);
        const batches = await database.query('SELECT batch, count(*) FROM t GROUP BY batch ORDER BY batch', []);
        assert.ok(batches.length > last, `batch ${last} was committed, and ${batches.length} are there`);
        assert.deepEqual(batches, batches.map((_, batch) => [batch, rows]));
        await database.close();
    }
});

for (const seed of [1, 2, 3]) {
    test(`power is lost in the middle of transactions, ${seed}`, async () => {
        const host = lossyHost(seed);
        let committed = 0;
        let losses = 0;
        for (; losses < 6; losses++) {
            const { Database } = await withFiles(host.fs);
            // What was committed is there, and of what was not, nothing or all.
            const database = await Database.open('/a.db');
            await database.executeAll('CREATE TABLE IF NOT EXISTS t (batch, bytes)');
            assert.deepEqual(await integrity(database), [['ok']]);
            const batches = await database.query('SELECT batch, count(*) FROM t GROUP BY batch ORDER BY batch', []);
            assert.ok(batches.length >= committed, `${committed} batches were committed, ${batches.length} are there`);
            assert.ok(batches.length <= committed + 1);
            assert.deepEqual(batches, batches.map((_, batch) => [batch, 20]));
            committed = batches.length;
            host.losePowerAfter(20 + 60 * losses);
            try {
                for (;;) {
                    await database.executeAll(`
                        BEGIN;
                        ${`INSERT INTO t VALUES (${committed}, randomblob(700));`.repeat(20)}
                        COMMIT;
                    `);
                    committed++;
                }
            } catch (error) {
                assert.match(String(error), /disk I\/O error|unable to open/);
            }
            host.restorePower();
        }
        assert.ok(committed > 3, `${committed} batches`);
    });
}
