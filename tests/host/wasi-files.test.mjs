// Preview 1: files and directories, on a real directory.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';

import { createWasi } from '../../js/wasi/index.js';
import { APPEND, BOTH, CREAT, DIRECTORY, EXCL, Played, READ, SYNC, TRUNC, WRITE } from './wasi.mjs';

const [SET, CUR, END] = [0, 1, 2];

/** A directory of its own, which goes when the test has ended. */
function folder(t) {
    const path = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'wasi-')));
    t.after(() => fs.rmSync(path, { recursive: true, force: true }));
    return path;
}

/** A program with a directory, and that directory's path. */
function playedIn(t, options = {}) {
    const path = folder(t);
    return { path, played: new Played({ fs: path, ...options }) };
}

/** The host's own files, some of whose handles' functions are others. */
function withHandles(change) {
    return {
        ...fs.promises,
        async open(...args) {
            const handle = await fs.promises.open(...args);
            return new Proxy(handle, {
                get(target, name) {
                    const found = change(handle)[name] ?? target[name];
                    return typeof found === 'function' ? found.bind(target) : found;
                },
            });
        },
    };
}

test('a directory is there under its path from the beginning, and can be given in many ways', async (t) => {
    const path = folder(t);
    fs.writeFileSync(join(path, 'file'), 'content');
    for (const given of [path, pathToFileURL(path), pathToFileURL(path).href, { '/': path }]) {
        const played = new Played({ fs: given });
        await played.call('fd_prestat_get', 3, 64);
        assert.deepEqual([played.view.getUint32(64, true), played.view.getUint32(68, true)], [0, 1]);
        assert.equal(await played.errno('fd_prestat_dir_name', 3, 72, 0), 'NAMETOOLONG');
        await played.call('fd_prestat_dir_name', 3, 72, 1);
        assert.equal(played.bytes(72, 1).toString(), '/');
        assert.equal(await played.errno('fd_prestat_get', 4, 64), 'BADF');
        assert.equal(await played.read(await played.open('file')), 'content');
        await played.wasi.end();
    }
    const whole = new Played({ fs: fs.promises });
    assert.equal(await whole.read(await whole.open(join(path, 'file').slice(1))), 'content');
    await whole.wasi.end();
});

test('what cannot be mounted is refused before the program starts', () => {
    assert.throws(() => createWasi({ fs: 3 }), /fs/);
    assert.throws(() => createWasi({ fs: { '/a': '/tmp', '/a/': '/tmp' } }), /same path/);
    assert.throws(() => createWasi({ fs: { '/a': '/tmp' }, cwd: '/b' }), /`cwd` is \/b/);
});

test('a directory that is not there is an error of each call', async () => {
    const played = new Played({ fs: '/no/such/directory' });
    assert.equal(await played.openErrno('file'), 'NOENT');
    assert.equal(await played.errno('fd_readdir', 3, 64, 100, 0n, 68), 'NOENT');
});

test('reading: positions, ends, and pieces that need not wait', async (t) => {
    const { path, played } = playedIn(t);
    const content = Array.from({ length: 60_000 }, (_, index) => `${index} `).join('');
    fs.writeFileSync(join(path, 'file'), content);
    const fd = await played.open('file');
    const { args, pointer } = played.reading(1000);
    let text = '';
    let waits = 0;
    for (;;) {
        const result = played.now('fd_read', fd, ...args, 64);
        if (typeof result !== 'number') waits++;
        assert.equal(await result, 0);
        const count = played.view.getUint32(64, true);
        if (count === 0) break;
        text += played.bytes(pointer, count).toString();
        assert.equal(await played.tell(fd), text.length);
    }
    assert.equal(text, content);
    assert.ok(waits < 10, `${waits} of ${content.length / 1000} reads have waited`);
    assert.equal(await played.seek(fd, 1, SET), 1);
    assert.equal(await played.read(fd, 5), content.slice(1, 6));
    assert.equal(await played.seek(fd, 4, CUR), 10);
    assert.equal(await played.read(fd, 5), content.slice(10, 15));
    assert.equal(await played.seek(fd, -3, END), content.length - 3);
    assert.equal(await played.read(fd, 5), content.slice(-3));
    assert.equal(await played.errno('fd_seek', fd, -1n, SET, 64), 'INVAL');
    assert.equal(await played.errno('fd_seek', fd, 0n, 3, 64), 'INVAL');
    assert.equal(await played.pread(fd, 4, 100), content.slice(100, 104));
    assert.equal(await played.pread(fd, 4, content.length), '');
    assert.equal(await played.tell(fd), content.length);
    await played.wasi.end();
});

test('a piece is whole where it ends behind what was read ahead', async (t) => {
    const { path, played } = playedIn(t);
    const content = Buffer.alloc(200_000, 'abcdefg').toString();
    fs.writeFileSync(join(path, 'file'), content);
    const fd = await played.open('file');
    let text = '';
    for (let more = await played.read(fd, 7777); more !== ''; more = await played.read(fd, 7777)) {
        text += more;
        assert.ok(more.length === 7777 || text.length === content.length);
    }
    assert.equal(text, content);
    await played.wasi.end();
});

test('what others change is seen where the program has waited for them, and at the end', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'aaaabbbb');
    const fd = await played.open('file');
    assert.equal(await played.read(fd, 4), 'aaaa');
    fs.writeFileSync(join(path, 'file'), 'AAAABBBB');
    await played.call('sched_yield');
    assert.equal(await played.read(fd, 4), 'BBBB');
    assert.equal(await played.read(fd, 4), '');
    fs.appendFileSync(join(path, 'file'), 'cccc');
    assert.equal(await played.read(fd, 4), 'cccc');
    assert.equal(await played.seek(fd, 0, SET), 0);
    assert.equal(await played.read(fd, 4), 'AAAA');
    await played.wasi.end();
});

