// What happens if a function is missing from the suspension set: each kind is left out on purpose.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { backend, fixture, rejection } from './support.mjs';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const linked = path('target/wasm32-unknown-unknown/release/fixture.wasm');
const tool = path('target/release/cargo-suspendable');

/** The fixture with options of the tool; built once for all engines. */
async function build(name, ...options) {
    const folder = path(`target/guard/${name}`);
    const module = `${folder}/fixture.asyncify.wasm`;
    const newest = Math.max(...[linked, tool].map((file) => statSync(file).mtimeMs));
    if (!existsSync(module) || statSync(module).mtimeMs < newest) {
        const fixed = ['post-build', linked, '--name', 'fixture', '--out-dir', folder];
        execFileSync(tool, [...fixed, ...options], { stdio: 'pipe', cwd: path('tests') });
    }
    const { instantiate } = await import(`../target/guard/${name}/fixture.js`);
    return instantiate({ backend: 'asyncify' });
}

const kinds = {
    'calls a member directly': 'fixture::stacks::descend',
    'calls suspend itself': 'suspendable::block::block_on',
    'calls a member through a vtable': 'fixture::stacks::walk',
    'is called through a vtable': '<fixture::stacks::Waits as fixture::stacks::Step>::step',
    'is the entry of every fiber': '__suspendable_run',
};

if (backend === 'asyncify') {
    for (const [kind, name] of Object.entries(kinds)) {
        test(`a missing function that ${kind} is an error, and the others go on`, async () => {
            const instance = await build(kind.replaceAll(' ', '-'), '--exclude', name);
            // These do not come through the missing function, unless everything does.
            const survives = !/suspend itself|entry/.test(kind);
            const others = Array.from({ length: 50 }, () => survives && instance.futureYields());
            const waiting = survives && instance.wait(new Promise((resolve) => setTimeout(resolve, 20, 'waited')));
            const call = () => (/vtable/.test(kind) ? instance.throughTraits(3) : instance.churn(3, 12, 4));
            for (const error of await Promise.all([call(), call(), call()].map(rejection))) {
                assert.ok(error instanceof Error);
                assert.ok(error.message.startsWith(`\`${name}\` was on the stack`), error.message);
                assert.ok(error.message.includes(`--include '${name}'`), error.message);
            }
            if (survives) {
                assert.deepEqual(await Promise.all(others), Array(50).fill(100));
                assert.equal(await waiting, 'waited');
            }
            assert.equal(await instance.immediate(2, 3), 5);
        });
    }

    test('--include of a member changes nothing', async () => {
        const name = 'fixture::stacks::walk';
        const instance = await build('included', '--include', name);
        assert.equal(await instance.throughTraits(3), await fixture.throughTraits(3));
    });

    test('a name that is no function is an error', async () => {
        const error = await rejection(build('unknown', '--include', 'fixture::nothing'));
        assert.match(String(error.stderr), /there is no function `fixture::nothing`/);
    });
}
