// Preview 1: the process, its standard streams, clocks, polls and sockets; files are in `wasi-files.test.mjs`.

import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';

import { createMemory } from '../../js/host/fs/memory.js';
import { createWasi, Exit, WAITING } from '../../js/wasi/index.js';
import { Played, NONBLOCK, READ, WRITE } from './wasi.mjs';

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A promise, and what resolves it. */
function later() {
    let resolve;
    const promise = new Promise((done) => (resolve = done));
    return { promise, resolve };
}

/** A web stream that is written to and takes nothing until it is told to. */
function slow() {
    const taken = [];
    const gate = later();
    const stream = new WritableStream({
        async write(bytes) {
            await gate.promise;
            taken.push(Buffer.from(bytes).toString());
        },
    });
    return { stream, taken, open: gate.resolve };
}

test('all 46 functions of preview 1 are there, and only some may wait', () => {
    const names = Object.keys(new Played().wasi.imports);
    assert.equal(names.length, 46);
    assert.equal(WAITING.length, 27);
    assert.deepEqual(WAITING.filter((name) => !names.includes(name)), []);
});

test('arguments and the environment are texts, each with its end', async () => {
    const played = new Played({ args: ['program', 'ä b'], env: { HOME: '/me', EMPTY: '' } });
    for (const [name, sizes, texts] of [
        ['args_get', 'args_sizes_get', ['program', 'ä b']],
        ['environ_get', 'environ_sizes_get', ['HOME=/me', 'EMPTY=']],
    ]) {
        await played.call(sizes, 64, 68);
        const all = texts.map((text) => `${text}\0`).join('');
        assert.equal(played.view.getUint32(64, true), texts.length);
        assert.equal(played.view.getUint32(68, true), Buffer.byteLength(all));
        const [pointers, buffer] = [played.piece(4 * texts.length), played.piece(100)];
        await played.call(name, pointers, buffer);
        assert.equal(played.bytes(buffer, Buffer.byteLength(all)).toString(), all);
        assert.equal(played.view.getUint32(pointers + 4, true), buffer + Buffer.byteLength(`${texts[0]}\0`));
    }
});

test('a text with a NUL in it is no argument and no variable', () => {
    assert.throws(() => createWasi({ fs: {}, args: ['a\0b'] }), /NUL/);
    assert.throws(() => createWasi({ fs: {}, env: { A: '\0' } }), /NUL/);
});

test('a pointer that leads nowhere is an error, and a call goes on in a memory that has grown', async () => {
    const chunk = later();
    const played = new Played({ stdin: () => chunk.promise });
    assert.equal(await played.errno('random_get', -8, 100), 'FAULT');
    assert.equal(await played.errno('fd_write', 1, 0x7fff_0000, 1, 64), 'FAULT');
    assert.equal(await played.errno('args_sizes_get', 4 * 65536 - 2, 64), 'FAULT');
    const reading = played.read(0);
    played.memory.grow(3);
    chunk.resolve('grown');
    assert.equal(await reading, 'grown\n');
});

test('a program ends with its code, and a signal ends it as in a shell', () => {
    const { imports } = new Played().wasi;
    assert.throws(
        () => imports.proc_exit(7),
        (error) => error instanceof Exit && error.code === 7,
    );
    assert.throws(
        () => imports.proc_raise(6),
        (error) => error instanceof Exit && error.code === 134,
    );
    assert.equal(imports.proc_raise(27), 0);
});

test('random bytes differ, more than the host gives at once', async () => {
    const played = new Played();
    const size = 150_000;
    const at = played.piece(size);
    await played.call('random_get', at, size);
    const bytes = played.bytes(at, size);
    for (const start of [0, 65_536, 131_072, size - 32]) {
        assert.notEqual(bytes.subarray(start, start + 32).toString('hex'), '00'.repeat(32));
    }
});

