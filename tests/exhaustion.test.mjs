// Stacks and memory that come to their ends: the call that needs more fails, and nothing else happens.

import { assert, backend, compile, fixture, hooks, inTime, rejection, test } from './support.mjs';

/** Deeper than any stack. */
const WITHOUT_END = 0xffff_ffff;

const sum = (depth) => (depth * (depth + 1)) / 2;

const module = await compile('fixture');

/** One of the test's own: what has faulted keeps its memory. */
const instantiate = () => fixture.instantiate({ backend, module });

/**
 * Calls that wait some levels deep, in frames of all sizes.
 *
 * @param {any} instance
 */
function suspended(instance) {
    let open;
    const gate = new Promise((resolve) => (open = () => resolve(1000)));
    const frames = [0, 8, 1000];
    const calls = Array.from({ length: 99 }, (_, i) => instance.recurse(frames[i % 3], i % 30, gate));
    return {
        /** Lets them go on. */
        async end() {
            open();
            assert.deepEqual(await inTime(Promise.all(calls)), calls.map((_, i) => 1000 + sum(i % 30)));
        },
    };
}

for (const [frame, what] of [
    [0, "the engine's stack alone"],
    [8, 'small frames'],
    [1000, 'frames of 1 000 bytes'],
    [10_000, 'frames of 10 000 bytes'],
    [300_000, 'frames of 300 000 bytes'],
]) {
    test(`recursion without end, ${what}, while 99 others are suspended`, async () => {
        const instance = await instantiate();
        const stack = instance.stackAddress();
        for (let round = 0; round < 20; round++) {
            const others = suspended(instance);
            const error = await rejection(instance.recurse(frame, WITHOUT_END, Promise.resolve(1)));
            assert.ok(error instanceof Error, String(error));
            assert.equal(await instance.recurse(frame, 2, Promise.resolve(1)), 1 + sum(2), 'the next call');
            await others.end();
            assert.equal(instance.stackAddress(), stack);
        }
    });
}

test('recursion without end in JavaScript that a fiber calls', async () => {
    const instance = await instantiate();
    const faulted = [];
    hooks.withoutEnd = () => {
        for (const frame of [0, 8, 10_000]) faulted.push(rejection(instance.recurse(frame, WITHOUT_END, Promise.resolve(1))));
        assert.throws(() => instance.faultOutside('overflow'));
        assert.throws(() => instance.faultOutside("overflow of the engine's stack"));
    };
    const others = suspended(instance);
    const calls = Array.from({ length: 10 }, (_, i) => instance.around(i, 20_000, 'withoutEnd'));
    const levels = await inTime(Promise.all(calls));
    assert.deepEqual(levels, calls.map((_, i) => instance.inhabitNow(i, 20_000)));
    for (const error of await Promise.all(faulted)) assert.ok(error instanceof Error);
    await others.end();
});

test('no memory for a stack', async () => {
    const instance = await instantiate();
    for (let round = 0; round < 5; round++) {
        const others = suspended(instance);
        const bytes = instance.hoard(65_536);
        assert.ok(bytes > 2 ** 20, `only ${bytes} bytes`);
        // Half a megabyte of frames more than any call had, in a module that has less than 64 KB in one piece.
        const depth = 500 * (round + 1);
        const error = await rejection(instance.recurse(1000, depth, Promise.resolve(1)));
        assert.ok(error instanceof Error, String(error));
        assert.match(error.message, /memory|stack/i);
        assert.doesNotMatch(error.message, /out of bounds|unreachable/, 'it says what is wrong');
        instance.giveBack();
        assert.equal(await instance.recurse(1000, depth, Promise.resolve(1)), 1 + sum(depth), 'the next call');
        await others.end();
    }
});

test('memory that ends while a call is suspended', async () => {
    const instance = await instantiate();
    const others = suspended(instance);
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    const deep = instance.recurse(1000, 500, gate);
    instance.hoard(65_536);
    // What it needs to go on, it has already.
    open(7);
    assert.equal(await deep, 7 + sum(500));
    instance.giveBack();
    await others.end();
});

test('more traps than there is room for borrowed values', async () => {
    const instance = await instantiate();
    for (let i = 0; i < 2000; i++) assert.throws(() => instance.faultBorrowing(i, 'unreachable'), WebAssembly.RuntimeError);
    assert.equal(instance.borrow(42), 42);
    const faulted = Array.from({ length: 2000 }, (_, i) => rejection(instance.faultLater(i, 'unreachable', Promise.resolve())));
    for (const error of await inTime(Promise.all(faulted))) assert.ok(error instanceof Error);
    assert.equal(instance.borrow(43), 43);
    hooks.faultBorrowing = () => {
        for (let i = 0; i < 2000; i++) assert.throws(() => instance.faultBorrowing(i, 'unreachable'));
        return instance.borrow(44);
    };
    assert.deepEqual(await instance.callHook('faultBorrowing'), [44, true]);
    assert.equal(instance.borrow(45), 45);
});

test('two faults in one microtask checkpoint', async () => {
    const instance = await instantiate();
    const stack = instance.stackAddress();
    const seeds = Array.from({ length: 10 }, (_, i) => i);
    for (const kinds of [['panic', 'panic'], ['unreachable', 'throw'], ['out of bounds', 'panic'], ['overflow', 'unreachable']]) {
        const others = suspended(instance);
        let open;
        const gate = new Promise((resolve) => (open = resolve));
        const inhabiting = seeds.map((seed) => instance.inhabit(seed, 20_000));
        // Before, between and behind those that fault.
        const calls = [instance.wait(gate)];
        const faulted = [];
        for (const kind of kinds) {
            faulted.push(rejection(instance.faultLater(undefined, kind, gate)));
            calls.push(instance.wait(gate));
        }
        open('opened');
        for (const error of await inTime(Promise.all(faulted))) assert.ok(error instanceof Error);
        assert.deepEqual(await Promise.all(calls), ['opened', 'opened', 'opened']);
        const levels = seeds.map((seed) => instance.inhabitNow(seed, 20_000));
        assert.deepEqual(await inTime(Promise.all(inhabiting)), levels);
        await others.end();
        assert.equal(instance.stackAddress(), stack);
    }
});