test('small writes do not wait, and arrive in order', async (t) => {
    const { path, played } = playedIn(t);
    const fd = await played.open('file', { oflags: CREAT, rights: BOTH });
    let content = '';
    for (let index = 0; index < 5000; index++) {
        const result = played.now('fd_write', fd, ...played.writing(`${index},`), 64);
        assert.equal(result, 0);
        content += `${index},`;
    }
    assert.equal(await played.tell(fd), content.length);
    await played.close(fd);
    await played.wasi.end();
    assert.equal(fs.readFileSync(join(path, 'file'), 'utf8'), content);
});

test('a program that writes faster than the host takes has to wait', async (t) => {
    let release;
    const gate = new Promise((resolve) => (release = resolve));
    const path = folder(t);
    const host = withHandles((handle) => ({
        async write(...args) {
            await gate;
            return handle.write(...args);
        },
    }));
    const played = new Played({ fs: host });
    const fd = await played.open(join(path, 'file').slice(1), { oflags: CREAT, rights: BOTH });
    const args = played.writing(Buffer.alloc(64 * 1024, 'x'));
    let taken = 0;
    let result;
    for (; typeof (result = played.now('fd_write', fd, ...args, 64)) === 'number'; taken++) {
        assert.ok(taken < 100, 'there is no bound');
    }
    assert.ok(taken > 1);
    release();
    assert.equal(await result, 0);
    await played.wasi.end();
    assert.equal(fs.statSync(join(path, 'file')).size, (taken + 1) * 64 * 1024);
});

test('a read behind a write sees it, by whatever descriptor, and so do paths', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'old content');
    fs.linkSync(join(path, 'file'), join(path, 'link'));
    const reader = await played.open('link');
    assert.equal(await played.read(reader, 4), 'old ');
    const writer = await played.open('file', { rights: BOTH });
    await played.pwrite(writer, 'NEW', 5);
    assert.equal(await played.read(reader, 100), 'cNEWent');
    await played.write(writer, 'written at the beginning');
    assert.equal((await played.stat('link')).size, 24);
    await played.write(writer, '!');
    assert.equal((await played.fstat(reader)).size, 25);
    await played.seek(writer, 0, SET);
    assert.equal(await played.read(writer), 'written at the beginning!');
    await played.write(writer, '?');
    await played.close(writer);
    assert.equal(await played.read(await played.open('file')), 'written at the beginning!?');
    await played.wasi.end();
});

test('writes of a descriptor whose file was removed, or has another name, arrive', async (t) => {
    const { path, played } = playedIn(t);
    const fd = await played.open('file', { oflags: CREAT, rights: BOTH });
    await played.write(fd, 'one');
    await played.call('path_rename', 3, ...played.path('file'), 3, ...played.path('renamed'));
    await played.write(fd, 'two');
    await played.call('fd_fdstat_set_flags', fd, APPEND);
    await played.seek(fd, 0, SET);
    await played.write(fd, 'three');
    assert.equal(await played.read(await played.open('renamed')), 'onetwothree');
    await played.call('path_unlink_file', 3, ...played.path('renamed'));
    await played.seek(fd, 0, SET);
    assert.equal(await played.read(fd), 'onetwothree');
    assert.equal((await played.fstat(fd)).nlink, 0);
    await played.wasi.end();
    assert.deepEqual(fs.readdirSync(path), []);
});

test('whatever descriptors of a file do in turn, it is as if each call had been done at once', async (t) => {
    const path = folder(t);
    let seed = 12345;
    const random = (below) => {
        seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
        return Math.floor((seed / 0x80000000) * below);
    };
    const later = async () => {
        if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const host = withHandles((handle) => ({
        async write(bytes, offset, length, position) {
            await later();
            return handle.write(bytes, offset, 1 + random(length), position);
        },
        async read(...args) {
            await later();
            return handle.read(...args);
        },
    }));
    const played = new Played({ fs: host });
    const name = join(path, 'file').slice(1);
    /** What the file should have in it. */
    let model = Buffer.alloc(0);
    const files = [];
    for (const flags of [0, 0, APPEND]) {
        files.push({ fd: await played.open(name, { oflags: CREAT, rights: BOTH, flags }), at: 0, flags });
    }
    const put = (bytes, at) => {
        const longer = Buffer.alloc(Math.max(model.length, at + bytes.length));
        model.copy(longer);
        bytes.copy(longer, at);
        model = longer;
    };
    const text = Buffer.from(Array.from({ length: 40_000 }, (_, index) => 97 + (index % 26)));
    const actions = {
        async read(file) {
            const length = random(9000);
            const { args, pointer } = played.reading(9000);
            played.view.setUint32(args[0] + 4, length, true);
            assert.equal(await played.now('fd_read', file.fd, ...args, 64), 0);
            const got = played.bytes(pointer, played.view.getUint32(64, true));
            assert.ok(got.equals(model.subarray(file.at, file.at + length)), `read ${length} at ${file.at}`);
            file.at += got.length;
        },
        async write(file) {
            const start = random(1000);
            const bytes = text.subarray(start, start + random(random(10) === 0 ? 30_000 : 300));
            if (file.flags === APPEND) file.at = model.length;
            assert.equal(await played.write(file.fd, bytes), bytes.length);
            if (bytes.length > 0) put(bytes, file.at);
            file.at += bytes.length;
        },
        async pwrite(file) {
            const at = random(20_000);
            const bytes = text.subarray(at, at + 1 + random(100));
            await played.pwrite(file.fd, bytes, at);
            put(bytes, at);
        },
        async seek(file) {
            file.at = random(model.length + 100);
            assert.equal(await played.seek(file.fd, file.at, SET), file.at);
        },
        async end(file) {
            file.at = await played.seek(file.fd, 0, END);
            assert.equal(file.at, model.length);
        },
        async tell(file) {
            assert.equal(await played.tell(file.fd), file.at);
        },
        async truncate(file) {
            const size = random(30_000);
            await played.call('fd_filestat_set_size', file.fd, BigInt(size));
            const cut = Buffer.alloc(size);
            model.copy(cut);
            model = cut;
        },
        async stat() {
            assert.equal((await played.stat(name)).size, model.length);
        },
        async reopen(file) {
            await played.close(file.fd);
            file.fd = await played.open(name, { rights: BOTH, flags: file.flags });
            file.at = 0;
        },
    };
    const often = ['read', 'read', 'read', 'write', 'write', 'write', 'seek', 'pwrite', 'tell'];
    const all = [...often, ...often, ...often, 'end', 'stat', 'truncate', 'reopen'];
    for (let round = 0; round < 3000; round++) {
        await actions[all[random(all.length)]](files[random(files.length)]);
    }
    await played.wasi.end();
    assert.ok(fs.readFileSync(join(path, 'file')).equals(model));
});

test('what is appended comes at the end, wherever the position is', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'begin ');
    const fd = await played.open('file', { rights: BOTH, flags: APPEND });
    assert.equal((await played.fdstat(fd)).flags, APPEND);
    const other = await played.open('file', { rights: BOTH, flags: APPEND });
    await played.write(fd, 'one ');
    await played.write(other, 'two ');
    await played.seek(fd, 0, SET);
    await played.write(fd, 'three ');
    assert.equal(await played.tell(fd), 20);
    await played.pwrite(fd, 'BEGIN', 0);
    await played.call('fd_fdstat_set_flags', fd, 0);
    await played.seek(fd, 6, SET);
    await played.write(fd, 'ONE');
    assert.equal(await played.errno('fd_fdstat_set_flags', fd, SYNC), 'INVAL');
    await played.wasi.end();
    assert.equal(fs.readFileSync(join(path, 'file'), 'utf8'), 'BEGIN ONE two three ');
});

