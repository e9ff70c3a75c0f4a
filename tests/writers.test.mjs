// suspendable::io::StreamWriter: std's `Write` over what JavaScript writes to.

import { assert, backend, inProcess, inTime, rejection, test, turn } from './support.mjs';
import * as web from './web/pkg/web.js';

await web.init({ backend });

const { Writer } = web;
const { Writable, PassThrough } = inProcess ? await import('node:stream') : {};
const NO_NODE = 'a browser has no streams of Node.js';
const bytes = (...numbers) => new Uint8Array(numbers);
const utf8 = (text) => new TextEncoder().encode(text);

/** Numbers that do not repeat soon. */
function random(seed) {
    let x = seed;
    return (below) => {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        return Math.floor((x / 2 ** 32) * below);
    };
}

function noise(length, seed = 1) {
    const next = random(seed);
    return Uint8Array.from({ length }, () => next(256));
}

/** All of `chunks`, one behind the other. */
function joined(chunks) {
    const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
    }
    return all;
}

/** What `deepEqual` says of thousands of bytes nobody reads. */
const isSame = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/**
 * The kinds of sink. Each gives what it was written to `accept`, which may wait or throw; `done` may throw
 * when it is closed; `log` has what became of it.
 */
const sinks = {
    'a WritableStream': ({ accept, done = () => {}, log = [] }, strategy = { highWaterMark: 1 }) =>
        new WritableStream(
            {
                write: accept,
                async close() {
                    await done();
                    log.push('closed');
                },
                abort: (reason) => void log.push(`aborted: ${reason}`),
            },
            strategy,
        ),
    'a WritableStream that counts bytes': (sink) =>
        sinks['a WritableStream'](sink, { highWaterMark: 1000, size: ({ length }) => length }),
    'a Node.js stream': ({ accept, done = () => {}, log = [] }, room = 1000) =>
        new Writable({
            highWaterMark: room,
            write(chunk, _encoding, callback) {
                (async () => accept(new Uint8Array(chunk)))().then(() => callback(), callback);
            },
            final(callback) {
                (async () => done())().then(() => {
                    log.push('closed');
                    callback();
                }, callback);
            },
            destroy(error, callback) {
                if (error) log.push(`aborted: ${error}`);
                callback(error);
            },
        }),
    'an object': ({ accept, done = () => {}, log = [] }) => ({
        write: async (chunk) => void (await accept(chunk)),
        async close() {
            await done();
            log.push('closed');
        },
        abort: (reason) => void log.push(`aborted: ${reason}`),
    }),
    'an object that writes at once': ({ accept, log = [] }) => ({
        write: accept,
        end: () => void log.push('closed'),
    }),
    'an object that writes less': ({ accept, log = [] }) => ({
        async write(chunk) {
            const some = chunk.subarray(0, Math.ceil(chunk.length / 2));
            await accept(some);
            return some.length % 2 ? some.length : { bytesWritten: some.length };
        },
        close: () => void log.push('closed'),
    }),
};

const kinds = (...but) =>
    Object.keys(sinks)
        .filter((name) => !but.includes(name))
        .map((name) => [name, sinks[name], { skip: name.includes('Node.js') && !inProcess && NO_NODE }]);

for (const [name, create, options] of kinds()) {
    test(`${name}: chunks of random sizes arrive as they were, and in order`, options, async () => {
        for (const seed of [1, 2, 3]) {
            const next = random(seed);
            const data = noise(20_000, seed);
            const lengths = Uint32Array.from({ length: 50 }, () => 1 + next(next(10) ? 50 : 5000));
            const [chunks, log] = [[], []];
            const accept = async (chunk) => {
                if (next(10) === 0) await turn();
                // A copy: it stays what it was.
                chunks.push(chunk);
            };
            const isAsync = name !== 'an object that writes at once';
            const sink = create({ accept: isAsync ? accept : (chunk) => void chunks.push(chunk), log });
            await inTime(web.writePieces(sink, data, lengths));
            assert.ok(isSame(joined(chunks), data));
            await turn();
            assert.deepEqual(log, ['closed']);
        }
    });

    test(`${name}: formatted, with std's BufWriter and without`, options, async () => {
        for (const buffered of [false, true]) {
            const chunks = [];
            await inTime(web.writeNumbers(create({ accept: (chunk) => void chunks.push(chunk) }), 300, buffered));
            const lines = Array.from({ length: 300 }, (_, n) => `${n}: ${String(n * n).padStart(8)}\n`);
            assert.equal(new TextDecoder().decode(joined(chunks)), lines.join(''));
        }
    });
}

