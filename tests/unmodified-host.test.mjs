// std::fs and std::net (`cargo suspendable build --std`): std's own examples, through std's own types, and crates that
// know nothing else. The packages pkg-std are those of fs and net, built so: their names are std's there.

import { privateDirectory, temporary } from './directories.mjs';
import * as files from './fs/pkg-std/fs-tests.js';
import * as net from './net/pkg-std/net-tests.js';
import { readText } from './portable.mjs';
import { assert, backend, inProcess, inTime, noOpfs, rejection, test } from './support.mjs';
import * as own from './unmodified/pkg/unmodified.js';

await Promise.all([files.init({ backend }), net.init({ backend }), own.init({ backend })]);

const skipFiles = inProcess ? false : noOpfs;
const skipSockets = inProcess ? false : 'there are no sockets in pages and workers';

/** An empty directory, of this host's own files. */
const directory = async () => (inProcess ? temporary() : `/${(await privateDirectory()).name}`);

for (const name of files.exampleNames()) {
    // In OPFS there are none of these, and it says so.
    const lacks = !inProcess && /^(permissions|times|links)::/.test(name) && 'in the suite of `suspendable::fs`';
    test(`std::fs: ${name}`, { skip: skipFiles || lacks }, async () => {
        await inTime(files.runExample(name, await directory()));
    });
}

test('std::fs: random operations', { skip: skipFiles }, async () => {
    await inTime(files.runRandom(await directory(), 1, 200, true));
});

/** What single engines do not do as the others: as in the suite of `suspendable::net`. */
const ofDeno = ['listeners::elsewhere', 'datagrams::refused'];

for (const name of net.exampleNames()) {
    const lacks = 'Deno' in globalThis && ofDeno.includes(name) && 'Deno does not say what others do';
    test(`std::net: ${name}`, { skip: skipSockets || lacks }, () => inTime(net.runExample(name)));
}

test('std::net: without sockets, a way out', { skip: inProcess && 'there are sockets' }, async () => {
    for (const told of await net.begin()) assert.match(told, /^Unsupported: .*no sockets.* net::WebSocket/);
});

/** What each says of a directory that it has filled. */
const CRATES = [
    ['walkdir', 'src src/deep src/deep/a.log src/deep/b.txt src/lib.rs target target/out 100022'],
    ['tempfile', 'true in it true false 0'],
    ['zip', 'a.txt 300000 b/c.txt 5 true'],
    ['memmap2', 'true [1026, 1027, 1028] true true 10 Err(Unsupported) [0, 0, 0, 0, 0]'],
    ['redb', '[332833500, 9890385]'],
];
for (const [name, expected] of CRATES) {
    test(`std::fs: ${name}, unmodified`, { skip: skipFiles }, async () => {
        assert.equal(await inTime(own[name](await directory())), expected);
    });
}

test('std::fs: several crates at once', { skip: skipFiles }, async () => {
    const results = CRATES.map(async ([name]) => own[name](await directory()));
    assert.deepEqual(await inTime(Promise.all(results)), CRATES.map(([, expected]) => expected));
});

test('std::net: tiny_http and minreq, unmodified', { skip: skipSockets }, async () => {
    const expected = [0, 1, 2].map((index) => `200 POST /${index} ${'body '.repeat(index)}`.trim());
    assert.equal(await inTime(own.http(3)), expected.join(', '));
});

test('std::fs and std::net: where no call can block, an error says so', () => {
    const [file, socket, exists] = own.hostOutside();
    assert.match(file, /^WouldBlock: cannot block here/);
    assert.match(socket, inProcess ? /^WouldBlock: cannot block here/ : /^Unsupported: .*no sockets/);
    // It cannot be asked, and std says false for every error.
    assert.equal(exists, 'false');
});

test('std::fs, std::net and std::time are the modules of suspendable', () => {
    assert.deepEqual(own.sameTypes(), ['true', 'true', 'true', 'true']);
});

test('std::fs: a call that is given up fails where it waits', { skip: skipFiles }, async () => {
    const aborted = AbortSignal.abort('enough');
    assert.equal(await rejection(own.walkdir(await directory(), { signal: aborted })), 'enough');
});

test('std::env: where relative paths begin, and temporary files are', async () => {
    const { places } = await own.instantiate({ backend, fs: { open() {} } });
    assert.deepEqual(await inTime(places()), ['/', '/tmp', 'true']);
    if (!inProcess) return;
    const { default: os } = await import('node:os');
    assert.deepEqual(await inTime(own.places()), [process.cwd(), os.tmpdir(), 'true']);
});

test('std::fs and std::net: who uses one carries no code of the other', async () => {
    const runtime = (name) => readText(new URL(`./${name}/pkg-std/runtime.js`, import.meta.url));
    const has = (code) => [/there are no files here/, /there are no sockets/].map((text) => text.test(code));
    assert.deepEqual(has(await runtime('fs')), [true, false]);
    assert.deepEqual(has(await runtime('net')), [false, true]);
});
