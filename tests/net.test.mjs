// Sockets: std's own examples, and what is ours alone.

import { assert, backend, inProcess, inTime, rejection, test } from './support.mjs';
import * as net from './net/pkg/net-tests.js';

await net.init({ backend });

const skip = inProcess ? false : 'there are no sockets in pages and workers';
const node = inProcess ? await import('node:net') : undefined;
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What single engines do not do as the others. */
const ofDeno = {
    'listeners::elsewhere': 'Deno says EINVAL, and not why',
    'datagrams::refused': 'Deno does not say that nobody takes a datagram',
};
const skips = globalThis.Deno === undefined ? {} : ofDeno;

for (const name of net.exampleNames()) {
    test(name, { skip: skip || skips[name] }, () => inTime(net.runExample(name)));
}

/**
 * A server of Node.js's for the time of a test.
 *
 * @param {(socket: import('node:net').Socket) => void} onConnection
 * @param {(port: number) => Promise<unknown>} run
 */
async function withServer(onConnection, run, options = {}) {
    const sockets = new Set();
    const server = node.createServer(options, (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        onConnection(socket);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
        return await inTime(run(server.address().port));
    } finally {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
    }
}

const sumOf = (bytes) => bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);

for (const seed of [1, 2, 3]) {
    test(`pieces of random sizes, there and back, ${seed}`, { skip }, async () => {
        const total = 3_000_000;
        const echo = (socket) => socket.pipe(socket);
        const [sent, received, count] = await withServer(echo, (port) => net.exchange(port, seed, total), {
            allowHalfOpen: true,
        });
        assert.deepEqual([received, count], [sent, total]);
    });

    test(`pieces of random sizes, between two of ours, ${seed}`, { skip }, async () => {
        const clients = 3;
        const total = 500_000;
        let serving;
        const port = await new Promise((resolve) => (serving = net.serve(resolve, clients, seed)));
        const exchanges = Array.from({ length: clients }, (_, i) => net.exchange(port, seed + 10 * i, total));
        for (const [sent, received, count] of await inTime(Promise.all(exchanges))) {
            assert.deepEqual([received, count], [sent, total]);
        }
        assert.equal(await serving, clients * total);
    });
}

test('a client of Node.js, and a server of ours', { skip }, async () => {
    let serving;
    const port = await new Promise((resolve) => (serving = net.serve(resolve, 1, 1)));
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * i);
    const socket = node.connect(port, '127.0.0.1', () => socket.end(bytes));
    const chunks = [];
    for await (const chunk of socket) chunks.push(...chunk);
    assert.equal(sumOf(chunks), sumOf(bytes));
    assert.equal(await serving, bytes.length);
});

const count = backend === 'jspi-legacy' ? 100 : 1000;

test('a thousand connections at once, both ends in one thread', { skip }, async () => {
    assert.equal(await inTime(net.many(count)), count * (count - 1));
});

test('a connection that is reset: what had come, the error once on each side, and the end', { skip }, async () => {
    const told = await withServer(
        (socket) => socket.write('12345678'),
        (port) => net.steps(port, 'wrr', undefined),
        { pauseOnConnect: true },
    );
    assert.deepEqual(told, ['1000', '5', '3']);

    // What it has received and not read makes its end a reset.
    const reset = async (steps) => {
        let resets;
        const promise = new Promise((resolve) => (resets = resolve));
        const onConnection = (socket) => {
            socket.write('12345678');
            setTimeout(() => socket.destroy(), 50);
            setTimeout(resets, 150);
        };
        return withServer(onConnection, (port) => net.steps(port, steps, promise), { pauseOnConnect: true });
    };
    assert.deepEqual(await reset('wprrrrww'), [
        '1000', '5', '3', 'ConnectionReset', '0', 'ConnectionReset', 'BrokenPipe',
    ]);
    assert.deepEqual(await reset('wrrr'), ['1000', '5', '3', 'ConnectionReset']);
    assert.deepEqual(await reset('wrprerw'), ['1000', '5', '3', 'ConnectionReset', '0', 'BrokenPipe']);
});

test('a peer that never answers, and one that does so late', { skip }, async () => {
    assert.deepEqual(await withServer(() => {}, (port) => net.steps(port, 'wr')), ['1000', 'WouldBlock']);
    const late = (socket) => setTimeout(() => socket.write('late!'), 700);
    assert.deepEqual(await withServer(late, (port) => net.steps(port, 'rr')), ['WouldBlock', '5']);
});

test('a peer that closes at once', { skip }, async () => {
    const told = await withServer(
        (socket) => socket.destroy(),
        (port) => net.steps(port, 'prr', later(100)),
    );
    assert.deepEqual(told, ['0', '0']);
});

test('a call that is given up: it fails where it waits, and its connection is closed', { skip }, async () => {
    const controller = new AbortController();
    let closed;
    const isClosed = new Promise((resolve) => (closed = resolve));
    const onConnection = (socket) => {
        socket.on('close', closed);
        socket.resume();
        setTimeout(() => controller.abort('enough'), 20);
    };
    const run = async (port) => {
        const reading = rejection(net.readLater(port, Promise.resolve(), { signal: controller.signal }));
        assert.equal(await inTime(reading), 'enough');
        await inTime(isClosed);
        assert.equal(await rejection(net.readLater(port, Promise.resolve(), { signal: controller.signal })), 'enough');
    };
    await withServer(onConnection, run);
});

test('data that nobody reads waits at the sender, and none is lost', { skip }, async () => {
    const bytes = new Uint8Array(24 << 20).map((_, i) => i % 251);
    let goOn;
    const promise = new Promise((resolve) => (goOn = resolve));
    const onConnection = async (socket) => {
        socket.end(bytes);
        await later(300);
        goOn(socket.writableLength);
    };
    const [sum, total] = await withServer(onConnection, (port) => net.readLater(port, promise));
    // The system keeps some megabytes of it.
    assert.ok((await promise) > 0, 'all has been taken');
    assert.deepEqual([sum, total], [sumOf(bytes), bytes.length]);
});

test('a write waits where nobody reads', { skip }, async () => {
    const written = await withServer(() => {}, (port) => net.fillUp(port), { pauseOnConnect: true });
    assert.ok(written >= 64 * 1024 && written < 64 << 20, `${written}`);
});

test('what has been written is sent though the stream is dropped', { skip }, async () => {
    const length = 5_000_000;
    let received = 0;
    let ended;
    const end = new Promise((resolve) => (ended = resolve));
    const slowly = async (socket) => {
        await later(100);
        socket.on('data', (chunk) => (received += chunk.length));
        socket.on('end', ended);
        socket.resume();
    };
    await withServer(
        slowly,
        async (port) => {
            await net.writeAndDrop(port, length);
            await end;
        },
        { pauseOnConnect: true },
    );
    assert.equal(received, length);
});

test('where no call can block, nothing waits', { skip }, () => {
    for (const told of net.beginOutside()) assert.match(told, /^WouldBlock: cannot block here/);
});

test("a name that is unknown: the host's own error", { skip }, async () => {
    const error = await rejection(net.lookUp('nobody.invalid'));
    assert.equal(error.code, 'Rejected');
    assert.match(error.cause.code, /^(ENOTFOUND|EAI_AGAIN)$/);
});

test('without sockets, a way out', { skip: inProcess && 'there are sockets' }, async () => {
    for (const told of await net.begin()) assert.match(told, /^Unsupported: .*no sockets.* net::WebSocket/);
});