test('a write that has failed is told by the next call that asks, and then no more', async (t) => {
    const path = folder(t);
    const calls = { fd_write: [], fd_sync: [], fd_filestat_set_size: [0n] };
    for (const [name, rest] of Object.entries(calls)) {
        let isFull = true;
        const host = withHandles((handle) => ({
            async write(...args) {
                if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
                return handle.write(...args);
            },
        }));
        const played = new Played({ fs: host });
        const fd = await played.open(join(path, name).slice(1), { oflags: CREAT, rights: BOTH });
        for (const text of ['lost', ', and lost with it']) {
            assert.equal(played.now('fd_write', fd, ...played.writing(text), 64), 0);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
        const args = name === 'fd_write' ? [...played.writing('not tried'), 64] : rest;
        assert.equal(await played.errno(name, fd, ...args), 'NOSPC', name);
        // Its position is where the first has failed.
        assert.equal(await played.tell(fd), 0, name);
        isFull = false;
        await played.write(fd, 'again');
        await played.wasi.end();
        assert.equal(fs.readFileSync(join(path, name), 'utf8'), 'again', name);
    }
});

test('a write that has failed behind a close is told by the end', async (t) => {
    const path = folder(t);
    const host = withHandles(() => ({
        async write() {
            throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        },
    }));
    const played = new Played({ fs: host });
    const fd = await played.open(join(path, 'file').slice(1), { oflags: CREAT, rights: BOTH });
    await played.write(fd, 'lost');
    assert.equal(played.now('fd_close', fd), 0);
    await assert.rejects(played.wasi.end(), { code: 'ENOSPC' });
    await assert.rejects(played.wasi.end(), { code: 'ENOSPC' });
});

test('a host that moves less than it was given is asked again', async (t) => {
    const path = folder(t);
    const host = withHandles((handle) => ({
        write: (bytes, offset, length, position) => handle.write(bytes, offset, Math.min(length, 3), position),
        read: (bytes, offset, length, position) => handle.read(bytes, offset, Math.min(length, 3), position),
    }));
    const played = new Played({ fs: host });
    const fd = await played.open(join(path, 'file').slice(1), { oflags: CREAT, rights: BOTH });
    await played.write(fd, 'more than three');
    await played.seek(fd, 0, SET);
    assert.equal(await played.read(fd), 'more than three');
    await played.wasi.end();
});

test('synchronous writes have been synced when they return', async (t) => {
    const path = folder(t);
    const done = [];
    const host = withHandles((handle) => ({
        async write(...args) {
            done.push('write');
            return handle.write(...args);
        },
        async sync() {
            done.push('sync');
        },
    }));
    const played = new Played({ fs: host });
    const fd = await played.open(join(path, 'file').slice(1), { oflags: CREAT, rights: BOTH, flags: SYNC });
    assert.equal((await played.fdstat(fd)).flags, SYNC);
    assert.equal(await played.write(fd, 'x'), 1);
    assert.deepEqual(done, ['write', 'sync']);
    await played.call('fd_datasync', fd);
    await played.call('fd_sync', 3);
    await played.wasi.end();
});

test('sizes: cut, made longer, allocated', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'abcdef');
    const fd = await played.open('file', { rights: BOTH });
    assert.equal(await played.read(fd, 1), 'a');
    await played.call('fd_filestat_set_size', fd, 3n);
    assert.equal(await played.read(fd), 'bc');
    await played.call('fd_allocate', fd, 2n, 1n);
    assert.equal((await played.fstat(fd)).size, 3);
    await played.call('fd_allocate', fd, 2n, 8n);
    assert.equal((await played.fstat(fd)).size, 10);
    assert.equal(await played.errno('fd_allocate', fd, 0n, 0n), 'INVAL');
    assert.equal(await played.errno('fd_filestat_set_size', fd, -1n), 'INVAL');
    const reader = await played.open('file');
    assert.equal(await played.errno('fd_filestat_set_size', reader, 0n), 'BADF');
    await played.call('fd_advise', fd, 0n, 10n, 3);
    assert.equal(await played.errno('fd_advise', fd, 0n, 10n, 6), 'INVAL');
    assert.equal(await played.errno('fd_advise', 3, 0n, 10n, 0), 'BADF');
    const again = await played.open('file', { oflags: TRUNC, rights: WRITE });
    assert.equal((await played.fstat(again)).size, 0);
    assert.equal(await played.pread(fd, 10, 0), '');
    await played.wasi.end();
});