for (const [name, create, options] of kinds('an object that writes less')) {
    test(`${name}: an error of a write is told, and stays`, options, async () => {
        const reason = new TypeError('no space');
        for (const nth of [1, 2, 7]) {
            let count = 0;
            const accept = (chunk) => {
                if (++count === nth) throw reason;
            };
            const log = [];
            const writer = new Writer(create({ accept, log }));
            const write = async () => {
                for (let i = 0; i < 20; i++) await writer.writeAll(bytes(i, i));
                await writer.flush();
            };
            const error = await rejection(inTime(write()));
            assert.equal(error.cause, reason);
            assert.equal(error.kind, 'Other');
            for (let i = 0; i < 2; i++) {
                assert.equal((await rejection(inTime(writer.write(bytes(1))))).cause, reason);
                assert.equal((await rejection(inTime(writer.flush()))).cause, reason);
                assert.equal((await rejection(inTime(writer.write(bytes())))).cause, reason);
            }
            assert.equal((await rejection(inTime(writer.close()))).cause, reason);
            assert.ok(!log.includes('closed'));
        }
    });
}

for (const [name, create, options] of kinds('an object that writes less', 'an object that writes at once')) {
    test(`${name}: an error at its end is close's`, options, async () => {
        const reason = new Error('at the end');
        const writer = new Writer(create({ accept() {}, done: () => Promise.reject(reason) }));
        await writer.writeAll(bytes(1));
        assert.equal((await rejection(inTime(writer.close()))).cause, reason);
    });
}

for (const [name, create, options] of kinds('an object that writes less', 'an object that writes at once')) {
    test(`${name}: dropped before it is closed, it is aborted`, options, async () => {
        const log = [];
        const writer = new Writer(create({ accept() {}, log }));
        await writer.writeAll(bytes(1));
        await writer.flush();
        writer.free();
        await turn();
        assert.deepEqual(log, ['aborted: Error: the writer was dropped before it was closed']);
    });
}

test('a reader at the other end does not take an aborted stream for a complete one', async () => {
    const { readable, writable } = new TransformStream();
    const text = new Response(readable).text();
    const writer = new Writer(writable);
    const written = writer.writeAll(utf8('half'));
    await written;
    writer.free();
    assert.match(String(await rejection(text)), /dropped|abort|error/i);
});

test('an error between two calls is told by the next', async () => {
    const reason = new Error('in between');
    let fail;
    const stream = new WritableStream({ start: (controller) => (fail = () => controller.error(reason)) });
    const writer = new Writer(stream);
    await writer.write(bytes(1));
    await writer.flush();
    fail();
    await turn();
    for (let i = 0; i < 2; i++) {
        assert.equal((await rejection(inTime(writer.flush()))).cause, reason);
        assert.equal((await rejection(inTime(writer.write(bytes(1))))).cause, reason);
    }
    assert.equal((await rejection(inTime(writer.close()))).cause, reason);
});

test('a Node.js stream that is destroyed between two calls', { skip: !inProcess && NO_NODE }, async () => {
    const reason = Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
    for (const [how, kind, message] of [[reason, 'BrokenPipe', /broken pipe/], [undefined, 'Other', /closed/]]) {
        const stream = new PassThrough();
        const writer = new Writer(stream);
        await writer.write(bytes(1));
        stream.destroy(how);
        await turn();
        for (let i = 0; i < 2; i++) {
            const error = await rejection(inTime(writer.write(bytes(1))));
            assert.equal(error.kind, kind);
            assert.match(error.message, message);
        }
        assert.match(String(await rejection(inTime(writer.close()))), message);
    }
});

