// Threads, locks, channels and clocks: std's own examples, and what is ours alone.

import { outcomesOfSome, runCancelled } from './cancelled.mjs';
import { assert, backend, context, inTime, rejection, test, turn } from './support.mjs';
import * as std from './std/pkg/std-tests.js';

await std.init({ backend });

for (const name of std.exampleNames()) test(name, () => std.runExample(name));

const CANNOT_BLOCK = /cannot block here: no #\[suspendable\] call is running/;
const later = (value) => new Promise((resolve) => setTimeout(resolve, 2, value));

test('calls wait for a lock, in their order, and read and write without a race', async () => {
    const before = std.lockOutside();
    const calls = Array.from({ length: 100 }, (_, i) => std.add(i % 3 ? Promise.resolve() : later()));
    assert.equal(std.tryLockOutside(), undefined);
    assert.deepEqual(await Promise.all(calls), calls.map((_, i) => before + i + 1));
    assert.equal(std.tryLockOutside(), before + 100);
});

test('outside of every fiber, what need not wait just works', () => {
    assert.match(std.uncontendedOutside(), /^2 3 false main cannot block here/);
});

test('outside of every fiber, what has to wait panics', async () => {
    let open;
    const holder = std.add(new Promise((resolve) => (open = resolve)));
    assert.throws(() => std.lockOutside(), WebAssembly.RuntimeError);
    for (const what of ['sleep', 'park', 'join', 'recv', 'yield']) {
        assert.throws(() => std.waitOutside(what), WebAssembly.RuntimeError, what);
    }
    open();
    await holder;
    assert.equal(std.lockOutside(), await holder);
});

for (const [kind, text] of [
    ['panic', 'with a lock'],
    ['trap', 'a trap or a JavaScript exception has ended the thread'],
    ['exception', 'a trap or a JavaScript exception has ended the thread'],
]) {
    test(`after a ${kind}, nobody has what its thread held`, async () => {
        const found = await std.afterFault(kind);
        const each = '(false, true, false)';
        assert.match(found, new RegExp(`^${text}: .*, the thread that held this lock has panicked`));
        assert.ok(found.includes(`: [${each}, ${each}, ${each}], `), found);
    });
}

/** What a wait for oneself says. */
const circle = (what, remedy) => new RegExp(`^this thread would wait for ever: it waits for ${what}\\. ${remedy}$`);
const BY_ANOTHER = 'a Mutex that is locked by another thread, which waits for';
const UNLOCK = 'Unlock before you wait for a thread that locks';

for (const [kind, message] of Object.entries({
    itself: circle('a Mutex that is locked by this thread', 'Drop its guard first'),
    'each other': circle(
        `${BY_ANOTHER} a Mutex that is locked by this thread`,
        'Take locks in the same order everywhere',
    ),
    'joins its joiner': circle(`${BY_ANOTHER} the end of this thread`, UNLOCK),
    scope: circle(`${BY_ANOTHER} the end of a scope, and so for that of this thread`, UNLOCK),
    once: circle('a Once that is begun by this thread', 'What it does must not need it'),
    'reads itself': circle('a RwLock that is locked by this thread', 'Drop its guard first'),
    three: /^no circle$/,
    timed: /^true$/,
    'kept by others': /^6$/,
    'kept by a call': /^7$/,
    'joins itself': /^true$/,
})) {
    test(`a wait that would never end: ${kind}`, async () => assert.match(await std.endless(kind), message));
}

test('who runs when', async () => {
    assert.equal(
        await std.order(),
        'spawned, a begins, b begins, c begins, unparked, c goes on, b goes on, a goes on',
    );
});

test('who runs when: woken with and without a time-out, and begun', async () => {
    assert.equal(await std.orderOfAll(), 'woken, first, timed, begins, last');
});

test('threads that only wake each other let promises settle', async () => {
    const promises = [];
    let last = Promise.resolve();
    for (let i = 0; i < 50; i++) promises.push((last = last.then(() => i)));
    assert.equal(await std.meanwhile(promises), true);
});

const FAULTS = { panic: /with a lock/, trap: /unreachable/i, exception: /^Error: exception$/ };

for (const [kind, message] of Object.entries(FAULTS)) {
    test(`a ${kind} of one that was woken with others`, async () => {
        assert.equal(await std.failsAmongOthers(kind), 'a fails b c [true, false, true, true]');
    });
    test(`a ${kind} of a call that was woken`, async () => {
        const calls = Array.from({ length: 3 }, (_, i) => std.afterBeingWoken(i === 1 ? kind : 'return', later(i)));
        const [first, failed, last] = await Promise.allSettled(calls);
        assert.deepEqual([first.value, last.value], [0, 2]);
        assert.match(String(failed.reason), message);
    });
}

test('a call that was woken is rejected', async () => {
    const reason = new Error('from a promise');
    assert.equal(await rejection(std.afterBeingWoken('return', Promise.reject(reason))), reason);
});

test('one that is woken by JavaScript, which a woken one calls, goes on behind the others', async () => {
    assert.equal(await std.wakesInCallback(std.wakeSleeper), 'calls, has called, behind, sleeper');
});