test('descriptors do what they were opened for, and rights can be dropped', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'x');
    const [reader, writer] = [await played.open('file'), await played.open('file', { rights: WRITE })];
    assert.equal((await played.fdstat(reader)).rights, READ);
    assert.equal((await played.fdstat(writer)).rights, WRITE);
    assert.equal(await played.errno('fd_write', reader, ...played.writing('x'), 64), 'BADF');
    assert.equal(await played.errno('fd_read', writer, ...played.reading(1).args, 64), 'BADF');
    const both = await played.open('file', { rights: READ | WRITE });
    assert.equal(await played.errno('fd_fdstat_set_rights', both, BOTH, 0n), 'NOTCAPABLE');
    await played.call('fd_fdstat_set_rights', both, WRITE, 0n);
    assert.equal(await played.errno('fd_read', both, ...played.reading(1).args, 64), 'BADF');
    await played.wasi.end();
});

test('descriptors: the lowest number, moved, closed', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'one'), '1');
    fs.writeFileSync(join(path, 'two'), '2');
    const [one, two] = [await played.open('one'), await played.open('two')];
    assert.deepEqual([one, two], [4, 5]);
    await played.call('fd_renumber', two, one);
    assert.equal(await played.read(one), '2');
    assert.equal(await played.errno('fd_close', two), 'BADF');
    assert.equal(await played.errno('fd_renumber', one, 9), 'BADF');
    await played.call('fd_renumber', one, one);
    assert.equal(await played.open('one'), 5);
    await played.call('fd_close', 1);
    assert.equal(await played.errno('fd_write', 1, ...played.writing('x'), 64), 'BADF');
    // Standard streams are not replaced by chance.
    assert.equal(await played.open('two'), 6);
    await played.call('fd_renumber', 6, 2);
    assert.equal(await played.read(2), '2');
    await played.wasi.end();
});

test('opening: what is created, refused, and of which kind', async (t) => {
    const { path, played } = playedIn(t);
    fs.mkdirSync(join(path, 'folder'));
    fs.writeFileSync(join(path, 'file'), 'x');
    const cases = [
        ['missing', {}, 'NOENT'],
        ['missing/', { oflags: CREAT }, 'ISDIR'],
        ['missing', { oflags: CREAT | DIRECTORY }, 'INVAL'],
        ['missing/file', { oflags: CREAT }, 'NOENT'],
        ['file', { oflags: CREAT | EXCL }, 'EXIST'],
        ['file', { oflags: DIRECTORY }, 'NOTDIR'],
        ['file/', {}, 'NOTDIR'],
        ['file/.', {}, 'NOTDIR'],
        ['file/x', {}, 'NOTDIR'],
        ['folder', { rights: READ | WRITE }, 'ISDIR'],
        ['folder', { oflags: CREAT }, 'ISDIR'],
        ['folder', { oflags: TRUNC }, 'ISDIR'],
        ['folder', { oflags: CREAT | EXCL | DIRECTORY }, 'EXIST'],
        ['', {}, 'NOENT'],
        ['fi\0le', {}, 'INVAL'],
    ];
    for (const [name, options, errno] of cases) {
        assert.equal(await played.openErrno(name, options), errno, `${name} ${JSON.stringify(options.oflags)}`);
    }
    const file = await played.open('file');
    assert.equal(await played.openErrno('x', { fd: file }), 'NOTDIR');
    assert.equal(await played.openErrno('x', { fd: 99 }), 'BADF');
    const invalid = played.piece([0xff, 0xfe]);
    assert.equal(await played.errno('path_open', 3, 0, invalid, 2, 0, READ, 0n, 0, 64), 'ILSEQ');
    const inside = await played.open('folder', { oflags: DIRECTORY });
    assert.equal((await played.fdstat(inside)).type, 3);
    for (const [name, ...args] of [
        ['fd_read', ...played.reading(1).args, 64],
        ['fd_write', ...played.writing('x'), 64],
        ['fd_seek', 0n, 0, 64],
        ['fd_tell', 64],
    ]) {
        assert.equal(await played.errno(name, inside, ...args), 'BADF', name);
    }
    assert.equal(await played.errno('fd_allocate', inside, 0n, 1n), 'ISDIR');
    await played.open('new', { fd: inside, oflags: CREAT | EXCL, rights: BOTH });
    assert.ok(fs.existsSync(join(path, 'folder/new')));
    await played.wasi.end();
});

