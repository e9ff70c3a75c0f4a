// The examples, as their users run them: with the Node.js that is on the PATH, and with this one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { missing } from '../../examples/postgres/server.mjs';

const examples = new URL('../../examples/', import.meta.url);
const postgres = new URL('postgres/pkg/', examples);
const noPostgres = existsSync(postgres) ? missing : 'without the sources of std it is not built';
const described = 'value = "hello from dynamic module"  someFunction(21) = 42';

for (const node of ['node', process.execPath]) {
    const version = execFileSync(node, ['--print', 'process.versions.node'], { encoding: 'utf8' }).trim();
    const hasJspi = execFileSync(node, ['--print', 'WebAssembly.Suspending'], { encoding: 'utf8' }) !== 'undefined\n';
    const run = (example, ...options) =>
        execFileSync(node, ['main.mjs', ...options], { cwd: fileURLToPath(new URL(example, examples)), encoding: 'utf8' });

    for (const backend of hasJspi ? ['jspi', 'asyncify'] : ['asyncify']) {
        test(`dynamic-import, ${backend}, Node.js ${version}`, () => {
            assert.equal(run('dynamic-import', backend), `node ${version}  ${backend.padEnd(9)} ${described}\n`);
        });

        for (const program of ['proving-ground', 'templates']) {
            test(`${program} prints what the native program gives, ${backend}, Node.js ${version}`, () => {
                const expected = readFileSync(new URL(`${program}/expected.txt`, examples), 'utf8');
                assert.equal(run(program, backend), expected);
            });
        }

        test(`mail, ${backend}, Node.js ${version}`, () => {
            const messages = ['Ada: Notes on the engine', 'Grace: A moth in relay 70', 'Tony: The billion dollar mistake'];
            assert.deepEqual(run('mail', backend).split('\n'), [...messages, 'No Response: who are you?', '']);
        });

        test(`websockets, ${backend}, Node.js ${version}`, () => {
            const lines = run('websockets', backend).trimEnd().split('\n');
            const hasOwn = lines.length === 4;
            assert.equal(hasOwn, !version.startsWith('20.'));
            assert.equal(lines[0], '1000 clients connected at once, in one thread');
            assert.match(lines[1], /^5000 of 5000 answers are right, after \d+\.\d s$/);
            if (hasOwn) assert.equal(lines[2], "the host's own WebSocket is answered, too: HELLO");
            assert.equal(lines.at(-1), `the server has answered ${hasOwn ? 5001 : 5000} texts`);
        });
    }

    test(`postgres, Node.js ${version}`, { skip: noPostgres }, () => {
        const [server, accounts, refused] = run('postgres').split('\n');
        assert.match(server, /^PostgreSQL \d+\.\d+$/);
        assert.equal(accounts, 'Ada 0, Grace 150, Tony 150');
        assert.match(refused, /ERROR: .* violates check constraint .* \(SQLSTATE 23514\)$/);
    });

    test(`callback-style, Node.js ${version}`, () => {
        const lines = run('callback-style').trimEnd().split('\n');
        assert.equal(lines[0], `node ${version}  callbacks ${described}`);
        assert.equal(lines[1], `node ${version}  blocking  ${described}`);
        assert.match(lines[2], /callbacks Error .*Cannot find module .*not-there/);
        assert.match(lines[3], /blocking {2}SuspendableError: cannot import "file:.*not-there\.mjs": .*Cannot find module/);
        assert.equal(lines.length, 4);
    });
}