test('clocks: the time of day is JavaScript\'s to the millisecond, the other never goes back', async () => {
    const played = new Played();
    const time = (id) => {
        assert.equal(played.now('clock_time_get', id, 1n, 64), 0);
        return played.view.getBigUint64(64, true);
    };
    let last = 0n;
    for (let round = 0; round < 1000; round++) {
        const before = BigInt(Date.now()) * 1_000_000n;
        const now = time(0);
        const after = BigInt(Date.now() + 1) * 1_000_000n;
        assert.ok(before <= now && now < after, `${before} ${now} ${after}`);
        const monotonic = time(1);
        assert.ok(monotonic >= last);
        last = monotonic;
    }
    assert.ok(time(2) >= 0n);
    assert.ok(time(3) >= 0n);
    assert.equal(await played.errno('clock_time_get', 4, 1n, 64), 'INVAL');
    await played.call('clock_res_get', 1, 64);
    assert.ok(played.view.getBigUint64(64, true) > 0n);
});

test('what is written goes out at once and in order, without its line\'s end', async () => {
    const out = [];
    const played = new Played({ stdout: (text) => out.push(`o:${text}`), stderr: (text) => out.push(`e:${text}`) });
    const write = (fd, text) => played.now('fd_write', fd, ...played.writing(text), 64);
    assert.equal(write(1, 'a'), 0);
    assert.deepEqual(out, ['o:a']);
    assert.equal(write(2, 'b\n'), 0);
    assert.equal(write(1, 'c'), 0);
    assert.deepEqual(out, ['o:a', 'e:b\n', 'o:c']);
    await played.wasi.end();
    assert.deepEqual(out, ['o:a', 'e:b\n', 'o:c']);
});

test('pieces of a write are one, and none is a write of nothing', async () => {
    const out = [];
    const played = new Played({ stdout: (text) => out.push(text) });
    const vectors = played.piece(24);
    for (const [index, text] of ['ab', '', 'cd'].entries()) {
        played.view.setUint32(vectors + 8 * index, played.piece(text), true);
        played.view.setUint32(vectors + 8 * index + 4, text.length, true);
    }
    await played.call('fd_write', 1, vectors, 3, 64);
    assert.equal(played.view.getUint32(64, true), 4);
    assert.equal(await played.write(1, ''), 0);
    assert.deepEqual(out, ['abcd']);
});

test('a write waits for a stream that is full, and everything arrives before the end', async () => {
    const { stream, taken, open } = slow();
    const played = new Played({ stdout: stream });
    assert.equal(played.now('fd_write', 1, ...played.writing('first'), 64), 0);
    const second = played.now('fd_write', 1, ...played.writing('second'), 64);
    assert.ok(second instanceof Promise);
    assert.deepEqual(taken, []);
    open();
    assert.equal(await second, 0);
    await played.wasi.end();
    assert.deepEqual(taken, ['first', 'second']);
    // Its lock has been given back.
    await stream.close();
});

test('in a panic writes are taken at once, and nothing waits', async () => {
    const { stream, taken, open } = slow();
    const played = new Played({ stdout: stream, stdin: () => new Promise(() => {}) });
    await played.write(1, 'before');
    played.wasi.panicked();
    for (const text of ['panicked', ' at src/main.rs']) {
        assert.equal(played.now('fd_write', 1, ...played.writing(text), 64), 0);
    }
    const { args } = played.reading(10);
    assert.equal(played.now('fd_read', 0, ...args, 64), 58);
    assert.equal(await played.errno('sched_yield'), 'NOTSUP');
    open();
    await played.wasi.end();
    assert.deepEqual(taken, ['before', 'panicked', ' at src/main.rs']);
});

test('an input that fails is asked again, whether it throws or rejects', async () => {
    const answers = [
        () => {
            throw new Error('at once');
        },
        () => Promise.reject(new Error('later')),
        () => ({ value: 17 }),
        () => ({ value: 'text' }),
        async () => ({ done: true }),
    ];
    const played = new Played({ stdin: { next: () => answers.shift()() } });
    const read = () => played.read(0, 10);
    for (let i = 0; i < 3; i++) await assert.rejects(read, /IO/);
    assert.equal(String(await read()), 'text');
    assert.equal(String(await read()), '');
    assert.equal(answers.length, 0);
});

