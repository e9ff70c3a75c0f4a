// Panics, traps and exceptions: each ends its own fiber and nothing else.

import { assert, backend, fixture, rejection, test } from './support.mjs';

const faults = {
    panic: /panicked at .*src\/faults\.rs:\d+:\d+:\na panic on purpose/,
    unreachable: /unreachable/i,
    'out of bounds': /out of bounds/i,
    throw: /^Error: thrown through Rust/,
    overflow: /out of bounds|call stack|recursion/i,
    "overflow of the engine's stack": /call stack|recursion/i,
};

for (const [kind, message] of Object.entries(faults)) {
    for (const times of [0, 3, 20]) {
        test(`${kind}, after ${times} suspensions, while a hundred others are suspended`, async () => {
            const stack = fixture.stackAddress();
            const others = Array.from({ length: 100 }, (_, i) => fixture.churn(i, i % 30, 20));
            const faulted = Array.from({ length: 10 }, () => rejection(fixture.fault(kind, times)));
            for (const error of await Promise.all(faulted)) {
                assert.ok(error instanceof Error);
                assert.match(String(error), message);
            }
            const expected = others.map((_, i) => fixture.churnExpected(i, i % 30, 20));
            assert.deepEqual(await Promise.all(others), expected);
            assert.equal(fixture.stackAddress(), stack);
            assert.equal(fixture.canBlock(), false);
            assert.throws(() => fixture.blockOutside(), { code: 'CannotBlock' });
        });
    }
}

test('each panic keeps its own message', async () => {
    const kinds = Array.from({ length: 50 }, (_, i) => (i % 2 ? 'panic' : 'unreachable'));
    const errors = await Promise.all(kinds.map((kind) => rejection(fixture.fault(kind, 1))));
    errors.forEach((error, i) => assert.match(String(error), faults[kinds[i]]));
    assert.ok(errors[1].cause instanceof WebAssembly.RuntimeError, 'the trap is the cause');
});

test('a blocking call while panicking is an error', async () => {
    assert.match(String(await rejection(fixture.fault('block while panicking', 1))), /shown/);
    assert.match(fixture.whilePanicking(), /cannot block here/);
    assert.equal(await fixture.churn(1, 2, 3), fixture.churnExpected(1, 2, 3));
});

test('a fault in a synchronous export', async () => {
    const stack = fixture.stackAddress();
    assert.throws(() => fixture.faultOutside('panic'), WebAssembly.RuntimeError);
    assert.equal(await fixture.churn(1, 2, 3), fixture.churnExpected(1, 2, 3));
    assert.equal(fixture.stackAddress(), stack, 'the next fiber has brought the stack back');
});

test('thousands of faults', async () => {
    const stack = fixture.stackAddress();
    for (let i = 0; i < 50; i++) {
        await Promise.all(Array.from({ length: 100 }, () => rejection(fixture.fault('panic', i % 2))));
    }
    assert.equal(fixture.stackAddress(), stack);
});

test('a program with its own panic hook', async () => {
    const instance = await fixture.instantiate({ backend });
    await instance.churn(1, 2, 3);
    instance.forgetPanicHook();
    const error = await rejection(instance.fault('panic', 1));
    assert.ok(error instanceof WebAssembly.RuntimeError);
    assert.equal(await instance.churn(1, 2, 3), instance.churnExpected(1, 2, 3));
});
