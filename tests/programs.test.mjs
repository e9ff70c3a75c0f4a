// Programs over unmodified crates. What they print is what the same Rust gives natively: each has an
// `expected.txt`, which `cargo test` compares with the native run.

import { instantiate as provingGround } from '../examples/proving-ground/pkg/proving-ground.js';
import { instantiate as redb } from '../examples/redb/pkg/redb-example.js';
import { instantiate as templates } from '../examples/templates/pkg/templates.js';
import { newPath, noFiles } from './paths.mjs';
import { assert, backend, readBytes, readText, rejection, test, turn } from './support.mjs';

const examples = new URL('../examples/', import.meta.url);

/** Each file is read once. */
const texts = new Map();
function read(path) {
    if (!texts.has(path)) texts.set(path, readText(new URL(path, examples)));
    return texts.get(path);
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
    const bytes = await readBytes(new URL('proving-ground/data/measurements.zip', examples));
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

test('an archive that fails at any of its reads, in zip or in csv, gives the reason', async () => {
    const archive = await readBytes(new URL('proving-ground/data/measurements.zip', examples));
    // Something before it, so that the first table lies across two blocks of the reader.
    const bytes = new Uint8Array(65_536 - 1000 + archive.length);
    bytes.set(archive, 65_536 - 1000);
    const reason = new Error('connection lost');
    const failing = (good) => ({
        size: bytes.length,
        async read(position, length) {
            if (good-- === 0) throw reason;
            return bytes.subarray(position, position + length);
        },
    });
    let reads = 0;
    for (; ; reads++) {
        const outcome = await summarize(failing(reads)).catch((error) => error);
        if (typeof outcome === 'string') break;
        assert.equal(outcome.cause, reason);
    }
    assert.ok(reads >= 3, `${reads} reads`);
});

test('what is no archive', async () => {
    const error = await rejection(summarize(new Blob(['text'])));
    assert.equal(error.name, 'SuspendableError');
    assert.match(error.message, /archive/i);
});

/** The site's files, and the one page that is written to it. */
const site = (load) => ({
    html: '',
    async load(path) {
        if (path.length % 2) await turn();
        return load(path);
    },
    async write(_page, html) {
        await null;
        this.html += html;
    },
});
const present = (path) =>
    read(`templates/site/${path}`).catch((error) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));

// One instance for all: to WebKit, compiling once more can be a matter of half a minute.
const sites = new Map();
const { render } = await templates({ backend, importModule: async (specifier) => sites.get(specifier) });

test('fifty pages at once, each of a site of its own', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `site:/${i}`);
    for (const name of names) sites.set(name, site(present));
    await Promise.all(names.map((name, i) => render(i % 2 ? 'shop' : 'categories', name)));
    const [categories, shop] = names.map((name) => sites.get(name).html);
    assert.equal(`${shop}\n${categories}\n`, await read('templates/expected.txt'));
    for (const [i, name] of names.entries()) assert.equal(sites.get(name).html, i % 2 ? shop : categories);
});

test('a page fails with what its site failed with', async () => {
    const reason = new Error('disk on fire');
    // In the loader, in a filter, in a function, in an iterator.
    for (const path of ['shop.html', 'parts/card', 'locale/', 'style.css', 'products/desk']) {
        const failing = site((found) => (found.startsWith(path) ? Promise.reject(reason) : present(found)));
        sites.set(`failing:/${path}`, failing);
        const error = await rejection(render('shop', `failing:/${path}`));
        assert.equal(error.cause, reason, path);
        assert.equal(error.code, 'Rejected');
    }
    sites.set('full:/', { ...site(present), write: () => Promise.reject(reason) });
    assert.match((await rejection(render('shop', 'full:/'))).name, /SuspendableError/);
    assert.match((await rejection(render('nowhere', 'full:/'))).message, /nowhere/);
});

test('redb: twenty transactions at once, in a file that is opened again', { skip: noFiles }, async () => {
    const { Words } = await redb({ backend });
    const path = await newPath();
    const words = await Words.open(path);
    await Promise.all(Array.from({ length: 20 }, (_, i) => words.add(`every ${i % 2 ? 'odd' : 'even'} call`)));
    const list = 'call 20\neven 10\nevery 20\nodd 10\n';
    assert.equal(await words.list(), list);
    // Another instance finds what was committed.
    await words.close();
    const again = await (await redb({ backend })).Words.open(path);
    assert.equal(await again.list(), list);
    await again.close();
});
