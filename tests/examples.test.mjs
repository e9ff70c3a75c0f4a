// The examples, as their users run them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { backend, fixture } from './support.mjs';

const run = (example, ...options) =>
    execFileSync(process.execPath, ['main.mjs', ...options], {
        cwd: fileURLToPath(new URL(`../examples/${example}/`, import.meta.url)),
        encoding: 'utf8',
    });
const { node } = process.versions;
const described = 'value = "hello from dynamic module"  someFunction(21) = 42';

test('dynamic-import', () => {
    assert.equal(run('dynamic-import', backend), `node ${node}  ${backend.padEnd(9)} ${described}\n`);
});

test('callback-style', () => {
    const lines = run('callback-style').trimEnd().split('\n');
    assert.equal(lines[0], `node ${node}  callbacks ${described}`);
    assert.equal(lines[1], `node ${node}  blocking  ${described}`);
    assert.match(lines[2], /callbacks Error .*Cannot find module .*not-there/);
    assert.match(lines[3], /blocking {2}SuspendableError: cannot import "file:.*not-there\.mjs": .*Cannot find module/);
    assert.equal(lines.length, 4);
});

test('two packages in one process', async () => {
    const other = await import('../examples/dynamic-import/pkg/dynamic-import.js');
    await other.init({ backend, base: new URL('../examples/dynamic-import/', import.meta.url) });
    const [sum, text] = await Promise.all([
        fixture.churn(5, 10, 3),
        other.describe('./my-dynamic-module.mjs'),
    ]);
    assert.equal(sum, fixture.churnExpected(5, 10, 3));
    assert.equal(text, described);
    await assert.rejects(fixture.importText('./my-dynamic-module.mjs', 'value'), { code: 'Import' });
});
