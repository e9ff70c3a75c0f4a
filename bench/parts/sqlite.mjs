// SQLite in a file that is asynchronous: examples/sqlite beside the asynchronous build of wa-sqlite, whose
// functions for files are JavaScript's.
//
// Both have the same settings. Nothing is synced, for the disk would take most of the time of both; the cache is
// small, so that pages are read and written again and again.

import { instantiate } from '../../examples/sqlite/pkg/sqlite.js';
import { FEW_ROUNDS } from '../measure.mjs';
import { compareStyles } from './table.mjs';

const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];

const SETTINGS = `
    PRAGMA page_size = 4096;
    PRAGMA cache_size = 40;
    PRAGMA synchronous = OFF;
    PRAGMA journal_mode = DELETE;
`;
const READS_AND_WRITES = `
    DROP TABLE IF EXISTS t;
    CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL);
    CREATE INDEX names ON t (name);
    BEGIN;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO t SELECT i, 'name ' || (i * 7919 % 3001), i * 1.5 FROM n;
    COMMIT;
    ${'UPDATE t SET amount = amount + 1 WHERE id % 50 = 7;'.repeat(5)}
    DELETE FROM t WHERE id % 10 = 3;
    SELECT count(*), sum(amount) FROM t WHERE name IN (
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT 'name ' || (i * 5) FROM n
    );
`;
/** What they compute does not touch a file. */
const COMPUTING = {
    query: `
        WITH RECURSIVE n (i, x) AS (SELECT 1, 1 UNION ALL SELECT i + 1, (x * 1103515245 + 12345) % 2147483648 FROM n WHERE i < 100000)
        SELECT sum(x % 1000), max(x), avg(length(x || 'x')) FROM n
    `,
    sort: `
        WITH RECURSIVE n (i, x) AS (SELECT 1, 1 UNION ALL SELECT i + 1, (x * 1103515245 + 12345) % 2147483648 FROM n WHERE i < 20000)
        SELECT count(*), sum(place) FROM (SELECT row_number() OVER (ORDER BY x) AS place FROM n ORDER BY x DESC)
    `,
    join: `
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600),
            t AS MATERIALIZED (SELECT i, i * 7919 % 3001 AS k FROM n)
        SELECT count(*) FROM t a, t b WHERE a.k < b.k AND a.i > b.i
    `,
};
const TITLES = {
    query: 'SQLite, a query that computes',
    sort: 'SQLite, a sort',
    join: 'SQLite, a self-join',
};
const RESULT = 'SELECT count(*), sum(amount), max(name) FROM t';

export async function run() {
    // Pages have no such files.
    if (globalThis.process?.getBuiltinModule === undefined) return [];
    const { mkdtemp, rm } = process.getBuiltinModule('node:fs/promises');
    const { join } = process.getBuiltinModule('node:path');
    const { tmpdir } = process.getBuiltinModule('node:os');
    const directory = await mkdtemp(join(tmpdir(), 'suspendable-bench-'));
    const openers = { 'wa-sqlite': openTheirs };
    for (const backend of BACKENDS) openers[`ours, ${backend}`] = (path) => openOurs(path, backend);
    const databases = {};
    for (const [style, open] of Object.entries(openers)) {
        databases[style] = await open(join(directory, `${style}.db`));
        await databases[style].run(SETTINGS);
    }
    const stylesOf = (task) => Object.fromEntries(Object.keys(databases).map((style) => [style, () => task(databases[style])]));
    const repeat = (run) => async (times) => {
        for (let i = 0; i < times; i++) await run();
    };
    const options = { operations: 1, rounds: { ...FEW_ROUNDS, least: 7, most: 15 }, seconds: 8 };
    const tables = [
        await compareStyles(
            { id: 'sqlite-files', title: 'SQLite, reads and writes', floor: 'wa-sqlite' },
            stylesOf((database) => ({
                run: repeat(() => database.run(READS_AND_WRITES)),
                async check() {
                    await database.run(READS_AND_WRITES);
                    return database.rows(RESULT);
                },
            })),
            options,
        ),
    ];
    for (const [name, query] of Object.entries(COMPUTING)) {
        const table = { id: `sqlite-${name}`, title: TITLES[name], floor: 'wa-sqlite' };
        const computing = stylesOf((database) => ({
            run: repeat(() => database.rows(query)),
            check: () => database.rows(query),
        }));
        tables.push(await compareStyles(table, computing, options));
    }
    for (const database of Object.values(databases)) await database.close();
    await rm(directory, { recursive: true });
    return tables;
}

async function openOurs(path, backend) {
    const { Database } = await instantiate({ backend });
    const database = await Database.open(path);
    return {
        run: (sql) => database.executeAll(sql),
        rows: (sql) => database.query(sql, []),
        close: () => database.close(),
    };
}

async function openTheirs(path) {
    const [{ default: createModule }, SQLite, { FilesVFS }, { readFile }] = await Promise.all([
        import('../node_modules/wa-sqlite/dist/wa-sqlite-async.mjs'),
        import('../node_modules/wa-sqlite/src/sqlite-api.js'),
        import('./wa-sqlite-files.mjs'),
        import('node:fs/promises'),
    ]);
    // Emscripten would fetch it.
    const wasmBinary = await readFile(new URL('../node_modules/wa-sqlite/dist/wa-sqlite-async.wasm', import.meta.url));
    const sqlite = SQLite.Factory(await createModule({ wasmBinary }));
    sqlite.vfs_register(new FilesVFS(), true);
    const database = await sqlite.open_v2(path);
    return {
        run: (sql) => sqlite.exec(database, sql),
        async rows(sql) {
            const rows = [];
            await sqlite.exec(database, sql, (row) => rows.push(row));
            return rows;
        },
        close: () => sqlite.close(database),
    };
}
