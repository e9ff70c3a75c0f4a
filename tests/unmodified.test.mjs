// std itself waits (`cargo suspendable build --std`): std's own threads and locks, and crates that know nothing else.

import { outcomesOfSome, runCancelled } from './cancelled.mjs';
import { assert, backend, inTime, rejection, test, turn } from './support.mjs';
import * as own from './unmodified/pkg/unmodified.js';

await own.init({ backend });

/** What each call returns, also natively but for the number of processors. */
const SAME = [
    ['spawn', [], '[0, 1, 4, 9, 16, 25, 36, 49] Some("a name") 1'],
    ['scope', [], '[1, 2, 3] 42'],
    ['locks', [], '20 3 true'],
    ['once', [], 'true true 1'],
    ['rwlocks', [], '3 true (true, false) (false, false) RwLock { data: 3, poisoned: false, .. }'],
    ['channels', [], '435 Err(Timeout) true Err(RecvError)'],
    ['condvars', [], '3 true 1'],
    ['parks', [], 'true true'],
    ['clocks', [], 'true true'],
    ['rayon', [4], '333283335000 4 ["a", "b", "c"] 34'],
    ['crossbeam', [], '55 true 4'],
    ['flume', [], '0 [1, 2, 3, 4] Err(Disconnected)'],
    ['parking_lot', [], '5 true 5'],
    ['dashmap', [], '10 60'],
    ['quick_cache', [], '[10, 11, 10, 11, 10, 11] 2'],
    ['once_cell', [], '[(0, "lazy"), (0, "lazy"), (0, "lazy"), (0, "lazy")]'],
    ['tokio', [2], '[0, 1, 2] blocking true'],
    ['tokio_woken', [2], 'Ok(Ok("woken"))'],
    ['futures_executor', [], '[0, 1, 2] Err(Closed)'],
    ['r2d2', [], '[0, 1]'],
    ['threadpool', [], '55 0'],
    ['scoped_threadpool', [], '[10, 20, 30, 40] 2'],
    ['scheduled_thread_pool', [], '[1, 2, 3]'],
    ['kanal', [], '[0, 1, 2, 3, 4] true'],
    ['oneshot', [], '42 Err(Timeout)'],
    ['bus', [], '[[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]'],
    ['parking', [], 'true true'],
    ['event_listener', [], '[7, 7, 7]'],
    ['async_lock', [], '3 1'],
    ['async_executor', [], '12'],
    ['thread_local', [], '[Some(1), Some(2), Some(3)]'],
    ['arc_swap', [], '4'],
    ['lazy_static', [], '[1, 1, 1]'],
    ['spin', [], '4'],
];
for (const [name, args, expected] of SAME) {
    test(`std: ${name}`, async () => {
        assert.equal(await inTime(own[name](...args)), expected);
    });
}

test('std: all of it at once, in calls that meet', async () => {
    const results = await inTime(Promise.all(SAME.flatMap(([name, args]) => [own[name](...args), own[name](...args)])));
    const expected = SAME.flatMap(([, , expected]) => [expected, expected]);
    assert.deepEqual(results, expected);
});

test('std: calls that follow each other are one thread to crates that keep who it is', async () => {
    for (let i = 0; i < 3; i++) assert.equal(await inTime(own.crossbeam_on_the_call()), '55 true 4');
});

test('std: hash maps of two instances have other keys', async () => {
    const other = await own.instantiate({ backend });
    assert.notEqual(own.hash_of_nothing(), other.hash_of_nothing());
});

test('std: calls send each other messages', async () => {
    const received = own.receives(3);
    await turn();
    await Promise.all([1, 2, 3].map((number) => own.sends(number)));
    assert.equal(await inTime(received), 6);
});

test('std: calls that park at once are different threads', async () => {
    assert.deepEqual(await inTime(Promise.all([9, 3, 6].map((time) => own.parks_until(time)))), [true, true, true]);
});

test('std: threads have their own thread-locals, and drop them; calls share those of the instance', async () => {
    const before = own.count();
    const results = await Promise.all([own.locals(), own.locals()]);
    assert.deepEqual(results, [before + 2, before + 2].map((count) => `${count} [0, 1, 2] dropped`));
    assert.equal(own.count(), before + 2);
});