for (const [name, create, options] of [
    ['a WritableStream', (accept) => sinks['a WritableStream']({ accept }, { highWaterMark: 3 }), {}],
    ['a Node.js stream', (accept) => sinks['a Node.js stream']({ accept }, 3), { skip: !inProcess && NO_NODE }],
]) {
    test(`${name}: writes suspend when it is full, and not before`, options, async () => {
        let open;
        const closed = new Promise((resolve) => (open = resolve));
        const taken = [];
        const writer = new Writer(create(async (chunk) => {
            await closed;
            taken.push(...chunk);
        }));
        for (let i = 0; i < 3; i++) assert.equal(writer.writeOutside(bytes(i)), 1, 'it does not suspend');
        assert.throws(() => writer.writeOutside(bytes(9)), { kind: 'WouldBlock', code: 'CannotBlock' });
        let hasReturned = false;
        const full = writer.write(bytes(3)).then(() => (hasReturned = true));
        await turn();
        assert.ok(!hasReturned);
        open();
        await inTime(full);
        await inTime(writer.flush());
        assert.deepEqual(taken, [0, 1, 2, 3], 'flush waits for all, and what would have blocked was not written');
        await inTime(writer.close());
    });
}

test('a promise from an object is waited for; what had no fiber to wait is waited for by the next', async () => {
    const log = [];
    let settle;
    const object = {
        write(chunk) {
            log.push(...chunk);
            return new Promise((resolve) => (settle = resolve));
        },
    };
    const writer = new Writer(object);
    const first = writer.write(bytes(1, 2, 3));
    await turn();
    settle(2);
    assert.equal(await first, 2, 'a short write');
    assert.throws(() => writer.writeOutside(bytes(4)), { kind: 'WouldBlock' });
    const second = writer.write(bytes(5));
    await turn();
    assert.deepEqual(log, [1, 2, 3, 4], 'one at a time');
    settle();
    await turn();
    settle();
    assert.equal(await inTime(second), 1);
    assert.deepEqual(log, [1, 2, 3, 4, 5]);
    await writer.close();
});

test('what an object says to have taken is checked', async () => {
    for (const wrong of [-1, 4, 1.5, NaN, Infinity]) {
        const error = await rejection(new Writer({ write: async () => wrong }).write(bytes(1, 2, 3)));
        assert.equal(error.kind, 'InvalidData');
        assert.match(error.message, /no more than were given/);
    }
    const error = await rejection(new Writer({ write: () => 0 }).writeAll(bytes(1)));
    assert.equal(error.kind, 'WriteZero');
});

for (const wrong of [undefined, null, 1, 'text', {}, [1], () => {}, { write: 1 }]) {
    test(`${JSON.stringify(wrong) ?? typeof wrong} cannot be written to`, () => {
        assert.throws(() => new Writer(wrong), { code: 'WrongType', kind: 'InvalidInput' });
    });
}

test('a locked WritableStream', () => {
    const stream = new WritableStream();
    stream.getWriter();
    assert.throws(() => new Writer(stream), { code: 'Rejected', kind: 'Other' });
});

test('from a reader to a writer', async () => {
    const data = noise(300_000);
    const { readable, writable } = new TransformStream();
    const arrived = new Response(readable).arrayBuffer();
    assert.equal(await inTime(web.copy(new Response(data).body, writable)), 300_000n);
    assert.ok(isSame(new Uint8Array(await arrived), data));
});

test('outside of every fiber, close ends the stream all the same', async () => {
    const log = [];
    const writer = new Writer(sinks['a WritableStream']({ accept() {}, log }));
    writer.writeOutside(bytes(1));
    assert.throws(() => writer.closeOutside(), { kind: 'WouldBlock' });
    await turn();
    assert.deepEqual(log, ['closed']);
});

const fs = inProcess ? await import('node:fs') : undefined;

test('files of Node.js', { skip: !inProcess && 'a browser has no files of Node.js' }, async () => {
    const { tmpdir } = await import('node:os');
    const folder = fs.mkdtempSync(`${tmpdir()}/writers-`);
    const data = noise(200_000);
    try {
        await inTime(web.writePieces(await fs.promises.open(`${folder}/a`, 'w'), data, new Uint32Array([70_000, 1])));
        await inTime(web.writePieces(fs.createWriteStream(`${folder}/b`), data, new Uint32Array([70_000, 1])));
        for (const name of ['a', 'b']) {
            assert.ok(isSame(fs.readFileSync(`${folder}/${name}`), data), name);
        }
        const missing = fs.createWriteStream(`${folder}/none/c`);
        const error = await rejection(inTime(web.writePieces(missing, data, new Uint32Array([1000]))));
        assert.equal(error.kind, 'NotFound');
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
});
