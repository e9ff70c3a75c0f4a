// Programs over unmodified crates. What they print is what the same Rust gives natively: each has an
// `expected.txt`, which `cargo test` compares with the native run.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { instantiate as provingGround } from '../examples/proving-ground/pkg/proving-ground.js';
import { backend, rejection, turn } from './support.mjs';

const examples = new URL('../examples/', import.meta.url);
const read = (path) => readFile(new URL(path, examples), 'utf8');

for (const program of ['proving-ground']) {
    test(`${program} prints what the native program gives`, async () => {
        const output = execFileSync(process.execPath, ['main.mjs', backend], {
            cwd: fileURLToPath(new URL(program, examples)),
            encoding: 'utf8',
        });
        assert.equal(output, await read(`${program}/expected.txt`));
    });
}

const { countPrimes, runScript, summarize, summarizeBytes } = await provingGround({ backend });

/** The folder of the scripts' files, with answers that come in another order than the questions. */
const host = (printed = []) => ({
    async readText(path) {
        if (path.length % 2) await turn();
        return read(`proving-ground/data/${path}`);
    },
    print: async (line) => void printed.push(line),
});

test('a hundred scripts at once in one instance', async () => {
    const scripts = ['invoices', 'outline', 'closures'];
    const sources = await Promise.all(scripts.map((name) => read(`proving-ground/scripts/${name}.rhai`)));
    const runs = Array.from({ length: 100 }, async (_, i) => {
        const printed = [];
        const value = await runScript(sources[i % 3], host(printed));
        return `${scripts[i % 3]}.rhai\n${printed.map((line) => `${line}\n`).join('')}= ${value}\n`;
    });
    const expected = await read('proving-ground/expected.txt');
    for (const output of await Promise.all(runs)) assert.ok(expected.includes(output), output);
});

test('what a host function is rejected with is an exception in the script', async () => {
    const failing = { ...host(), readText: () => Promise.reject(new TypeError('offline')) };
    assert.equal(await runScript('try { read("a") } catch (e) { return e }', failing), 'TypeError: offline');
    const error = await rejection(runScript('let f = |p| read(p);\n["a"].map(f)', failing));
    assert.match(error.message, /TypeError: offline.*line 1/);
    assert.match((await rejection(runScript('1 +', host()))).message, /Syntax error/);
});

test('a script that never waits', async () => {
    assert.equal(await runScript('[1, 2].map(|n| n * 2).reduce(|a, b| a + b, 0)', host()), '6');
    assert.equal(countPrimes(1000), 168);
});

test('an archive as a Blob, in memory, and many at once', async () => {
    const bytes = await readFile(new URL('proving-ground/data/measurements.zip', examples));
    const expected = summarizeBytes(bytes);
    assert.ok((await read('proving-ground/expected.txt')).endsWith(expected));
    const sources = Array.from({ length: 30 }, (_, i) => [
        new Blob([bytes]),
        {
            size: bytes.length,
            async read(position, length) {
                if (i % 2) await turn();
                return bytes.subarray(position, position + Math.min(length, 100 * i + 500));
            },
        },
    ]);
    for (const output of await Promise.all(sources.flat().map(summarize))) {
        assert.equal(output, expected);
    }
});

test('an archive that cannot be read, and what is none', async () => {
    const bytes = await readFile(new URL('proving-ground/data/measurements.zip', examples));
    const reason = new Error('connection lost');
    // The directory at the end can be read, and the entries cannot.
    let reads = 0;
    const failing = {
        size: bytes.length,
        read: async (position, length) => {
            if (reads++ > 0) throw reason;
            return bytes.subarray(position, position + length);
        },
    };
    await summarize(failing);
    const error = await rejection(summarize(failing));
    assert.equal(error.cause, reason);
    const none = await rejection(summarize(new Blob(['text'])));
    assert.equal(none.name, 'SuspendableError');
    assert.match(none.message, /archive/i);
});
