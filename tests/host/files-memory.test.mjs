// Files in memory: what they are made of, and what a random test does not reach.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';

import { createMemory } from '../../js/host/fs/memory.js';

const bytes = (text) => new TextEncoder().encode(text);
const codeOf = (promise) => promise.then(() => 'done', (error) => error.code ?? error);
const READ_WRITE = 2;
const CREATE = 0o102;

/** What a handle reads from its position on. */
async function readOf(file, length = 100) {
    const buffer = new Uint8Array(length);
    const { bytesRead } = await file.read(buffer, 0, length, null);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
}

test('entries of all kinds', async () => {
    const data = bytes('bytes');
    const fs = createMemory({
        '/text': 'ünï',
        'folder/bytes': data,
        '/folder/deep/buffer': bytes('buffer').buffer,
        '/blob': new Blob(['a ', 'blob']),
        '/response': new Response('a response'),
        '/url': new URL('data:,a%20URL'),
        '/function': async () => bytes('a function'),
        '/functions': () => () => new Response('functions'),
        '/empty': '',
    });
    data.fill(0);
    const expected = {
        '/text': 'ünï',
        '/folder/bytes': 'bytes',
        '/folder/deep/buffer': 'buffer',
        '/blob': 'a blob',
        '/response': 'a response',
        '/url': 'a URL',
        '/function': 'a function',
        '/functions': 'functions',
        '/empty': '',
    };
    for (const [path, text] of Object.entries(expected)) {
        assert.equal((await fs.stat(path)).size, bytes(text).length, path);
        assert.equal(await fs.readFile(path, 'utf8'), text);
    }
    assert.deepEqual(await fs.readFile('/text'), bytes('ünï'));
    assert.deepEqual((await fs.readdir('/folder')).sort(), ['bytes', 'deep']);
});

test('entries that cannot be', () => {
    const of = (entries) => () => createMemory(entries);
    const isInvalid = { code: 'EINVAL' };
    for (const path of ['', '/', 'a/', '.', '..', 'a/../b']) assert.throws(of({ [path]: '' }), isInvalid, path);
    for (const source of [7, null, undefined, {}, Promise.resolve('')]) assert.throws(of({ a: source }), isInvalid);
    assert.throws(of({ a: '', 'a/b': '' }), { code: 'ENOTDIR' });
    assert.throws(of({ 'a/b': '', a: '' }), { code: 'EEXIST' });
    assert.throws(of({ a: '', '/a': '' }), { code: 'EEXIST' });
});

test('what is fetched is fetched once, when it is first read or asked for its size', async () => {
    const fetched = [];
    const entry = (name) => async () => (fetched.push(name), name);
    const names = ['read', 'stat', 'fstat', 'write', 'truncate', 'cut', 'copied', 'moved', 'left'];
    const fs = createMemory(Object.fromEntries(names.map((name) => [name, entry(name)])));
    assert.deepEqual((await fs.readdir('/')).sort(), [...names].sort());
    const file = await fs.open('/read', READ_WRITE);
    await fs.rename('/moved', '/there');
    await fs.copyFile('/copied', '/copy');
    await fs.open('/cut', READ_WRITE | 0o1000);
    await fs.chmod('/left', 0o600);
    await fs.unlink('/left');
    assert.deepEqual(fetched, []);

    assert.deepEqual(await Promise.all([readOf(file, 2), readOf(file)]), ['re', 'ad']);
    assert.equal((await fs.stat('/stat')).size, 4);
    assert.equal((await (await fs.open('/fstat')).stat()).size, 5);
    await (await fs.open('/write', READ_WRITE)).write(bytes('WR'), 0, 2, 0);
    await (await fs.open('/truncate', READ_WRITE)).truncate(3);
    assert.deepEqual(fetched, ['read', 'stat', 'fstat', 'write', 'truncate']);
    assert.equal(await fs.readFile('/write', 'utf8'), 'WRite');
    assert.equal(await fs.readFile('/truncate', 'utf8'), 'tru');
    assert.equal(await fs.readFile('/cut', 'utf8'), '');
    // A copy is of what there was, and brings it for both.
    await fs.writeFile('/copied', 'new');
    assert.equal(await fs.readFile('/copy', 'utf8'), 'copied');
    assert.equal(await fs.readFile('/there', 'utf8'), 'moved');
    assert.deepEqual(fetched.slice(5), ['copied', 'moved']);
});

