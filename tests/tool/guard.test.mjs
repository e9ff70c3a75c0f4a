// Functions that are named by hand.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

test('a name that is no function is an error', () => {
    const linked = path('target/wasm32-unknown-unknown/release/fixture.wasm');
    const options = ['--name', 'fixture', '--out-dir', path('target/guard/unknown'), '--include', 'fixture::nothing'];
    const tool = spawnSync(path('target/release/cargo-suspendable'), ['post-build', linked, ...options], {
        cwd: path('tests'),
        encoding: 'utf8',
    });
    assert.notEqual(tool.status, 0);
    assert.match(tool.stderr, /there is no function `fixture::nothing`/);
});