test('a stream that fails is told by the next write; by the end only if there was none', async () => {
    const gone = () => Object.assign(new Error('gone'), { code: 'EPIPE' });
    const broken = () => new Writable({ write: (chunk, encoding, done) => done(gone()) });
    const told = new Played({ stdout: broken() });
    await told.write(1, 'lost');
    await turn();
    assert.equal(await told.errno('fd_write', 1, ...told.writing('more'), 64), 'PIPE');
    await told.wasi.end();
    const untold = new Played({ stdout: broken() });
    await untold.write(1, 'lost');
    await assert.rejects(untold.wasi.end(), /gone/);
    const strange = new Played({
        stdout: () => {
            throw new TypeError('what');
        },
    });
    await strange.write(1, 'lost');
    assert.equal(await strange.errno('fd_write', 1, ...strange.writing('more'), 64), 'IO');
});

test('a poll for room ends when a stream has failed', async () => {
    const played = new Played({
        stdout: new WritableStream({
            async write() {
                throw new Error('gone');
            },
        }),
    });
    await played.write(1, 'lost');
    const [event] = await played.poll({ id: 1, write: 1 });
    assert.equal(event.id, 1);
    assert.equal(await played.errno('fd_write', 1, ...played.writing('more'), 64), 'IO');
});

test('standard input is read as it comes, and what is left of a chunk is next', async () => {
    const inputs = {
        text: 'one two',
        bytes: new TextEncoder().encode('one two'),
        web: new Blob(['one two']).stream(),
        node: PassThrough.from([Buffer.from('one '), Buffer.from('two')]),
        iterator: (async function* () {
            yield 'one ';
            yield '';
            yield new TextEncoder().encode('two');
        })(),
    };
    for (const [name, stdin] of Object.entries(inputs)) {
        const played = new Played({ stdin });
        assert.equal(await played.read(0, 2), 'on', name);
        let rest = '';
        for (let more = await played.read(0); more !== ''; more = await played.read(0)) rest += more;
        assert.equal(rest, 'e two', name);
        assert.equal(await played.read(0), '', name);
    }
});

test('what is there already is read without waiting', async () => {
    const played = new Played({ stdin: 'abcdef' });
    await played.read(0, 1);
    const { args, pointer } = played.reading(2);
    assert.equal(played.now('fd_read', 0, ...args, 64), 0);
    assert.equal(played.bytes(pointer, 2).toString(), 'bc');
});

test('a chunk that comes when the clock has won is not lost', async () => {
    const first = later();
    const lines = [first.promise, null];
    const played = new Played({ stdin: () => lines.shift() });
    const events = await played.poll({ id: 1, clock: 1, timeout: 1_000_000n }, { id: 2, read: 0 });
    assert.deepEqual(events.map(({ id }) => id), [1]);
    first.resolve('late');
    const [event] = await played.poll({ id: 1, clock: 1, timeout: 60_000_000_000n }, { id: 2, read: 0 });
    assert.deepEqual([event.id, event.size, event.isOver], [2, 5, false]);
    assert.equal(await played.read(0), 'late\n');
    assert.equal(await played.read(0), '');
    const [over] = await played.poll({ id: 2, read: 0 });
    assert.deepEqual([over.size, over.isOver], [0, true]);
});

test('one program reads on in a stream where another has ended', async () => {
    const stdin = new PassThrough();
    const first = new Played({ stdin });
    await first.poll({ id: 1, clock: 1, timeout: 0n }, { id: 2, read: 0 });
    await first.wasi.end();
    const second = new Played({ stdin });
    stdin.write('for the second');
    assert.equal(await second.read(0), 'for the second');
    const web = new ReadableStream({ start: (controller) => controller.enqueue('a') });
    const third = new Played({ stdin: web });
    assert.equal(await third.read(0), 'a');
    await third.wasi.end();
    assert.equal(web.locked, false);
});

test('standard input that does not block has something, or nothing yet', async () => {
    const chunk = later();
    const played = new Played({ stdin: () => chunk.promise });
    await played.call('fd_fdstat_set_flags', 0, NONBLOCK);
    const { args } = played.reading(10);
    assert.equal(await played.errno('fd_read', 0, ...args, 64), 'AGAIN');
    chunk.resolve('now');
    await turn();
    assert.equal(await played.read(0), 'now\n');
});