test('no path leaves its directory: absolute, upwards, or through links', async (t) => {
    const outside = folder(t);
    const path = join(outside, 'root');
    fs.mkdirSync(join(path, 'deep/inner'), { recursive: true });
    fs.writeFileSync(join(outside, 'secret'), 'secret');
    fs.writeFileSync(join(path, 'inside'), 'inside');
    fs.symlinkSync('../secret', join(path, 'out'));
    fs.symlinkSync(join(outside, 'secret'), join(path, 'absolute'));
    fs.symlinkSync('/inside', join(path, 'from-root'));
    fs.symlinkSync('..', join(path, 'deep/up'));
    fs.symlinkSync(outside, join(path, 'deep/inner/away'));
    const played = new Played({ fs: path });
    const cases = {
        '/inside': 'NOTCAPABLE',
        '../secret': 'NOTCAPABLE',
        'deep/../../secret': 'NOTCAPABLE',
        'deep/inner/../../../secret': 'NOTCAPABLE',
        'deep/up/../secret': 'NOTCAPABLE',
        out: 'NOTCAPABLE',
        // An absolute link begins at the program's own root.
        absolute: 'NOENT',
        'deep/inner/away/secret': 'NOENT',
        'from-root': 'SUCCESS',
        'deep/up/inside': 'SUCCESS',
        'deep/.//inner/../../inside': 'SUCCESS',
        'deep/up/deep/up/deep/../inside': 'SUCCESS',
    };
    for (const [name, errno] of Object.entries(cases)) assert.equal(await played.openErrno(name), errno, name);
    const deep = await played.open('deep', { oflags: DIRECTORY });
    for (const name of ['..', '../inside', 'up', 'up/inside', 'inner/../..']) {
        assert.equal(await played.openErrno(name, { fd: deep }), 'NOTCAPABLE', name);
    }
    for (const [name, ...args] of [
        ['path_create_directory', 3, ...played.path('../made')],
        ['path_unlink_file', 3, ...played.path('../secret')],
        ['path_remove_directory', 3, ...played.path('..')],
        ['path_filestat_get', 3, 1, ...played.path('out'), 64],
        ['path_rename', 3, ...played.path('inside'), 3, ...played.path('../inside')],
        ['path_rename', 3, ...played.path('../secret'), 3, ...played.path('secret')],
        ['path_link', 3, 0, ...played.path('../secret'), 3, ...played.path('secret')],
        ['path_symlink', ...played.path('inside'), 3, ...played.path('../link')],
        ['path_symlink', ...played.path('/etc'), 3, ...played.path('link')],
        ['path_readlink', 3, ...played.path('deep/inner/../../../root/out'), 64, 10, 80],
    ]) {
        assert.equal(await played.errno(name, ...args), 'NOTCAPABLE', name);
    }
    assert.deepEqual(fs.readdirSync(outside).sort(), ['root', 'secret']);
    await played.wasi.end();
});

test('links: made, read, followed or not, and those that lead nowhere', async (t) => {
    const { path, played } = playedIn(t);
    fs.mkdirSync(join(path, 'folder'));
    fs.writeFileSync(join(path, 'folder/file'), 'content');
    const symlink = (target, name) => played.errno('path_symlink', ...played.path(target), 3, ...played.path(name));
    assert.equal(await symlink('folder/file', 'link'), 'SUCCESS');
    assert.equal(await symlink('folder', 'way'), 'SUCCESS');
    assert.equal(await symlink('loop', 'loop'), 'SUCCESS');
    assert.equal(await symlink('nothing', 'dangling'), 'SUCCESS');
    assert.equal(await symlink('x', 'link'), 'EXIST');
    assert.equal(await symlink('x', 'new/'), 'NOENT');
    assert.equal(await symlink('', 'new'), 'NOENT');
    const at = played.piece('................');
    await played.call('path_readlink', 3, ...played.path('link'), at, 16, 64);
    assert.equal(played.bytes(at, 16).toString(), 'folder/file.....');
    await played.call('path_readlink', 3, ...played.path('link'), at, 4, 64);
    assert.equal(played.view.getUint32(64, true), 4);
    assert.equal(await played.errno('path_readlink', 3, ...played.path('folder/file'), at, 4, 64), 'INVAL');
    assert.equal(await played.read(await played.open('link')), 'content');
    assert.equal(await played.read(await played.open('way/file')), 'content');
    assert.equal(await played.read(await played.open('way/../link')), 'content');
    assert.equal(await played.openErrno('link', { follow: 0 }), 'LOOP');
    assert.equal(await played.openErrno('way', { follow: 0, oflags: DIRECTORY }), 'NOTDIR');
    assert.equal(await played.openErrno('loop'), 'LOOP');
    assert.equal(await played.openErrno('dangling'), 'NOENT');
    assert.equal(await played.openErrno('dangling', { oflags: CREAT | EXCL }), 'EXIST');
    assert.deepEqual([(await played.stat('link')).type, (await played.stat('link', { follow: 0 })).type], [4, 7]);
    assert.equal((await played.stat('way/', { follow: 0 })).type, 3);
    await played.open('dangling', { oflags: CREAT, rights: BOTH });
    assert.ok(fs.existsSync(join(path, 'nothing')));
    await played.call('path_unlink_file', 3, ...played.path('way'));
    assert.ok(fs.existsSync(join(path, 'folder/file')));
    assert.equal(fs.existsSync(join(path, 'way')), false);
    await played.wasi.end();
});

test('hard links: one file with two names', async (t) => {
    const { path, played } = playedIn(t);
    fs.mkdirSync(join(path, 'folder'));
    fs.writeFileSync(join(path, 'file'), 'x');
    const link = (from, to, flags = 0) =>
        played.errno('path_link', 3, flags, ...played.path(from), 3, ...played.path(to));
    assert.equal(await link('file', 'folder/link'), 'SUCCESS');
    const [file, linked] = [await played.stat('file'), await played.stat('folder/link')];
    assert.deepEqual(file, linked);
    assert.equal(file.nlink, 2);
    assert.equal(await link('file', 'file'), 'EXIST');
    assert.equal(await link('file', 'new/'), 'NOENT');
    assert.equal(await link('missing', 'new'), 'NOENT');
    assert.equal(await link('folder', 'new'), 'PERM');
    assert.equal(await link('file', 'new', 1), 'INVAL');
    await played.wasi.end();
});

