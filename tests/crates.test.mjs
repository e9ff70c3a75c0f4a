// Unmodified crates whose safe functions rely on a frame that stays where it is: lists of waiters run
// through the futures on the stacks of suspended calls, and addresses of locals are published.

import * as crates from './crates/pkg/crates.js';
import { assert, backend, compile, inProcess, inTime, rejection, test, turn } from './support.mjs';

// The calls wait for one another. In a page, JSPI has 256 stacks (js/native.js): a call that waits for one
// which has not begun would wait for ever.
const most = inProcess || backend === 'asyncify' ? 5000 : 200;

const module = await compile('crates');

/** 0, 1, … */
const upTo = (count) => Array.from({ length: count }, (_, i) => i);
/** One after the other, that many times. */
const rounds = (list, times) => upTo(times).flatMap(() => list);
const sum = (list) => list.reduce((total, each) => total + each, 0);

/**
 * A test with few calls at once, with some, and with many.
 *
 * @param {string} name
 * @param {(of: any, count: number) => Promise<void>} run gets an instance of its own
 */
function contend(name, run) {
    for (const count of [2, 50, most]) {
        test(`${name}, ${count} calls at once`, async () => {
            await inTime(run(await crates.instantiate({ backend, module }), count));
        });
    }
}

contend('tokio::sync::Mutex', async ({ Account }, count) => {
    const account = new Account();
    const calls = upTo(count);
    await Promise.all(calls.map((i) => account.deposit(i, 3)));
    assert.equal(await account.balance(), 3 * sum(calls));
    assert.deepEqual([...account.order], rounds(calls, 3), 'first come, first served');
});

contend('tokio::sync::RwLock', async ({ Page }, count) => {
    const page = new Page();
    // Every fifth writes; those between see the edition of the last that wrote before them.
    const editions = upTo(count).map((i) => (i % 5 === 0 ? page.write() : page.read()));
    assert.deepEqual(await Promise.all(editions), upTo(count).map((i) => Math.floor(i / 5) + 1));
    assert.equal(page.most, Math.min(4, count - 1), 'readers read at the same time');
});

contend('tokio::sync::Notify', async ({ Bell }, count) => {
    const bell = new Bell();
    const waiting = upTo(count).map((i) => bell.wait(i));
    await bell.ring(count);
    assert.deepEqual(await Promise.all(waiting), upTo(count));
    assert.deepEqual([...bell.order], upTo(count), 'the first that waits is the first that is notified');
});

contend('tokio::sync::Notify for all', async ({ Bell }, count) => {
    const bell = new Bell();
    const waiting = upTo(count).map((i) => bell.wait(i));
    await turn();
    assert.deepEqual([...bell.order], []);
    bell.ringForAll();
    assert.deepEqual(await Promise.all(waiting), upTo(count));
});

contend('tokio::sync::Notify as a queue', async ({ Bell }, count) => {
    const bell = new Bell();
    const calls = upTo(count).flatMap((i) => (i % 2 ? [bell.take(), bell.put(i)] : [bell.put(i), bell.take()]));
    const taken = (await Promise.all(calls)).filter((item) => item !== undefined);
    assert.deepEqual(taken.sort((a, b) => a - b), upTo(count));
});

contend('tokio::sync::Semaphore', async ({ Desks }, count) => {
    const desks = new Desks();
    await Promise.all(upTo(count).map((i) => desks.work(i)));
    assert.deepEqual([...desks.order], upTo(count), 'first come, first served, however many each wants');
});

contend('tokio::sync::mpsc', async ({ Line }, count) => {
    const line = new Line();
    // One of the calls receives.
    const senders = upTo(count - 1);
    const sending = senders.map((i) => line.send(i * 3, 3));
    line.close();
    const received = [...(await line.receive())];
    await Promise.all(sending);
    assert.deepEqual([...received].sort((a, b) => a - b), upTo(3 * senders.length));
    for (const n of [0, 1, 2]) {
        const places = senders.map((i) => received.indexOf(3 * i + n));
        if (n === 0) assert.deepEqual(places, [...places].sort((a, b) => a - b), 'first come, first served');
        else senders.forEach((i) => assert.ok(received.indexOf(3 * i + n - 1) < places[i], 'in order'));
    }
});

