// `cargo suspendable new`: every command in the README of what it makes does what it says there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { missing, openBrowser } from '../engines/browsers.mjs';
import { serve } from '../engines/serve.mjs';
import { temporaryFolder } from '../engines/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = temporaryFolder('new');
const project = join(folder, 'my-plugin');
const bin = join(folder, 'bin');
mkdirSync(bin);
symlinkSync(join(root, 'target/release/cargo-suspendable'), join(bin, 'cargo-suspendable'));

const env = {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    WASM_OPT: join(root, 'node_modules/binaryen/bin/wasm-opt'),
    CARGO_TARGET_DIR: join(root, 'target'),
    // Or Node.js would not run tests inside of a test.
    NODE_TEST_CONTEXT: undefined,
};
const sh = (command, cwd = project, more = {}) =>
    spawnSync('sh', ['-c', command], { cwd, encoding: 'utf8', env: { ...env, ...more } });

test('a project is made, and each command of its README works', () => {
    const made = sh('cargo suspendable new my-plugin', folder);
    assert.equal(made.status, 0, made.stderr);
    const readme = readFileSync(join(project, 'README.md'), 'utf8');
    const blocks = Array.from(readme.matchAll(/```sh\n([^]*?)```/g), ([, commands]) => commands.trim().split('\n'));
    const [once, ...commands] = blocks;
    assert.deepEqual(once, ['rustup target add wasm32-unknown-unknown', 'npm install --no-save binaryen']);
    const said = Object.fromEntries(
        commands.flat().map((command) => {
            const { status, stdout, stderr } = sh(command);
            assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
            return [command, stdout + stderr];
        }),
    );
    assert.equal(said['node run.mjs you'], 'Hello you!\n');
    assert.match(said['cargo suspendable test --release'], /^test tests::the_plugin_greets \.\.\. ok$/m);
    assert.match(said['node --test test.mjs'], /\bfail 0\b/);
    assert.match(said['cargo suspendable explain --release'], /^\d+ of \d{4} functions can suspend\.$/m);
});

test('a name that cargo does not take, and a folder that is there', () => {
    const [wrong, there] = ['1st', 'my-plugin'].map((name) => sh(`cargo suspendable new ${name}`, folder));
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /invalid character `1` in package name/);
    assert.equal(there.status, 1);
    assert.match(there.stderr, /already exists/);
    assert.doesNotMatch(there.stderr, /cargo suspendable build/);
});

const absent = missing('chromium');

test('its page greets', { skip: absent.length > 0 && `there is no ${absent.join(' and no ')} here` }, async () => {
    const server = await serve(project);
    const browser = await openBrowser('chromium');
    try {
        await browser.navigate(`${server.origin}/`);
        await browser.waitFor(`return !document.querySelector('button').disabled`);
        await browser.click('button');
        await browser.waitFor(`return document.querySelector('output').textContent === 'Hello world!'`);
    } finally {
        await browser.close();
        await server.close();
    }
});

test('without wasm-opt nothing is compiled', () => {
    const target = join(folder, 'target');
    const { status, stderr } = sh('cargo suspendable build', project, { WASM_OPT: '/nowhere', CARGO_TARGET_DIR: target });
    assert.equal(status, 1);
    assert.match(stderr, /^error: WASM_OPT is \/nowhere, which does not run/);
    assert.equal(existsSync(target), false);
});