test('std: a callback sees the thread-locals of the thread that calls it, and others do not', async () => {
    const before = own.count();
    let inner;
    const seen = own.locals_in_callback(() => {
        // A call begins meanwhile, and waits.
        inner = own.parks_until(1);
        return own.count();
    });
    assert.equal(await inTime(seen), '1000 1000');
    assert.equal(await inTime(inner), true);
    assert.equal(own.count(), before);
});

test('std: standard streams are those that init was given', async () => {
    const texts = { stdout: '', stderr: '' };
    const into = (name) => (text) => void (texts[name] += text);
    async function* stdin() {
        for (const text of ['one\nt', 'wo\n', 'three']) yield turn().then(() => text);
    }
    const streams = { stdin: stdin(), stdout: into('stdout'), stderr: into('stderr') };
    const { streams: run } = await own.instantiate({ backend, ...streams });
    assert.equal(await inTime(run()), 'one|two|three');
    await turn();
    assert.deepEqual(texts, { stdout: 'ONE\nTWO\nTHREE\nno newline', stderr: '3 lines\n' });
});

/** What a scope says whose thread has panicked, and a guard of what one held that has. */
const OF_A_SCOPE = 'a scoped thread panicked, and what it borrowed may be half changed: the scope cannot go on';
const LOST =
    'the thread that held this lock has panicked, and nothing was put in order after it: what the lock guards may be half ' +
    'changed, and cannot be had any more. Take a PoisonError for an error';

test('std: a panic is the error of join, with its payload, and others go on', async () => {
    assert.equal(await inTime(own.joins_a_panic()), `plain, 1 and 2, ${OF_A_SCOPE}, [0, 1]`);
    assert.match((await rejection(inTime(own.a_scoped_panic()))).message, /a scoped thread panicked/);
    assert.equal(await inTime(own.spawn()), SAME[0][2]);
});

test('std: a thread that panics has not ended before those that borrow from it', async () => {
    assert.equal(await inTime(own.lends_on()), 'true [1, 1]');
});

test('std: where nobody can wait, that is an error, and free locks are taken', async () => {
    assert.equal(own.locks_outside(), 0);
    let open;
    const holder = own.holds(new Promise((resolve) => (open = resolve)));
    assert.throws(() => own.locks_outside(), WebAssembly.RuntimeError);
    assert.throws(() => own.sleeps_outside(), WebAssembly.RuntimeError);
    open();
    assert.equal(await inTime(holder), 1);
    assert.equal(own.locks_outside(), 1);
});

/** What a thread says that would wait for itself. */
const ITSELF = {
    locks: 'a Mutex that is locked by this thread. Drop its guard first',
    'reads and writes': 'a RwLock that is locked by this thread. Drop its guard first',
    'writes and reads': 'a RwLock that is locked by this thread. Drop its guard first',
    'in a box': 'a Mutex that is locked by this thread. Drop its guard first',
};

/** What the threads of a circle say, and one that is none. */
const EACH_OTHER = {
    'two mutexes': [
        'ends',
        'a Mutex that is locked by the thread `one`, which waits for a Mutex that is locked by this thread. ' +
            'Take locks in the same order everywhere',
    ],
    'round a reader': [
        'ends',
        'ends',
        'ends',
        'a Mutex that is locked by the thread `one`, which waits for a RwLock that is locked by the thread `two`, ' +
            'which waits for a RwLock that is locked by this thread. Take locks in the same order everywhere',
    ],
    'behind a writer': [
        'ends',
        'ends',
        'a RwLock that is locked by the thread `one`, which waits for a Mutex that is locked by this thread. ' +
            'Take locks in the same order everywhere',
    ],
    joins: [
        'a Mutex that is locked by the thread `parent`, which waits for the end of this thread. ' +
            'Unlock before you wait for a thread that locks',
    ],
    chain: ['ends', 'ends', 'ends', 'ends'],
};

const said = (what) => (what === 'ends' ? what : `this thread would wait for ever: it waits for ${what}`);

test('std: a thread that would wait for itself says so', async () => {
    for (const [kind, what] of Object.entries(ITSELF)) {
        assert.equal(await inTime(own.waits_for_itself(kind)), said(what), kind);
    }
    assert.equal(await inTime(own.waits_for_itself('joins')), 'ends');
});

for (const [kind, what] of Object.entries(EACH_OTHER)) {
    test(`std: threads that wait for each other: ${kind}`, async () => {
        assert.deepEqual((await inTime(own.wait_for_each_other(kind))).split('\n'), what.map(said));
    });
}

