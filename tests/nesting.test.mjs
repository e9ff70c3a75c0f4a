// Fibers, JavaScript and synchronous exports under one another.

import { assert, backend, fixture, hooks, inTime, rejection, test, turn } from './support.mjs';

test('a fiber calls JavaScript that calls a suspendable export', async () => {
    let inner;
    hooks.nested = () => {
        inner = fixture.churn(7, 10, 5);
        return 'went on at once';
    };
    assert.deepEqual(await fixture.callHook('nested'), ['went on at once', true]);
    assert.equal(await inner, fixture.churnExpected(7, 10, 5));
});

test('… and waits for it', async () => {
    hooks.waits = () => fixture.churn(9, 12, 6);
    assert.deepEqual(await fixture.callHook('waits'), [fixture.churnExpected(9, 12, 6), true]);
});

test('twenty levels of that', async () => {
    let depth = 20;
    hooks.recursive = () => (depth-- > 0 ? fixture.callHook('recursive') : 'bottom');
    let result = await fixture.callHook('recursive');
    for (let i = 0; i < 20; i++) [result] = result;
    assert.deepEqual(result, ['bottom', true]);
});

test('a fiber calls JavaScript that calls a synchronous export which tries to block', async () => {
    hooks.synchronous = () => {
        assert.equal(fixture.canBlock(), false);
        assert.throws(() => fixture.blockOutside(), { code: 'CannotBlock' });
        return 'an error, and nothing else';
    };
    assert.deepEqual(await fixture.callHook('synchronous'), ['an error, and nothing else', true]);
});

test('a callback cannot block, and its caller can afterwards', async () => {
    const [error, canBlock, afterwards, blocked] = await fixture.blockInCallback();
    assert.equal(error.code, 'CannotBlock');
    assert.deepEqual([canBlock, afterwards, blocked], [false, true, 'blocked']);
    const errors = await fixture.blockInMap();
    assert.deepEqual(errors.map(({ code }) => code), Array(3).fill('CannotBlock'));
});

test('a nested synchronous export that traps leaves its caller as it was', async () => {
    hooks.traps = () => {
        const before = fixture.stackAddress();
        assert.throws(() => fixture.faultOutside('out of bounds'));
        assert.throws(() => fixture.faultOutside('panic'));
        return before;
    };
    const [first] = await fixture.callHook('traps');
    const [second] = await fixture.callHook('traps');
    assert.equal(second, first);
});

test('a nested fiber that faults leaves its caller as it was', async () => {
    let inner;
    hooks.faults = () => {
        inner = ['panic', 'out of bounds', 'throw'].map((kind) => rejection(fixture.fault(kind, 0)));
        assert.throws(() => fixture.blockOutside(), { code: 'CannotBlock' });
        return 'still here';
    };
    assert.deepEqual(await fixture.callHook('faults'), ['still here', true]);
    for (const error of await Promise.all(inner)) assert.ok(error instanceof Error);
});

/** Runs the microtasks that wait, in the middle of whatever calls it. */
const drain = globalThis.Bun === undefined && globalThis.process?._tickCallback;
const cannotDrain =
    (!drain && 'only Node.js lets a call run the microtasks that wait') ||
    (backend === 'jspi-legacy' && 'with that API, the engine resumes no call in the middle of another');

test("microtasks that run inside a fiber's first run", { skip: cannotDrain }, async () => {
    const instance = await fixture.instantiate({ backend });
    const bytes = 20_000;
    const calls = [];
    const call = (name, seed) => calls.push([seed, instance[name](seed, bytes, 'drain')]);
    let levels = 0;
    hooks.drain = () => {
        for (let seed = 0; seed < 30; seed++) call('inhabit', seed);
        if (levels++ < 4) call('around', levels);
        let hasRun = false;
        Promise.resolve().then(() => (hasRun = true));
        drain.call(process);
        assert.ok(hasRun, 'it runs them');
    };
    // Not in a microtask, in which no others run.
    await new Promise((resolve) => {
        setTimeout(() => {
            for (let seed = 0; seed < 20; seed++) call('inhabit', seed);
            for (let seed = 0; seed < 20; seed++) call('around', seed);
            resolve();
        });
    });
    const arrivals = await inTime(Promise.all(calls.map(([, arrival]) => arrival)));
    assert.deepEqual(arrivals, calls.map(([seed]) => instance.inhabitNow(seed, bytes)));
    assert.equal(calls.length, 40 + 24 * 30 + 4);
});

test('instances are independent', async () => {
    const [a, b] = await Promise.all([
        fixture.instantiate({ backend }),
        fixture.instantiate({ backend: 'asyncify' }),
    ]);
    assert.deepEqual([a.backend, b.backend], [backend, 'asyncify']);
    const results = await Promise.all(
        [a, b, fixture].flatMap((instance) => [
            instance.churn(3, 10, 5),
            instance.wait(instance.churn(3, 10, 5)),
        ]),
    );
    assert.deepEqual(new Set(results), new Set([fixture.churnExpected(3, 10, 5)]));
    await rejection(a.fault('panic', 1));
    assert.equal(await b.wait(a.wait(Promise.resolve('through both'))), 'through both');
    await turn();
});

test('methods: shared, mutable, static, and while borrowed', async () => {
    const counter = new fixture.Counter('counter');
    assert.equal(await counter.increment(2), 2);
    assert.equal(await counter.describeAs('has'), 'counter has 2');
    assert.equal(await counter.incrementTwice(), 4);
    assert.deepEqual(
        await Promise.all([counter.describeAs('a'), counter.describeAs('b')]),
        ['counter a 4', 'counter b 4'],
    );
    const first = counter.increment(1);
    assert.match(String(await rejection(counter.increment(1))), /recursive use|borrow/i);
    assert.equal(await first, 5);
    assert.equal(counter.count, 5);
    const opened = await fixture.Counter.open('opened');
    assert.equal(opened.count, 10);
    counter.free();
    opened.free();
});

test('Rust futures', async () => {
    const later = new Promise((resolve) => setTimeout(resolve, 3, 'value'));
    assert.equal(await fixture.futureBorrows(later), 'borrowed JsValue("value")');
    assert.equal(await rejection(fixture.futureBorrows(Promise.reject('reason'))), 'reason');
    assert.equal(fixture.futureReadyOutside(), 7);
    assert.throws(() => fixture.futurePendingOutside(), { code: 'CannotBlock' });
    assert.equal(await fixture.futureYields(), 100);
    assert.equal(await fixture.ordinaryAsync(Promise.resolve('ordinary')), 'ordinary');
    const waiting = Array.from({ length: 20 }, () => fixture.waitForBaton());
    await turn();
    assert.equal(await fixture.passBaton(), 20);
    assert.deepEqual(await Promise.all(waiting), Array(20).fill(5));
});