test('what cannot be fetched is an error, which says why, and can be tried again', async () => {
    let attempts = 0;
    const reason = new Error('no network');
    const fs = createMemory({
        '/a': async () => {
            if (++attempts < 3) throw reason;
            return 'at last';
        },
        '/missing': new Response('not there', { status: 404 }),
        '/odd': () => 7,
    });
    const file = await fs.open('/a');
    const error = await readOf(file).catch((error) => error);
    assert.equal(error.code, 'EIO');
    assert.equal(error.cause, reason);
    assert.match(error.message, /could not be fetched .*no network/);
    assert.equal(await codeOf(fs.stat('/a')), 'EIO');
    assert.equal(await readOf(file), 'at last');
    assert.match((await fs.readFile('/missing').catch((error) => error)).message, /status 404/);
    assert.match((await fs.readFile('/odd').catch((error) => error)).message, /a file is made of a text/);
});

test('others go on while something is fetched, and what it was truncated to stays', async () => {
    let arrive;
    const slow = () => new Promise((resolve) => (arrive = () => resolve('too late')));
    const fs = createMemory({ '/slow': slow, '/quick': 'quick' });
    const size = fs.stat('/slow');
    const sizes = fs.stat('/slow');
    assert.equal(await fs.readFile('/quick', 'utf8'), 'quick');
    await fs.rename('/quick', '/moved');
    await (await fs.open('/slow', READ_WRITE)).truncate(0);
    assert.equal(await fs.readFile('/slow', 'utf8'), '');
    arrive();
    assert.equal((await size).size, 0);
    assert.equal((await sizes).size, 0);
    await fs.writeFile('/slow', 'new');
    assert.equal(await fs.readFile('/slow', 'utf8'), 'new');
});

test('a blob is read where it is asked, not as a whole', async () => {
    const asked = [];
    class Large extends Blob {
        size = 2 ** 40;
        slice(from, to) {
            asked.push([from, to]);
            return new Blob(['x'.repeat(to - from)]);
        }
    }
    const fs = createMemory({ '/large': new Large() });
    assert.equal((await fs.stat('/large')).size, 2 ** 40);
    const file = await fs.open('/large');
    const buffer = new Uint8Array(10);
    await file.read(buffer, 0, 10, 2 ** 39);
    assert.deepEqual(asked, [[2 ** 39, 2 ** 39 + 10]]);
});

test('positions: of the file, and given', async () => {
    const fs = createMemory({ '/a': 'abcdef' });
    const file = await fs.open('/a', READ_WRITE);
    assert.equal(await readOf(file, 2), 'ab');
    await file.write(bytes('XYZ'), 0, 3, 0);
    assert.equal(await readOf(file, 2), 'Zd');
    await file.write(bytes('!'), 0, 1, null);
    assert.equal(await readOf(file), 'f');
    assert.equal(await readOf(file), '');
    const log = await fs.open('/a', 0o2002);
    await log.write(bytes('+'), 0, 1, 0);
    assert.equal(await fs.readFile('/a', 'utf8'), 'XYZd!f+');
    await file.write(bytes('.'), 0, 1, 9000);
    assert.equal((await file.stat()).size, 9001);
    const hole = await fs.readFile('/a');
    assert.deepEqual(hole.subarray(7, 9000), new Uint8Array(8993));
});

test('a file that is removed, or that another is moved over, lives on while it is open', async () => {
    const fs = createMemory({ '/a': 'first', '/b': 'second' });
    const [a, b] = [await fs.open('/a', READ_WRITE), await fs.open('/b', READ_WRITE)];
    await fs.rename('/b', '/a');
    assert.equal(await readOf(a), 'first');
    assert.equal((await a.stat()).nlink, 0);
    await b.write(bytes('SEC'), 0, 3, 0);
    assert.equal(await fs.readFile('/a', 'utf8'), 'SECond');
    await fs.unlink('/a');
    await b.write(bytes('!'), 0, 1, 6);
    assert.equal(await readOf(b), 'SECond!');
    await fs.writeFile('/a', 'third');
    assert.notEqual((await fs.stat('/a')).ino, (await b.stat()).ino);
    await b.close();
    for (const run of [() => readOf(b), () => b.stat(), () => b.close(), () => b.sync(), () => b.truncate(1)]) {
        assert.equal(await codeOf(run()), 'EBADF');
    }
});

test('links: nothing leads out of the root, and circles end', async () => {
    const fs = createMemory({ '/folder/file': 'found' });
    await fs.symlink('/folder/file', '/absolute');
    await fs.symlink('../../../folder', '/up');
    await fs.symlink('circle', '/circle');
    await fs.symlink('nowhere', '/dangling');
    for (const path of ['/absolute', '/up/file', '/../../folder/./file', 'folder/file', '/up/../absolute']) {
        assert.equal(await fs.readFile(path, 'utf8'), 'found', path);
        assert.equal(await fs.realpath(path), '/folder/file');
    }
    assert.equal(await fs.realpath('/'), '/');
    assert.equal(await fs.realpath('/up/..'), '/');
    assert.equal(await codeOf(fs.readFile('/circle')), 'ELOOP');
    assert.equal(await codeOf(fs.stat('/dangling')), 'ENOENT');
    assert.equal((await fs.lstat('/dangling')).size, 7);
    await fs.writeFile('/dangling', 'made');
    assert.equal(await fs.readFile('/nowhere', 'utf8'), 'made');
    assert.equal(await codeOf(fs.open('/absolute', 0o400000)), 'ELOOP');
    assert.equal(await codeOf(fs.open('/up', 0o600000)), 'ENOTDIR');
    assert.equal(await codeOf(fs.open('/up/', 0o600000)), 'done');
});