test('streams: a terminal is a device that cannot seek, others are of no kind', async () => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true });
    const played = new Played({ stdout });
    const { rights } = await played.fdstat(2);
    assert.deepEqual(await played.fdstat(1), { type: 2, flags: 0, rights, inheriting: 0n });
    const input = await played.fdstat(0);
    assert.equal(input.type, 0);
    assert.equal(input.rights & (READ | WRITE | 4n | 32n), READ);
    const stats = await played.fstat(1);
    assert.deepEqual([stats.type, stats.size, stats.mtim, stats.ino], [2, 0, 0n, 0n]);
    for (const [name, ...args] of [
        ['fd_seek', 1, 0n, 0, 64],
        ['fd_tell', 0, 64],
        ['fd_pread', 0, ...played.reading(1).args, 0n, 64],
        ['fd_pwrite', 1, ...played.writing('x'), 0n, 64],
    ]) {
        assert.equal(await played.errno(name, ...args), 'SPIPE', name);
    }
    assert.equal(await played.errno('fd_write', 0, ...played.writing('x'), 64), 'BADF');
    assert.equal(await played.errno('fd_read', 1, ...played.reading(1).args, 64), 'BADF');
    assert.equal(await played.errno('fd_read', 77, ...played.reading(1).args, 64), 'BADF');
});

test('a poll whose time has come returns at once, a sleep does not', async () => {
    const played = new Played();
    const none = played.polling([{ id: 5, clock: 1, timeout: 0n }]);
    assert.equal(played.now('poll_oneoff', ...none.args), 0);
    assert.deepEqual(none.events(), [{ id: 5, errno: 'SUCCESS', type: 0, size: 0, isOver: false }]);
    const past = played.polling([{ id: 6, clock: 0, timeout: 1n, isAbsolute: true }]);
    assert.equal(played.now('poll_oneoff', ...past.args), 0);
    const start = performance.now();
    const [first, second] = [5_000_000n, 9_000_000_000n];
    const events = await played.poll({ id: 1, clock: 1, timeout: first }, { id: 2, clock: 1, timeout: second });
    assert.deepEqual(events.map(({ id }) => id), [1]);
    assert.ok(performance.now() - start >= 5);
    assert.equal(await played.errno('poll_oneoff', 64, 64, 0, 64), 'INVAL');
    assert.equal(await played.errno('poll_oneoff', 64, 64, -1, 64), 'FAULT');
    const events2 = await played.poll({ id: 1, read: 99 }, { id: 2, write: 1 });
    assert.deepEqual(events2.map(({ id, errno }) => [id, errno]), [[1, 'BADF'], [2, 'SUCCESS']]);
});

test('a program that only looks lets the stream come in', async () => {
    const stdin = new PassThrough();
    const played = new Played({ stdin });
    setTimeout(() => stdin.write('here'), 1);
    for (let looks = 0; ; looks++) {
        const events = await played.poll({ id: 1, clock: 1, timeout: 0n }, { id: 2, read: 0 });
        if (events.some(({ id }) => id === 2)) break;
    }
    assert.equal(await played.read(0), 'here');
});

test('to yield lets the others run', async () => {
    const played = new Played();
    let ran = false;
    setImmediate(() => (ran = true));
    await played.call('sched_yield');
    assert.ok(ran);
});

test('an aborted program: what waits is rejected with the reason, and all that is called later', async () => {
    const controller = new AbortController();
    const played = new Played({ signal: controller.signal, stdin: () => new Promise(() => {}), stdout: slow().stream });
    const reason = new Error('enough');
    await played.write(1, 'never accepted');
    const waits = [played.read(0), played.poll({ id: 1, clock: 1, timeout: 3_600_000_000_000n }), played.write(1, 'x')];
    const rejections = waits.map((wait) => assert.rejects(wait, reason));
    controller.abort(reason);
    await Promise.all(rejections);
    assert.throws(() => played.now('clock_time_get', 0, 1n, 64), reason);
    await assert.rejects(played.read(0), reason);
    await played.wasi.end();
});

