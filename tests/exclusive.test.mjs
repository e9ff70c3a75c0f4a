// #[suspendable(exclusive)]: one call of an object, or of a function, at a time.

import { assert, backend, inTime, rejection, test, turn } from './support.mjs';
import * as std from './std/pkg/std-tests.js';

await std.init({ backend });

const later = () => new Promise((resolve) => setTimeout(resolve, 2));
const never = new Promise(() => {});
const pairs = (names) => names.flatMap((name) => [`${name} begins`, `${name} ends`]);

/** A promise, and what resolves it. */
function gate() {
    let open;
    const promise = new Promise((resolve) => (open = resolve));
    return { promise, open };
}

for (const method of ['write', 'rewrite']) {
    test(`calls of an object, in their order: ${method}`, async () => {
        const log = [];
        const journal = new std.Book(log);
        const names = Array.from({ length: 20 }, (_, i) => `${i}`);
        const counts = await Promise.all(names.map((name, i) => journal[method](name, i % 3 ? later() : Promise.resolve())));
        assert.deepEqual(counts, names.map((_, i) => 2 * i + 2));
        assert.deepEqual(log, pairs(names));
        assert.equal(journal.lines, 40);
        journal.free();
    });
}

test('objects do not wait for each other, nor do methods without one', async () => {
    const log = [];
    const [a, b] = [new std.Book(log), new std.Book(log)];
    const { promise, open } = gate();
    const first = a.write('a', promise);
    assert.equal(await b.write('b', Promise.resolve()), 3);
    const opened = await std.Book.open(log, Promise.resolve());
    assert.equal(opened.lines, 3);
    open();
    await first;
    assert.deepEqual(log, ['a begins', 'b begins', 'b ends', 'a ends']);
});

test('a function', async () => {
    const log = [];
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => std.sweepUp(log, name, later())));
    assert.deepEqual(log, pairs(names));
});

test('a method that cannot wait fails while another runs', async () => {
    const journal = new std.Book([]);
    const { promise, open } = gate();
    const call = journal.write('a', promise);
    assert.throws(() => journal.lines, /a call of this object has not ended/);
    open();
    await call;
    assert.equal(journal.lines, 2);
});

for (const kind of ['panic', 'trap', 'exception']) {
    test(`a turn ends with a ${kind}`, async () => {
        const log = [];
        const journal = new std.Book(log);
        const calls = [
            rejection(journal.fault(kind, later())),
            journal.write('a', later()),
            rejection(journal.fault(kind, Promise.resolve())),
            journal.write('b', later()),
        ];
        const [first] = await inTime(Promise.all(calls));
        if (kind === 'panic') assert.match(first.message, /in its turn/);
        assert.deepEqual(log, pairs(['a', 'b']));
    });
}

test('an object that a panic has left borrowed fails, and waits for nobody', async () => {
    const journal = new std.Book([]);
    const fault = rejection(journal.faultMut(later()));
    const next = rejection(journal.write('a', later()));
    assert.match((await fault).message, /in its turn/);
    assert.match((await inTime(next)).message, /recursive use of an object/);
});

test('a rejection ends a turn, and so does an argument that is none', async () => {
    const log = [];
    const journal = new std.Book(log);
    const reason = new Error('no');
    const failed = rejection(journal.write('a', Promise.reject(reason)));
    const next = journal.write('b', Promise.resolve());
    assert.equal(await failed, reason);
    await next;
    // A text that cannot be read.
    const text = { toString: () => 'x', get length() { throw reason; } };
    assert.throws(() => journal.write(text, never), reason);
    assert.equal(await journal.write('c', Promise.resolve()), 5);
    const held = journal.write('d', later());
    assert.equal(await rejection(journal.write(text, never)), reason);
    await held;
    assert.equal(await journal.write('e', Promise.resolve()), 9);
});

test('who is cancelled leaves the queue', async () => {
    const log = [];
    const journal = new std.Book(log);
    const { promise, open } = gate();
    const first = journal.write('a', promise);
    const controller = new AbortController();
    const second = rejection(journal.write('b', never, { signal: controller.signal }));
    const third = journal.write('c', later());
    assert.equal(await rejection(journal.write('d', never, { signal: AbortSignal.abort('before') })), 'before');
    controller.abort('in the queue');
    assert.equal(await second, 'in the queue');
    // In its turn, before it knows.
    const late = new AbortController();
    const fourth = rejection(journal.write('e', never, { signal: late.signal }));
    const fifth = journal.write('f', Promise.resolve());
    open();
    await first;
    await third;
    late.abort('in its turn');
    assert.equal(await fourth, 'in its turn');
    await inTime(fifth);
    assert.deepEqual(log.filter((line) => !line.startsWith('e')), pairs(['a', 'c', 'f']));
});

test('a call that would wait for itself is an error', async () => {
    const log = [];
    const journal = new std.Book(log);
    const other = new std.Book(log);
    let inner;
    const message = await journal.callOut(() => {
        inner = rejection(journal.write('a', never));
        return inner.then(({ message }) => message);
    });
    assert.match(message, /would wait for itself/);
    // Another object, and the same one when that call has been left, are no such thing.
    assert.equal(await journal.callOut(() => other.write('c', later())), 2);
    const { promise, open } = gate();
    const outer = journal.callOut(() => promise);
    await turn();
    const waits = journal.write('d', Promise.resolve());
    open('left');
    assert.equal(await outer, 'left');
    assert.equal(await waits, 4);
});

const beginsLater =
    backend === 'jspi-legacy' && 'with that API, a call that is made inside of another begins when that one waits';

test('a call that would wait for itself through a call of another object is one too', { skip: beginsLater }, async () => {
    const log = [];
    const [journal, other] = [new std.Book(log), new std.Book(log)];
    const nested = journal.callOut(() => other.callOut(() => rejection(journal.write('b', never))));
    assert.match((await inTime(nested)).message, /would wait for itself/);
});

test('many calls of few objects', async () => {
    const journals = Array.from({ length: 5 }, () => new std.Book([]));
    const calls = Array.from({ length: 1000 }, (_, i) => journals[i % 5].write(`${i}`, i % 7 ? Promise.resolve() : later()));
    const counts = await Promise.all(calls);
    assert.deepEqual(counts, calls.map((_, i) => 2 * Math.floor(i / 5) + 2));
});
