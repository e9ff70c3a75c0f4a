// The suspension set against the truth: what is on the stack when a call suspends is in the set.
//
// JSPI suspends without anything being instrumented, and the import that it calls sees the whole
// stack. So programs are run on JSPI with their names kept, and every name that is seen at a
// suspension has to be one that the Asyncify build of the same module instruments.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

import { remove, temporaryFolder } from '../engines/scratch.mjs';

// Where V8 has inlined one callee of an indirect call, it shows that one below another one that is called there instead.
setFlagsFromString('--no-wasm-inlining-call-indirect');

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const tool = path('target/release/cargo-suspendable');

/** Builds a crate with its names, unless that has been done. */
function build(crate) {
    const linked = path(`target/wasm32-unknown-unknown/release/${crate.replaceAll('-', '_')}.wasm`);
    const folder = path(`target/truth/${crate}`);
    const report = `${folder}/report.json`;
    const newest = Math.max(...[linked, tool].map((file) => statSync(file).mtimeMs));
    if (!existsSync(report) || statSync(report).mtimeMs < newest) {
        const options = ['--name', crate, '--out-dir', folder, '--true-names', '--keep-names', '--report', report];
        execFileSync(tool, ['post-build', linked, ...options], { stdio: 'pipe', cwd: path('tests') });
    }
    return new Set(JSON.parse(readFileSync(report, 'utf8')).instrumented);
}

