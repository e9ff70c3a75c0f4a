// Calls that are cancelled by an AbortSignal, and time-outs.

import { assert, backend, inTime, rejection, test, turn } from './support.mjs';
import * as std from './std/pkg/std-tests.js';

await std.init({ backend });

const never = new Promise(() => {});
const aborted = (reason) => AbortSignal.abort(reason);

test('the blocking call that it is in fails, and every later one; destructors run', async () => {
    const controller = new AbortController();
    const log = [];
    const call = std.waitInTurn(log, never, { signal: controller.signal });
    await turn();
    assert.deepEqual(log, ['begun']);
    controller.abort('enough');
    assert.equal(await rejection(call), 'enough');
    assert.deepEqual(log, [
        'begun',
        'told enough',
        ...['import', 'import again', 'promise', 'future', 'module', 'check'].map((what) => `${what} Cancelled(enough)`),
        'drops the guard',
    ]);
});

test('a signal that is not aborted changes nothing', async () => {
    const { signal } = new AbortController();
    assert.equal(await std.waitInTurn([], Promise.resolve(5), { signal }), 5);
    assert.equal(await std.waitInTurn([], Promise.resolve(6), {}), 6);
    assert.equal(await std.waitInTurn([], Promise.resolve(7), { signal: undefined }), 7);
    const reason = new Error('of its own');
    assert.equal(await rejection(std.keepsValue(Promise.reject(reason), never, [], { signal })), reason);
});

test('the default reason is an AbortError', async () => {
    const controller = new AbortController();
    const call = std.makesDo(never, { signal: controller.signal });
    const other = std.ownError(never, { signal: controller.signal });
    controller.abort();
    assert.equal((await rejection(other)).name, 'AbortError');
    assert.equal(await call, 'did with None');
});

test('whatever error Rust makes of it, the reason is the reason', async () => {
    const controller = new AbortController();
    const reason = { any: 'value' };
    const call = std.ownError(never, { signal: controller.signal });
    controller.abort(reason);
    assert.equal(await rejection(call), reason);
    // A failure of its own before that is not it.
    const late = new AbortController();
    const failed = rejection(std.ownError(Promise.reject(new Error('fails')), { signal: late.signal }));
    await turn();
    late.abort(reason);
    assert.equal(await failed, "the port's own error");
});

test('a call whose signal is aborted does not begin', async () => {
    const log = [];
    assert.equal(await rejection(std.waitInTurn(log, never, { signal: aborted('before') })), 'before');
    assert.deepEqual(log, []);
    const tally = new std.Tally();
    assert.equal(await rejection(tally.add(1, never, { signal: aborted('before') })), 'before');
    assert.equal(await tally.add(5, Promise.resolve()), 5);
    tally.free();
});

test('a method, whose object goes on', async () => {
    const controller = new AbortController();
    const tally = new std.Tally();
    const call = tally.add(2, never, { signal: controller.signal });
    controller.abort('given up');
    assert.equal(await rejection(call), 'given up');
    assert.equal(await tally.add(3, Promise.resolve()), 5);
    tally.free();
});

test('a signal that is none is a TypeError, and nothing begins', async () => {
    for (const signal of ['signal', 5, {}, new EventTarget()]) {
        const log = [];
        const error = await rejection(std.waitInTurn(log, never, { signal }));
        assert.ok(error instanceof TypeError && /not an AbortSignal/.test(error.message), `${error}`);
        assert.deepEqual(log, []);
    }
    assert.deepEqual(await Promise.all(['a', 'b'].map(std.shout)), ['A', 'B']);
});

test('a signal that is none of the engine, but like one', async () => {
    const listeners = new Set();
    const signal = {
        aborted: false,
        reason: undefined,
        addEventListener: (_type, listener) => listeners.add(listener),
        removeEventListener: (_type, listener) => listeners.delete(listener),
    };
    assert.equal(await std.makesDo(Promise.resolve(1), { signal }), 'did with Some(1.0)');
    const call = std.ownError(never, { signal });
    // Some hosts warn of many.
    assert.equal(listeners.size, 1);
    Object.assign(signal, { aborted: true, reason: 'theirs' });
    for (const listener of [...listeners]) listener();
    assert.equal(await rejection(call), 'theirs');
});

test('a value that was there before the signal is not lost', async () => {
    const controller = new AbortController();
    const log = [];
    let resolve;
    const call = std.keepsValue(new Promise((keep) => (resolve = keep)), never, log, { signal: controller.signal });
    await turn();
    resolve('a chunk');
    // Behind those that bring the value to the wait, and before the call goes on.
    queueMicrotask(() => queueMicrotask(() => controller.abort('then')));
    assert.equal(await rejection(call), 'then');
    assert.deepEqual(log, ['a chunk']);
});