test('the root, and paths that are none', async () => {
    const fs = createMemory({ '/a': '' });
    const all = (run) => Promise.all(['/', '/.', '/..', '/a/..'].map((path) => codeOf(run(path))));
    assert.deepEqual(await all((path) => fs.rmdir(path)), ['EBUSY', 'EINVAL', 'ENOTEMPTY', 'ENOTDIR']);
    assert.deepEqual(await all((path) => fs.unlink(path)), ['EISDIR', 'EISDIR', 'EISDIR', 'ENOTDIR']);
    assert.deepEqual(await all((path) => fs.mkdir(path)), ['EEXIST', 'EEXIST', 'EEXIST', 'ENOTDIR']);
    assert.deepEqual(await all((path) => fs.rename(path, '/b')), ['EBUSY', 'EBUSY', 'EBUSY', 'ENOTDIR']);
    assert.deepEqual(await all((path) => fs.open(path, CREATE)), ['EISDIR', 'EISDIR', 'EISDIR', 'ENOTDIR']);
    assert.equal(await codeOf(fs.stat('')), 'ENOENT');
    assert.equal(await codeOf(fs.stat('/a\0b')), 'EINVAL');
    assert.equal(await codeOf(fs.mkdir(`/${'ü'.repeat(128)}`)), 'ENAMETOOLONG');
    assert.equal(await codeOf(fs.mkdir(`/${'ü'.repeat(127)}`)), 'done');
});

test('a directory is opened, asked and synced', async () => {
    const fs = createMemory({ '/folder/a': '' });
    const folder = await fs.open('/folder');
    assert.ok((await folder.stat()).isDirectory());
    assert.equal(await codeOf(folder.read(new Uint8Array(1), 0, 1, 0)), 'EISDIR');
    assert.equal(await codeOf(folder.write(new Uint8Array(1), 0, 1, 0)), 'EBADF');
    assert.equal(await codeOf(folder.truncate(0)), 'EINVAL');
    await folder.chmod(0o700);
    assert.equal((await fs.stat('/folder')).mode, 0o040700);
    await folder.sync();
    await folder.close();
    assert.equal(await codeOf(folder.stat()), 'EBADF');
});

test('times, to the nanosecond and as Node.js takes them', async () => {
    const fs = createMemory({ '/a': 'a' });
    await fs.symlink('a', '/link');
    const timesOf = async (path) => {
        const { atimeNs, mtimeNs } = await fs.lstat(path, { bigint: true });
        return [atimeNs, mtimeNs];
    };
    await fs.utimesNs('/link', 1_234_567_890_123_456_789n, 7n);
    assert.deepEqual(await timesOf('/a'), [1_234_567_890_123_456_789n, 7n]);
    await fs.utimesNs('/link', 1n, 2n, false);
    assert.deepEqual(await timesOf('/link'), [1n, 2n]);
    await fs.utimesNs('/a', undefined, 8n);
    assert.deepEqual(await timesOf('/a'), [1_234_567_890_123_456_789n, 8n]);
    const file = await fs.open('/a', READ_WRITE);
    await file.utimesNs(9n, undefined);
    assert.deepEqual(await timesOf('/a'), [9n, 8n]);
    await fs.utimes('/a', 1_700_000_000.123456, '12.5');
    assert.deepEqual(await timesOf('/a'), [1_700_000_000_123_456_000n, 12_500_000_000n]);
    await file.utimes(new Date(5), -1.5);
    assert.deepEqual(await timesOf('/a'), [5_000_000n, -1_500_000_000n]);
    assert.equal((await fs.stat('/a')).mtimeMs, -1500);
    assert.equal(await codeOf(fs.utimes('/a', NaN, 0)), 'EINVAL');

    const before = BigInt(Date.now()) * 1_000_000n;
    await file.write(bytes('b'), 0, 1, 0);
    const { atimeNs, mtimeNs, ctimeNs, birthtimeNs } = await file.stat({ bigint: true });
    assert.equal(atimeNs, 5_000_000n);
    assert.ok(mtimeNs >= before && ctimeNs >= before && birthtimeNs <= mtimeNs);
});