/** Runs `program` and returns the names of all functions that were on a stack when it suspended. */
async function seenAtSuspensions(program) {
    const seen = new Set();
    const { Suspending } = WebAssembly;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = Infinity;
    WebAssembly.Suspending = class {
        constructor(callback) {
            return new Suspending((...args) => {
                for (const line of new Error().stack.split('\n')) {
                    // Behind the name of the module.
                    const name = /^ +at (?:\w+\.wasm\.)?(.+) \(wasm:\/\//.exec(line)?.[1];
                    if (name !== undefined) seen.add(name);
                    // Below it is whoever called the export: not the fiber's.
                    if (name === ENDS[0]) break;
                }
                return callback(...args);
            });
        }
    };
    try {
        await program();
    } finally {
        WebAssembly.Suspending = Suspending;
        Error.stackTraceLimit = stackTraceLimit;
    }
    return seen;
}

/** What the tool itself puts at both ends of a stack; neither is instrumented. */
const ENDS = ['suspendable.start', 'suspendable.suspend'];

const programs = {
    async fixture({ instantiate }) {
        const base = new URL('../modules/', import.meta.url);
        const fixture = await instantiate({ backend: 'jspi', base });
        await fixture.churn(1, 20, 3);
        await fixture.throughTraits(3);
        await fixture.importCall('./values.mjs', 'addLater', 1, 2);
        await fixture.get_strings('./values.mjs', 'strings');
        await fixture.futureBorrows(new Promise((resolve) => setTimeout(resolve, 2)));
        await fixture.importStyles();
        await fixture.locals(7);
        const counter = await fixture.Counter.open('truth');
        await counter.incrementTwice();
        await counter.describeAs('a');
    },

    async 'proving-ground'({ instantiate }) {
        const { runScript, summarize } = await instantiate({ backend: 'jspi' });
        const host = {
            readText: (file) => readFile(path(`examples/proving-ground/data/${file}`), 'utf8'),
            print: async () => {},
        };
        for (const name of ['invoices', 'outline', 'closures']) {
            const source = await readFile(path(`examples/proving-ground/scripts/${name}.rhai`), 'utf8');
            await runScript(source, host);
        }
        await summarize(new Blob([await readFile(path('examples/proving-ground/data/measurements.zip'))]));
    },

    async templates({ instantiate }) {
        const base = new URL('../../examples/templates/', import.meta.url);
        const { render } = await instantiate({ backend: 'jspi', base });
        for (const name of ['shop', 'categories']) await render(name, './site.mjs');
    },

    // C: as many of SQLite's tables of functions as SQL reaches.
    async sqlite({ instantiate }) {
        const { Database } = await instantiate({ backend: 'jspi' });
        const directory = temporaryFolder('truth');
        const file = (name) => join(directory, name);
        const [first, second] = [await Database.open(file('a.db')), await Database.open(file('a.db'))];
        try {
            await first.executeAll(SQL.replaceAll('OTHER', file('b.db')).replaceAll('COPY', file('c.db')));
            for (const sql of QUERIES) await first.query(sql, []);
            // Who finds the file locked, waits.
            await Promise.all([1, 2, 3].flatMap((n) => [first, second].map((it) => it.execute("INSERT INTO t(b, c) VALUES (?, 'said')", [n]))));
            for (const sql of ['SELECT * FROM missing', 'SELECT 1 +', "INSERT INTO t(a) VALUES (1)", 'SELECT json(\'{\')']) {
                await assert.rejects(first.query(sql, []), /./, sql);
            }
        } finally {
            await Promise.all([first.close(), second.close()]);
            remove(directory);
        }
    },
};

const SQL = `
    PRAGMA cache_size = 10;
    CREATE TABLE t (a INTEGER PRIMARY KEY, b, c TEXT COLLATE NOCASE, d GENERATED ALWAYS AS (b * 2) STORED);
    CREATE INDEX by_c ON t(c, b DESC) WHERE b > 3;
    CREATE TABLE log (at DEFAULT CURRENT_TIMESTAMP, said PRIMARY KEY ON CONFLICT REPLACE) WITHOUT ROWID;
    CREATE TABLE child (parent INTEGER REFERENCES t ON DELETE CASCADE) STRICT;
    CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log(said) VALUES (new.c); END;
    CREATE VIEW v AS SELECT c, sum(b) AS total FROM t GROUP BY c HAVING total > 1;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
        INSERT INTO t(b, c) SELECT i % 7, printf('%d of %s', i, hex(randomblob(40))) FROM n;
    PRAGMA foreign_keys = on;
    SAVEPOINT s; DELETE FROM t WHERE a % 5 = 0; ROLLBACK TO s; UPDATE t SET b = b + 1 WHERE a < 500; RELEASE s;
    BEGIN; DELETE FROM t; ROLLBACK;
    INSERT INTO t(a, b, c) VALUES (1, 2, 'x') ON CONFLICT DO UPDATE SET b = excluded.b;
    ALTER TABLE t ADD COLUMN e DEFAULT 5; ALTER TABLE t RENAME COLUMN e TO f; ALTER TABLE t DROP COLUMN f;
    ALTER TABLE child RENAME TO children;
    ANALYZE; REINDEX;
    ATTACH 'OTHER' AS other; CREATE TABLE other.u AS SELECT * FROM t; BEGIN; DELETE FROM t WHERE a > 2500;
    UPDATE other.u SET b = 1; COMMIT; DETACH other;
    CREATE VIRTUAL TABLE words USING fts5(text, prefix = '2 3', tokenize = 'porter unicode61');
    INSERT INTO words SELECT c || ' and some words to look for' FROM t;
    INSERT INTO words(words) VALUES ('optimize'), ('integrity-check'), ('rebuild');
    UPDATE words SET text = 'another one' WHERE rowid < 20; DELETE FROM words WHERE rowid % 3 = 0;
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
    CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1);
    INSERT INTO boxes SELECT a, a, a + 5, b, b + 1 FROM t; DELETE FROM boxes WHERE id % 4 = 0;
    ALTER TABLE words RENAME TO phrases; ALTER TABLE phrases RENAME TO words;
    CREATE TEMP TABLE kept AS SELECT * FROM t ORDER BY c;
    PRAGMA auto_vacuum = 1; VACUUM; VACUUM INTO 'COPY';
`;

const QUERIES = [
    'SELECT * FROM v ORDER BY total DESC LIMIT 5',
    'SELECT a, row_number() OVER (PARTITION BY b ORDER BY c), lag(b) OVER (ORDER BY a), sum(b) OVER (ORDER BY a ROWS 3 PRECEDING) FROM t',
    "SELECT count(DISTINCT b), group_concat(c, '-' ORDER BY a), avg(b), total(b), max(c), json_group_array(b) FROM t",
    'SELECT * FROM t x JOIN t y ON x.b = y.a LEFT JOIN log ON said = x.c ORDER BY y.c, x.a LIMIT 20',
    "SELECT c FROM t WHERE c LIKE '1%' UNION SELECT said FROM log EXCEPT SELECT c FROM t WHERE c GLOB '*2*' ORDER BY 1",
    "SELECT highlight(words, 0, '<', '>'), snippet(words, 0, '', '', '', 5), bm25(words) FROM words WHERE words MATCH 'wor* NOT zero' ORDER BY rank LIMIT 9",
    "SELECT * FROM words('some AND NEAR(words look, 5)') LIMIT 3",
    'SELECT term, doc FROM vocabulary LIMIT 10',
    'SELECT id FROM boxes WHERE x0 > 10 AND x1 < 400 AND y0 BETWEEN 1 AND 4',
    `SELECT value FROM json_each('[1, {"a": 2}]') UNION ALL SELECT atom FROM json_tree('{"b": [3]}')`,
    "SELECT date('now', '+1 day'), strftime('%s', 'now'), random(), abs(-2), upper(c), instr(c, 'o'), quote(c) FROM t LIMIT 2",
    'SELECT name, sql FROM sqlite_schema',
    "SELECT * FROM pragma_table_info('t')",
    'SELECT name, pageno FROM dbstat LIMIT 5',
    'PRAGMA integrity_check',
    'PRAGMA foreign_key_check',
    'PRAGMA optimize',
    'PRAGMA compile_options',
    'EXPLAIN SELECT * FROM t',
    'EXPLAIN QUERY PLAN SELECT * FROM t ORDER BY c',
];

for (const [crate, program] of Object.entries(programs)) {
    test(`${crate}: whatever is on the stack at a suspension is in the set`, async () => {
        const instrumented = build(crate);
        const module = await import(`../../target/truth/${crate}/${crate}.js`);
        const seen = await seenAtSuspensions(() => program(module));
        for (const end of ENDS) assert.ok(seen.delete(end), `${end} is at the end of every stack`);
        assert.ok(seen.size > 3, 'names are seen');
        const missing = [...seen].filter((name) => !instrumented.has(name));
        assert.deepEqual(missing, []);
        // And the set is not simply everything that there is.
        assert.ok(instrumented.size >= seen.size);
    });
}