test('std: threads that wait for each other: a scope', async () => {
    assert.equal(await inTime(own.wait_for_each_other('scope')), OF_A_SCOPE);
    const last =
        'the end of a scope, and so for that of another thread, which waits for a Mutex that is locked by this thread. ' +
        'Unlock before you wait for a thread that locks';
    const { message } = await rejection(inTime(own.ends_a_scope_last()));
    assert.equal(message.split('\n')[1], said(last));
});

test('std: what is made once is poisoned if its maker panics', async () => {
    const expected = 'while it is made; Once instance has previously been poisoned; true';
    assert.equal(await inTime(own.poisons_a_once()), expected);
});

test('std: a lock whose holder panicked is an error, also for who waits already', async () => {
    const shown = 'Mutex { data: "<lost>", poisoned: true, .. }';
    assert.equal(await inTime(own.locks_of_a_panicked()), `[true, true] true ${shown} true ${LOST}`);
    assert.equal(await inTime(own.condition_of_a_panicked()), LOST);
    const failed = rejection(own.holds(Promise.reject(new Error('no'))));
    await turn();
    assert.match((await inTime(failed)).message, /unwrap/);
    assert.match((await rejection(inTime(own.holds(Promise.resolve())))).message, /PoisonError/);
});

test('std: what a panic left half changed is seen by nobody', async () => {
    for (const where of ['locked', 'written']) {
        assert.equal(await inTime(own.sorts_and_panics(where)), `0 dropped, ${LOST}`);
    }
    assert.equal(await inTime(own.sorts_and_panics('lent')), `0 dropped, ${OF_A_SCOPE}`);
});

test('std: a guard that others have can be used after its thread has panicked', async () => {
    assert.equal(await inTime(own.leaks_a_guard()), '7 true true');
});

for (const how of ['panic', 'trap', 'exception']) {
    test(`std: a RwLock whose writer ends by a ${how} is an error, also for who waits already`, async () => {
        const shown = 'RwLock { data: <lost>, poisoned: true, .. }';
        const expected = `[true, true, true] ${shown} [true, true, true, true, true] ${LOST}`;
        assert.equal(await inTime(own.writer_fails(how)), expected);
    });
    test(`std: a RwLock whose reader ends by a ${how} is read by others, and written by nobody`, async () => {
        assert.equal(await inTime(own.reader_fails(how)), '(true, true) (true, true) false 1');
    });
}

test('std: a RwLock in calls that fail, and where nobody can wait', async () => {
    let settle;
    const writer = own.writes_until(new Promise((...both) => (settle = both)));
    assert.throws(() => own.reads_outside(), WebAssembly.RuntimeError);
    const readers = [own.reads(), own.reads()];
    settle[0]();
    assert.equal(await inTime(writer), 1);
    assert.deepEqual(await inTime(Promise.all(readers)), ['1', '1']);
    assert.equal(own.reads_outside(), 1);
    const failed = rejection(own.writes_until(Promise.reject(new Error('no'))));
    const waits = own.reads();
    assert.match((await inTime(failed)).message, /unwrap/);
    assert.match(await inTime(waits), /^poisoned lock/);
    assert.match((await rejection(inTime(own.writes_until(Promise.resolve())))).message, /PoisonError/);
});

test('std: the hook for panics can be set while threads panic', async () => {
    assert.equal(await inTime(own.hooks()), 'with a hook again true');
});

test('std: a panic can be given anything', async () => {
    assert.equal(await inTime(own.panics_with_a_number()), 42);
});

test('std: random programs, some of whose threads panic, are as their model', async () => {
    let panics = 0;
    for (let seed = 1; seed <= 100; seed++) panics += await inTime(own.random(seed));
    assert.ok(panics > 20, `${panics}`);
    panics = 0;
    for (let seed = 1; seed <= 100; seed++) panics += await inTime(own.random_rwlock(seed));
    assert.ok(panics > 20, `${panics}`);
});

test('std: calls that are cancelled or panic under random schedules are as their model', async () => {
    const outcomes = await outcomesOfSome((seed) => inTime(runCancelled(own, turn, seed)));
    for (const [what, count] of outcomes) assert.ok(count > 2, `${count} ${what}`);
});