test('removing and renaming', async (t) => {
    const { path, played } = playedIn(t);
    const make = (name) => played.errno('path_create_directory', 3, ...played.path(name));
    const unlink = (name) => played.errno('path_unlink_file', 3, ...played.path(name));
    const rmdir = (name) => played.errno('path_remove_directory', 3, ...played.path(name));
    const rename = (from, to) => played.errno('path_rename', 3, ...played.path(from), 3, ...played.path(to));
    assert.equal(await make('a'), 'SUCCESS');
    assert.equal(await make('a/b/'), 'SUCCESS');
    assert.equal(await make('a'), 'EXIST');
    assert.equal(await make('.'), 'EXIST');
    assert.equal(await make('x/y'), 'NOENT');
    fs.writeFileSync(join(path, 'file'), 'x');
    assert.equal(await unlink('a'), 'ISDIR');
    assert.equal(await unlink('file/'), 'NOTDIR');
    assert.equal(await unlink('missing'), 'NOENT');
    assert.equal(await rmdir('file'), 'NOTDIR');
    assert.equal(await rmdir('a'), 'NOTEMPTY');
    assert.equal(await rmdir('missing'), 'NOENT');
    assert.equal(await rmdir('.'), 'BUSY');
    assert.equal(await rename('file', 'a'), 'ISDIR');
    assert.equal(await rename('a', 'file'), 'NOTDIR');
    assert.equal(await rename('file', 'new/'), 'NOTDIR');
    assert.equal(await rename('a', 'a/b/c'), 'INVAL');
    assert.equal(await rename('missing', 'x'), 'NOENT');
    assert.equal(await rename('file', 'file'), 'SUCCESS');
    assert.equal(await rename('.', 'x'), 'BUSY');
    assert.equal(await rename('a/', 'c/'), 'SUCCESS');
    assert.equal(await unlink('file'), 'SUCCESS');
    assert.deepEqual(fs.readdirSync(path), ['c']);
    await played.wasi.end();
});

test('a directory that is open goes where it is renamed to, and is gone when it is removed', async (t) => {
    const { path, played } = playedIn(t);
    fs.mkdirSync(join(path, 'a/inner'), { recursive: true });
    fs.writeFileSync(join(path, 'a/inner/file'), 'moved');
    const outer = await played.open('a', { oflags: DIRECTORY });
    const inner = await played.open('a/inner', { oflags: DIRECTORY });
    const file = await played.open('a/inner/file', { rights: BOTH });
    await played.call('path_rename', 3, ...played.path('a'), 3, ...played.path('b'));
    assert.equal(await played.read(await played.open('file', { fd: inner })), 'moved');
    assert.equal(await played.openErrno('../..', { fd: inner }), 'NOTCAPABLE');
    await played.call('fd_fdstat_set_flags', file, APPEND);
    await played.write(file, ', and appended');
    assert.equal(await played.read(await played.open('inner/file', { fd: outer })), 'moved, and appended');
    await played.call('path_unlink_file', inner, ...played.path('file'));
    await played.call('path_remove_directory', outer, ...played.path('inner'));
    fs.mkdirSync(join(path, 'b/inner'));
    assert.equal(await played.openErrno('file', { fd: inner, oflags: CREAT }), 'NOENT');
    assert.equal(await played.errno('fd_filestat_get', inner, 64), 'NOENT');
    assert.equal(await played.errno('fd_readdir', inner, 64, 100, 0n, 68), 'NOENT');
    await played.wasi.end();
});

test('entries: . and .. first, inodes as stat has them, cookies that last', async (t) => {
    const { path, played } = playedIn(t);
    fs.mkdirSync(join(path, 'folder/inner'), { recursive: true });
    for (let index = 0; index < 100; index++) fs.writeFileSync(join(path, `folder/file-${index}`), '');
    fs.symlinkSync('file-1', join(path, 'folder/link'));
    const fd = await played.open('folder', { oflags: DIRECTORY });
    const { entries } = await played.readdir(fd, { length: 10_000 });
    assert.deepEqual(entries.slice(0, 2).map(({ name, type }) => [name, type]), [['.', 3], ['..', 3]]);
    assert.equal(entries[0].ino, (await played.fstat(fd)).ino);
    assert.equal(entries.length, 104);
    const types = Object.fromEntries(entries.map(({ name, type }) => [name, type]));
    assert.deepEqual([types.inner, types.link, types['file-0']], [3, 7, 4]);
    for (const { name, ino } of entries.slice(2)) {
        assert.equal(ino, (await played.stat(`folder/${name}`, { follow: 0 })).ino, name);
    }
    // In pieces, while what has been listed is removed.
    const names = [];
    let cookie = 0n;
    for (;;) {
        const piece = await played.readdir(fd, { length: 300, cookie });
        for (const { name, next, ino } of piece.entries) {
            names.push(name);
            cookie = next;
            assert.notEqual(ino, 0n);
            if (name.startsWith('file')) fs.rmSync(join(path, 'folder', name));
        }
        if (!piece.isFull) break;
    }
    assert.equal(names.length, 104);
    assert.equal(new Set(names).size, 104);
    const after = await played.readdir(fd);
    assert.deepEqual(after.entries.map(({ name }) => name).sort(), ['.', '..', 'inner', 'link']);
    const root = await played.readdir(3);
    assert.equal(root.entries[0].ino, root.entries[1].ino);
    assert.equal(await played.errno('fd_readdir', 0, 64, 100, 0n, 68), 'NOTDIR');
    await played.wasi.end();
});