test('children in a scope go with their parent', async () => {
    const controller = new AbortController();
    let open;
    const promise = new Promise((resolve) => (open = resolve));
    const call = std.waitInScope(promise, { signal: controller.signal });
    await turn();
    controller.abort('all');
    assert.equal(await rejection(call), 'all');
    assert.deepEqual(std.last().sort(), ['a', 'b', 'c'].map((name) => `${name} Cancelled(all)`));
    open();
    assert.equal(await std.joinOutside(), true);
});

for (const how of ['sleep', 'recv', 'recv_timeout', 'iter']) {
    test(`a wait of std's that can say so ends: ${how}`, async () => {
        const controller = new AbortController();
        const call = std.waitForNobody(how, { signal: controller.signal });
        await turn();
        controller.abort('over');
        assert.equal(await rejection(inTime(call)), 'over');
    });
}

test('what fails on account of the signal, and after it, is no unhandled rejection', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const fails = () => new Promise((_resolve, reject) => signal.addEventListener('abort', () => setTimeout(reject, 1)));
    const log = [];
    const call = rejection(std.waitInTurn(log, fails(), { signal }));
    const other = rejection(std.keepsValue(Promise.resolve(), fails(), [], { signal }));
    await turn();
    controller.abort('told');
    assert.equal(await call, 'told');
    assert.equal(await other, 'told');
    await turn();
});

test('a lock is waited for all the same', async () => {
    let open;
    const holder = std.holdLock(new Promise((resolve) => (open = resolve)));
    const controller = new AbortController();
    const waits = std.holdLock(never, { signal: controller.signal });
    await turn();
    controller.abort('while it waits for the lock');
    await turn();
    open();
    const count = await holder;
    assert.equal(await rejection(inTime(waits)), 'while it waits for the lock');
    assert.equal(await std.holdLock(Promise.resolve()), count + 2);
});

test('many calls, one signal', async () => {
    const controller = new AbortController();
    const cancelled = Array.from({ length: 200 }, () => rejection(std.ownError(never, { signal: controller.signal })));
    const others = Array.from({ length: 50 }, (_, i) => std.makesDo(Promise.resolve(i)));
    await turn();
    controller.abort('all of them');
    assert.deepEqual(await Promise.all(cancelled), Array(200).fill('all of them'));
    assert.deepEqual(await Promise.all(others), others.map((_, i) => `did with Some(${i}.0)`));
});

test('nothing leaks of calls that were cancelled', async () => {
    const round = async () => {
        const controller = new AbortController();
        const { signal } = controller;
        let open;
        const promise = new Promise((resolve) => (open = resolve));
        const calls = [
            ...Array.from({ length: 20 }, () => rejection(std.ownError(never, { signal }))),
            rejection(std.waitInTurn([], never, { signal })),
            rejection(std.waitInScope(promise, { signal })),
            rejection(std.waitForNobody('recv', { signal })),
            rejection(std.ownError(never, { signal: aborted() })),
            rejection(std.ownError(never, { signal: 'none' })),
            std.timeOut('children', never, { signal: new AbortController().signal }),
        ];
        await turn();
        controller.abort();
        await Promise.all(calls);
        open();
        await std.joinOutside();
    };
    for (let i = 0; i < 3; i++) await round();
    const before = std.taken();
    for (let i = 0; i < 5; i++) await round();
    assert.deepEqual(std.taken(), before);
});

const later = (value) => new Promise((resolve) => setTimeout(resolve, 2, value));
const UP = 'the time is up';

for (const [how, promise, expected] of [
    ['long', later(8), 'value 8'],
    ['short', never, UP],
    ['zero', never, UP],
    ['maximal', later(9), 'value 9'],
    ['then goes on', never, `${UP}, false, 1`],
    ['inner', never, 'value 1'],
    ['outer', never, UP],
    ['does not wait', never, 'value 3'],
    ['children', never, `${UP}, 10`],
    ['sleeps', never, UP],
    ['io', never, 'timed out'],
]) {
    test(`a time-out: ${how}`, async () => assert.equal(await inTime(std.timeOut(how, promise)), expected));
}

test('a time-out as an error', async () => {
    assert.match((await rejection(std.timeOut('error', never))).message, /the time is up/);
});

test('a call that is cancelled in a time-out', async () => {
    const controller = new AbortController();
    const call = std.timeOut('long', never, { signal: controller.signal });
    await turn();
    controller.abort('by the caller');
    assert.equal(await inTime(call), 'Cancelled(by the caller)');
    assert.match((await rejection(std.timeOut('faults', never))).message, /in a time-out/);
});

test('a time-out where nothing can block', async () => {
    assert.equal(await std.timeOutInCallback((callback) => callback()), '7, false, false');
});

test('a read that is given up loses nothing of its stream', async () => {
    const pieces = ['one ', 'two ', 'three'];
    const stream = new ReadableStream({
        async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 40));
            const piece = pieces.shift();
            if (piece === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(piece));
        },
    });
    assert.equal(await inTime(std.readImpatiently(stream)), 'true one two three');
});