const drain = globalThis.Bun === undefined && globalThis.process?._tickCallback;
const cannotDrain =
    (!drain && 'only Node.js lets a call run the microtasks that wait') ||
    (backend === 'jspi-legacy' && 'with that API, the engine resumes no call in the middle of another');

test('one that is woken goes on inside of a call, if that runs the microtasks', { skip: cannotDrain }, async () => {
    let taken;
    std.take().then((value) => (taken = value));
    await turn();
    // Not in a microtask, in which no others run.
    await new Promise((resolve, reject) => {
        setTimeout(() => {
            const called = std.callsBack(() => {
                std.give(9);
                drain.call(process);
                return taken;
            });
            called.then(resolve, reject);
        });
    }).then((returned) => assert.equal(returned, 9));
});

test('a time-out and a wake-up at once are one', async () => {
    const { setTimeout } = globalThis;
    const timers = [];
    globalThis.setTimeout = (end, milliseconds, ...rest) => {
        if (milliseconds < 1e5) return setTimeout(end, milliseconds, ...rest);
        timers.push(() => end(...rest));
    };
    try {
        assert.equal(await std.wokenTwice(() => timers.forEach((end) => end())), 'once, between, again');
    } finally {
        globalThis.setTimeout = setTimeout;
    }
    assert.equal(timers.length, 1);
});

test('instances have threads of their own', async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => std.instantiate({ backend })));
    const orders = await Promise.all([...all, std].map((instance) => instance.orderOfAll()));
    assert.deepEqual(new Set(orders), new Set(['woken, first, timed, begins, last']));
});

test('a thread that panics, and that nobody joins, is no unhandled rejection', async () => {
    std.panicAlone();
    await turn();
    await turn();
});

test('a thread that panics in its scope has ended when its children have', async () => {
    assert.equal(await std.panicInScope(), 'in the scope, true, true');
});

test('a channel from an event to calls', async () => {
    const calls = Array.from({ length: 50 }, () => std.take());
    await turn();
    assert.equal(std.give(7), 50);
    assert.deepEqual(await Promise.all(calls), Array(50).fill(7));
});

test("threads take JavaScript's values along", async () => {
    const promises = Array.from({ length: 20 }, (_, i) => (i % 2 ? later(i) : Promise.resolve(i)));
    assert.equal(await std.valuesInThreads(promises), 190);
    const reason = new Error('from a promise');
    assert.equal(await rejection(std.valuesInThreads([Promise.reject(reason)])), reason);
});

// Through JSPI, 256 fibers are in flight at once in a page, and threads wait for each other.
const isBounded = backend !== 'asyncify' && context !== 'process';
const most = isBounded ? 100 : backend === 'jspi-legacy' ? 500 : Infinity;
const many = (count) => Math.min(count, most);
const seeds = [1, 2];

test('nothing leaks', async () => {
    const rounds = async () => {
        for (let i = 0; i < 10; i++) await Promise.all([std.round(), std.round()]);
    };
    await rounds();
    const before = std.taken();
    for (let i = 0; i < 5; i++) await rounds();
    assert.deepEqual(std.taken(), before);
});

test('thousands of threads that have parked', async () => {
    const count = many(5000);
    assert.equal(await std.parked(count), count);
});

for (const seed of seeds) {
    test(`mutexes under a random schedule, ${seed}`, async () => {
        for (const [threads, steps] of [[3, 50], [30, 20], [many(2000), 2]]) {
            const times = await std.mutexes(threads, steps, seed);
            assert.ok(times > 0 && times <= threads * steps, `${times}`);
        }
    });
    test(`locks of readers and writers under a random schedule, ${seed}`, async () => {
        for (const [threads, steps] of [[3, 50], [30, 20], [many(500), 3]]) {
            assert.ok((await std.rwlocks(threads, steps, seed)) > 0);
        }
    });
    test(`conditions under a random schedule, ${seed}`, async () => {
        for (const [threads, steps] of [[1, 50], [10, 20], [many(250) / 2, 4]]) {
            const items = Array.from({ length: threads }, (_, i) => 2 * i * steps * steps + (steps * (steps - 1)) / 2);
            assert.equal(await std.buffers(threads, steps, seed), items.reduce((a, b) => a + b));
        }
    });
    for (const bound of [undefined, 0, 1, 7]) {
        test(`a channel ${bound === undefined ? 'without a bound' : `of ${bound}`} under a random schedule, ${seed}`, async () => {
            for (const [threads, steps] of [[1, 30], [20, 10], [many(300), 2]]) {
                assert.equal(await std.channels(threads, steps, seed, bound), threads * steps);
            }
        });
    }
    test(`meetings under a random schedule, ${seed}`, async () => {
        for (const [threads, steps] of [[2, 30], [20, 10], [many(300) / 2, 3]]) {
            assert.equal(await std.meetings(threads, steps, seed), steps);
        }
    });
    test(`threads that fail with locks under a random schedule, ${seed}`, async () => {
        assert.ok((await std.failures(many(300), seed)) > 10);
    });
}

test('calls that are cancelled or panic under random schedules are as their model', async () => {
    const outcomes = await outcomesOfSome((seed) => inTime(runCancelled(std, turn, seed)));
    for (const [what, count] of outcomes) assert.ok(count > 2, `${count} ${what}`);
});