test('times are kept to the nanosecond, and those that others set are seen', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'x');
    fs.symlinkSync('file', join(path, 'link'));
    const [atim, mtim] = [1_700_000_000_123_456_789n, 1_600_000_000_987_654_321n];
    const set = (name, flags, which, a = atim, m = mtim) =>
        played.errno('path_filestat_set_times', 3, flags, ...played.path(name), a, m, which);
    assert.equal(await set('file', 1, 1 | 4), 'SUCCESS');
    const stats = await played.stat('file');
    assert.deepEqual([stats.atim, stats.mtim], [atim, mtim]);
    const off = fs.statSync(join(path, 'file'), { bigint: true }).mtimeNs - mtim;
    assert.ok(-1_000_000n < off && off < 1_000_000n, `${off}`);
    assert.equal(await set('link', 0, 4, 0n, 5n), 'SUCCESS');
    assert.deepEqual([(await played.stat('link', { follow: 0 })).mtim, (await played.stat('file')).mtim], [5n, mtim]);
    assert.equal(await set('link', 1, 4, 0n, mtim + 1n), 'SUCCESS');
    assert.deepEqual([(await played.stat('file')).atim, (await played.stat('file')).mtim], [atim, mtim + 1n]);
    const fd = await played.open('file', { rights: BOTH });
    await played.call('fd_filestat_set_times', fd, 7n, 0n, 1 | 8);
    const now = await played.fstat(fd);
    assert.equal(now.atim, 7n);
    assert.ok(now.mtim > 1_700_000_000_000_000_000n);
    assert.equal(await set('file', 1, 1 | 2), 'INVAL');
    assert.equal(await played.errno('fd_filestat_set_times', fd, 0n, 0n, 4 | 8), 'INVAL');
    await played.call('fd_filestat_set_times', 3, atim, mtim, 1 | 4);
    assert.equal((await played.fstat(3)).mtim, mtim);
    fs.utimesSync(join(path, 'file'), 1, 2);
    assert.equal((await played.stat('file')).mtim, 2_000_000_000n);
    // To write changes what was set.
    await set('file', 1, 4);
    await played.write(fd, 'changed');
    assert.notEqual((await played.stat('file')).mtim, mtim);
    await played.wasi.end();
});

test('a host that takes nanoseconds is given them, and only what changes', async (t) => {
    const path = folder(t);
    fs.writeFileSync(join(path, 'file'), '');
    const name = join(path, 'file');
    const set = [];
    const host = {
        ...withHandles(() => ({ utimesNs: async (...times) => void set.push(times) })),
        utimesNs: async (...times) => void set.push(times),
    };
    const played = new Played({ fs: host });
    await played.call('path_filestat_set_times', 3, 1, ...played.path(name.slice(1)), 1n, 2n, 4);
    const fd = await played.open(name.slice(1), { rights: BOTH });
    await played.call('fd_filestat_set_times', fd, 3n, 4n, 1 | 4);
    assert.deepEqual(set, [[name, undefined, 2n, false], [3n, 4n]]);
    await played.wasi.end();
});

test('several directories are mounted, and lead to no other', async (t) => {
    const [root, other] = [folder(t), folder(t)];
    fs.writeFileSync(join(root, 'file'), 'root');
    fs.writeFileSync(join(other, 'file'), 'other');
    fs.symlinkSync('../file', join(other, 'up'));
    const played = new Played({ fs: { '/': root, '/tmp/deep': other } });
    assert.equal(await played.read(await played.open('tmp/deep/file')), 'other');
    assert.equal(await played.read(await played.open('file', { fd: 4 })), 'other');
    assert.deepEqual((await played.readdir(3)).entries.map(({ name }) => name).sort(), ['.', '..', 'file', 'tmp']);
    const between = await played.open('tmp', { oflags: DIRECTORY });
    assert.deepEqual((await played.readdir(between)).entries.map(({ name }) => name), ['.', '..', 'deep']);
    assert.equal(await played.openErrno('../file', { fd: 4 }), 'NOTCAPABLE');
    const rename = (from, to) => played.errno('path_rename', 3, ...played.path(from), 3, ...played.path(to));
    assert.equal(await rename('file', 'tmp/deep/new'), 'XDEV');
    assert.equal(await rename('tmp/deep', 'x'), 'BUSY');
    assert.equal(await played.errno('path_link', 3, 0, ...played.path('file'), 4, ...played.path('new')), 'XDEV');
    assert.equal(await played.errno('path_remove_directory', 3, ...played.path('tmp/deep')), 'BUSY');
    assert.equal(await played.openErrno('up', { fd: 4 }), 'NOTCAPABLE');
    await played.wasi.end();
});

test('from the working directory paths go up, as far as something is mounted', async (t) => {
    const { path, played } = playedIn(t, { cwd: '/project/src' });
    fs.mkdirSync(join(path, 'project/src'), { recursive: true });
    fs.mkdirSync(join(path, 'etc'));
    fs.writeFileSync(join(path, 'etc/hosts'), 'hosts');
    fs.writeFileSync(join(path, 'project/file'), 'file');
    await played.call('fd_prestat_dir_name', 4, 64, 1);
    assert.equal(played.bytes(64, 1).toString(), '.');
    assert.equal(await played.read(await played.open('../file', { fd: 4 })), 'file');
    assert.equal(await played.read(await played.open('../../etc/hosts', { fd: 4 })), 'hosts');
    assert.equal(await played.openErrno('../../../etc/hosts', { fd: 4 }), 'NOTCAPABLE');
    await played.open('new', { fd: 4, oflags: CREAT, rights: BOTH });
    assert.ok(fs.existsSync(join(path, 'project/src/new')));
    await played.wasi.end();
});

test('a path that libc has made relative is found at the root, where nothing can go wrong by it', async (t) => {
    const { path, played } = playedIn(t, { cwd: '/project/src' });
    fs.mkdirSync(join(path, 'project/src'), { recursive: true });
    fs.mkdirSync(join(path, 'etc'));
    fs.writeFileSync(join(path, 'etc/hosts'), 'hosts');
    assert.equal(await played.read(await played.open('etc/hosts', { fd: 4 })), 'hosts');
    assert.equal((await played.stat('etc/hosts', { fd: 4 })).size, 5);
    await played.open('project/src/new', { fd: 4, oflags: CREAT, rights: BOTH });
    assert.ok(fs.existsSync(join(path, 'project/src/new')));
    // What would change something, or could be a directory that is to be made or removed.
    assert.equal(await played.openErrno('etc', { fd: 4, oflags: DIRECTORY }), 'NOENT');
    assert.equal(await played.openErrno('etc/hosts', { fd: 4, rights: READ | WRITE }), 'NOENT');
    assert.equal(await played.openErrno('etc/new', { fd: 4, oflags: CREAT }), 'NOENT');
    assert.equal(await played.errno('path_unlink_file', 4, ...played.path('etc/hosts')), 'NOENT');
    assert.equal(await played.errno('path_filestat_get', 4, 1, ...played.path('etc'), 64), 'NOENT');
    assert.equal(await played.errno('path_create_directory', 4, ...played.path('etc')), 'SUCCESS');
    assert.equal(await played.openErrno('etc/hosts', { fd: 4 }), 'NOENT');
    await played.wasi.end();
});