test('what an aborted program waited to write does not arrive when it has ended', async () => {
    const controller = new AbortController();
    const gate = later();
    const taken = [];
    const write = (bytes) => {
        taken.push(Buffer.from(bytes).toString());
        return gate.promise;
    };
    const played = new Played({ signal: controller.signal, stdout: { write } });
    await played.write(1, 'first');
    const second = assert.rejects(played.write(1, 'second'), /enough/);
    controller.abort(new Error('enough'));
    await second;
    await played.wasi.end();
    gate.resolve();
    await turn();
    assert.deepEqual(taken, ['first']);
});

test('sockets: a pair of web streams', async () => {
    const sent = [];
    let isClosed = false;
    const readable = new Blob(['hello']).stream();
    const writable = new WritableStream({
        write: (bytes) => void sent.push(Buffer.from(bytes).toString()),
        close: () => void (isClosed = true),
    });
    const played = new Played({ sockets: { 5: { readable, writable } } });
    assert.equal((await played.fdstat(5)).type, 6);
    const recv = async (length, flags) => {
        const { args, pointer } = played.reading(length);
        await played.call('sock_recv', 5, ...args, flags, 64, 68);
        return played.bytes(pointer, played.view.getUint32(64, true)).toString();
    };
    assert.equal(await recv(3, 1), 'hel');
    assert.equal(await recv(2, 0), 'he');
    assert.equal(await recv(10, 2), 'llo');
    assert.equal(await played.read(5), '');
    await played.call('sock_send', 5, ...played.writing('bye'), 0, 64);
    assert.equal(played.view.getUint32(64, true), 3);
    assert.equal(await played.errno('sock_shutdown', 5, 0), 'INVAL');
    await played.call('sock_shutdown', 5, 2);
    assert.equal(await played.errno('sock_send', 5, ...played.writing('more'), 0, 64), 'PIPE');
    assert.equal(await played.errno('sock_shutdown', 1, 2), 'NOTSOCK');
    assert.equal(await played.errno('sock_shutdown', 9, 2), 'BADF');
    assert.equal(await played.errno('sock_accept', 5, 0, 64), 'NOTSOCK');
    await played.wasi.end();
    assert.deepEqual([sent, isClosed], [['bye'], true]);
});

test('sockets: a server whose connections are accepted', async () => {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const played = new Played({ sockets: { 3: server } });
    // libc looks for directories from 3 on, and must not stop there.
    await played.call('fd_prestat_get', 3, 64);
    assert.equal(played.view.getUint32(64, true), 1);
    await played.call('fd_fdstat_set_flags', 3, NONBLOCK);
    assert.equal(await played.errno('sock_accept', 3, 0, 64), 'AGAIN');
    await played.call('fd_fdstat_set_flags', 3, 0);
    const client = connect(server.address().port, '127.0.0.1');
    client.end('request');
    const [event] = await played.poll({ id: 1, read: 3 });
    assert.equal(event.errno, 'SUCCESS');
    await played.call('sock_accept', 3, 0, 64);
    const fd = played.view.getUint32(64, true);
    let request = '';
    for (let more = await played.read(fd); more !== ''; more = await played.read(fd)) request += more;
    assert.equal(request, 'request');
    await played.write(fd, 'answer');
    await played.close(fd);
    let answer = '';
    for await (const chunk of client) answer += chunk;
    assert.equal(answer, 'answer');
    await played.wasi.end();
    server.close();
});

test('what cannot be a socket is refused before the program starts', () => {
    assert.throws(() => createWasi({ fs: {}, sockets: { 1: {} } }), /from 3 on/);
    assert.throws(() => createWasi({ fs: {}, sockets: { 4: {} } }), TypeError);
});

test('a program that waits only for what is in memory leaves others their turn', async () => {
    const played = new Played({ fs: createMemory({ '/a': 'abc' }) });
    let isOver = false;
    setTimeout(() => (isOver = true), 0);
    for (let calls = 0; !isOver && calls < 200_000; calls++) await played.stat('a');
    assert.ok(isOver, 'so many calls, and no turn of the event loop');
});