contend('tokio::sync::oneshot', async ({ Relay }, count) => {
    const relay = new Relay(count);
    const running = upTo(count).reverse().map((i) => relay.run(i));
    await turn();
    relay.handOver(0, 100);
    assert.deepEqual(await Promise.all(running), upTo(count).map((i) => 100 + i).reverse());
});

contend('tokio::sync::oneshot, given up', async ({ Relay }, count) => {
    const relay = new Relay(count);
    const running = upTo(count).map((i) => rejection(relay.run(i)));
    await turn();
    upTo(count).forEach((i) => relay.giveUp(i));
    for (const error of await Promise.all(running)) assert.match(error.message, /channel closed/);
});

contend('tokio::sync::broadcast', async ({ Radio }, count) => {
    const radio = new Radio();
    const listening = upTo(count).map(() => radio.listen());
    for (let number = 1; number <= 10; number++) {
        assert.equal(radio.send(number), count);
        await turn();
    }
    radio.end();
    for (const heard of await Promise.all(listening)) assert.deepEqual([...heard], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

contend('futures::lock::Mutex', async ({ Purse }, count) => {
    const purse = new Purse();
    await Promise.all(upTo(count).map((i) => purse.deposit(i, 3)));
    assert.equal(await purse.balance(), 3 * sum(upTo(count)));
});

contend('event-listener', async ({ Gate }, count) => {
    const gate = new Gate();
    const waiting = upTo(count).map((i) => gate.wait(i));
    await gate.notify(count);
    assert.deepEqual(await Promise.all(waiting), upTo(count));
    assert.deepEqual([...gate.order], upTo(count), 'in the order in which they listened');
});

contend('event-listener as a lock', async ({ Gate }, count) => {
    const gate = new Gate();
    await Promise.all(upTo(count).map(() => gate.pass(3)));
    assert.equal(gate.passed, 3 * count);
});

contend('async-channel', async ({ Belt }, count) => {
    const belt = new Belt();
    const half = upTo(Math.ceil(count / 2));
    const receiving = half.map(() => belt.receive());
    await Promise.all(half.map((i) => belt.send(i * 3, 3)));
    belt.close();
    const received = (await Promise.all(receiving)).flatMap((numbers) => [...numbers]);
    assert.deepEqual(received.sort((a, b) => a - b), upTo(3 * half.length));
});

contend('scoped-tls', async ({ publish, addToBoard, readBoard, hasBoard }, count) => {
    const outer = [10n, 20n, 30n, 40n, 50n, 60n, 70n, 80n];
    const board = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
    // In the time of one call another one publishes a board of its own.
    const [outerEnd, end] = [defer(), defer()];
    const outerWords = publish(new BigUint64Array(outer), outerEnd.promise);
    const words = publish(new BigUint64Array(board), end.promise);
    const callers = upTo(count - 1);
    const calls = callers.map((i) => addToBoard(i % 8, i, 3));
    const before = await Promise.all(calls);
    assert.deepEqual(before, callers.map((i) => board[i % 8]));
    const expected = board.map((word, n) => word + 3n * BigInt(sum(callers.filter((i) => i % 8 === n))));
    assert.deepEqual(upTo(8).map((n) => readBoard(n)), expected);
    end.resolve();
    assert.deepEqual([...(await words)], expected);
    assert.equal(await addToBoard(7, 1, 1), 80n, 'the outer one is to be seen again');
    assert.deepEqual(upTo(8).map((n) => readBoard(n)), [...outer.slice(0, 7), 81n]);
    outerEnd.resolve();
    assert.deepEqual([...(await outerWords)], [...outer.slice(0, 7), 81n]);
    assert.equal(hasBoard(), false);
});

function defer() {
    let resolve;
    const promise = new Promise((settle) => (resolve = settle));
    return { promise, resolve };
}