test('without files a program runs, and has none', async () => {
    const played = new Played({ fs: {}, stdin: 'x' });
    assert.equal(await played.errno('fd_prestat_get', 3, 64), 'BADF');
    assert.equal(await played.read(0), 'x');
});

test('a host without links, inodes and times: what it has not is not supported, the rest is kept here', async (t) => {
    const path = folder(t);
    const own = fs.promises;
    const plain = ({ size, mtimeMs }, stats) => ({
        size,
        mtimeMs,
        isFile: () => stats.isFile(),
        isDirectory: () => stats.isDirectory(),
    });
    const lstat = async (name) => {
        const stats = await own.lstat(join(path, name));
        return plain(stats, stats);
    };
    const host = {
        lstat,
        stat: lstat,
        realpath: async (name) => name,
        readdir: (name, options) => own.readdir(join(path, name), options),
        mkdir: (name) => own.mkdir(join(path, name)),
        rename: (from, to) => own.rename(join(path, from), join(path, to)),
        async open(name, ...args) {
            const handle = await own.open(join(path, name), ...args);
            return {
                read: (...args) => handle.read(...args),
                write: (...args) => handle.write(...args),
                async stat() {
                    const stats = await handle.stat();
                    return plain(stats, stats);
                },
                close: () => handle.close(),
            };
        },
    };
    const played = new Played({ fs: host });
    await played.call('path_create_directory', 3, ...played.path('folder'));
    const fd = await played.open('folder/file', { oflags: CREAT, rights: BOTH });
    await played.write(fd, 'x');
    const { ino, nlink, dev } = await played.stat('folder/file');
    assert.notEqual(ino, 0n);
    assert.deepEqual([nlink, dev], [1, 1n]);
    assert.equal((await played.fstat(fd)).ino, ino);
    const { entries } = await played.readdir(await played.open('folder', { oflags: DIRECTORY }));
    assert.equal(entries[2].ino, ino);
    await played.call('path_rename', 3, ...played.path('folder'), 3, ...played.path('moved'));
    assert.equal((await played.stat('moved/file')).ino, ino);
    assert.equal(await played.errno('path_symlink', ...played.path('x'), 3, ...played.path('link')), 'NOTSUP');
    assert.equal(await played.errno('path_link', 3, 0, ...played.path('moved/file'), 3, ...played.path('x')), 'NOTSUP');
    assert.equal(await played.errno('path_filestat_set_times', 3, 0, ...played.path('moved'), 0n, 0n, 4), 'NOTSUP');
    assert.equal(await played.errno('fd_filestat_set_times', fd, 0n, 0n, 4), 'NOTSUP');
    assert.equal(await played.errno('path_unlink_file', 3, ...played.path('moved/file')), 'NOTSUP');
    await played.wasi.end();
});

test('a host\'s error without a code is an error of input and output, a mistake is not hidden', async () => {
    const at = (lstat) => new Played({ fs: { ...fs.promises, lstat, realpath: lstat } });
    const offline = at(async () => {
        throw new Error('offline');
    });
    assert.equal(await offline.openErrno('file'), 'IO');
    const broken = at(async () => {
        throw new TypeError('x is not a function');
    });
    await assert.rejects(broken.openErrno('file'), /not a function/);
});

test('a pipe has no positions, and is read as it comes', async (t) => {
    const { path, played } = playedIn(t);
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(path, 'pipe')]);
    const opening = played.open('pipe');
    const writer = await fs.promises.open(join(path, 'pipe'), 'w');
    const fd = await opening;
    await writer.write('through the pipe');
    assert.equal(await played.read(fd), 'through the pipe');
    assert.equal(await played.errno('fd_seek', fd, 0n, 0, 64), 'SPIPE');
    await writer.close();
    assert.equal(await played.read(fd), '');
    await played.wasi.end();
});

test('a poll of a file is ready at once, with what is left of it', async (t) => {
    const { path, played } = playedIn(t);
    fs.writeFileSync(join(path, 'file'), 'abcdef');
    const fd = await played.open('file');
    await played.read(fd, 2);
    const { args, events } = played.polling([{ id: 1, read: fd }, { id: 2, write: fd }]);
    assert.equal(played.now('poll_oneoff', ...args), 0);
    assert.deepEqual(events().map(({ id, size, errno }) => [id, size, errno]), [[1, 4, 'SUCCESS'], [2, 0, 'SUCCESS']]);
    await played.wasi.end();
});

test('in a panic files are written, and no path is touched', async (t) => {
    const { path, played } = playedIn(t);
    const fd = await played.open('log', { oflags: CREAT, rights: BOTH });
    played.wasi.panicked();
    const args = played.writing(Buffer.alloc(600_000, 'x'));
    for (let index = 0; index < 3; index++) assert.equal(played.now('fd_write', fd, ...args, 64), 0);
    assert.equal(await played.errno('path_unlink_file', 3, ...played.path('log')), 'NOTSUP');
    assert.equal(await played.errno('fd_sync', fd), 'NOTSUP');
    await played.wasi.end();
    assert.equal(fs.statSync(join(path, 'log')).size, 1_800_000);
});

test('an aborted program leaves what it has written', async (t) => {
    const path = folder(t);
    const controller = new AbortController();
    const played = new Played({ fs: path, signal: controller.signal });
    const fd = await played.open('file', { oflags: CREAT, rights: BOTH });
    await played.write(fd, 'written');
    controller.abort();
    await played.wasi.end();
    assert.equal(fs.readFileSync(join(path, 'file'), 'utf8'), 'written');
});
