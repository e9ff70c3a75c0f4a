// A process that writes into a database is killed again and again: nothing that it has committed is lost.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { instantiate } from '../../examples/sqlite/pkg/sqlite.js';
import { remove, temporaryFolder } from '../engines/scratch.mjs';
import { ROWS, WRITERS } from './sqlite-writer.mjs';

const WRITER = fileURLToPath(new URL('./sqlite-writer.mjs', import.meta.url));
/** How often, and the longest time that a process lives after its first commit. */
const KILLS = Number(process.env.KILLS ?? 8);
const LIFE = 150;

/**
 * Runs a process that writes until it is killed.
 *
 * @param {string} path
 * @param {string} backend
 * @returns {Promise<Map<number, number>>} the last batch that each of its connections has said to be committed
 */
async function writeUntilKilled(path, backend) {
    const child = spawn(process.execPath, [WRITER, path, backend], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
        if (said === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * LIFE);
        said += text;
    });
    const [, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)));
    assert.equal(signal, 'SIGKILL', `the writer has ended by itself: ${said}`);
    // A line that is not whole was not said.
    const lines = said.split('\n').slice(0, -1).map((line) => line.split(' ').map(Number));
    return new Map(lines);
}

for (const backend of ['asyncify', 'jspi']) {
    test(`a process is killed in the middle of transactions, ${backend}`, async () => {
        const directory = temporaryFolder('sqlite');
        const path = join(directory, 'a.db');
        const committed = new Map();
        try {
            for (let kill = 0; kill < KILLS; kill++) {
                for (const [writer, batch] of await writeUntilKilled(path, backend)) committed.set(writer, batch);
                const { Database } = await instantiate({ backend });
                const database = await Database.open(path);
                assert.deepEqual(await database.query('PRAGMA integrity_check', []), [['ok']]);
                for (let writer = 0; writer < WRITERS; writer++) {
                    const batches = await database.query(
                        'SELECT batch, count(*), sum(length(bytes)) > 0 FROM t WHERE writer = ? GROUP BY batch ORDER BY batch',
                        [writer],
                    );
                    const said = committed.get(writer) ?? -1;
                    assert.ok(batches.length > said, `batch ${said} of ${writer} was committed: ${batches.length} are there`);
                    assert.deepEqual(batches, batches.map((_, batch) => [batch, ROWS, 1]), 'batches are there as a whole');
                }
                const [[sum]] = await database.query('SELECT sum(money) FROM accounts', []);
                assert.equal(sum, 1000);
                await database.close();
            }
            assert.ok([...committed.values()].some((batch) => batch > 0));
        } finally {
            remove(directory);
        }
    });
}
