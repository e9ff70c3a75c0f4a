// Many fibers at once, each with data on its stack.

import { assert, fixture, test, turn } from './support.mjs';

for (const [count, depth, times] of [
    [1, 3, 10],
    [2, 20, 20],
    [500, 20, 42],
    [10_000, 5, 4],
]) {
    test(`${count} calls in flight, ${depth} levels deep, ${times} suspensions`, async () => {
        const calls = Array.from({ length: count }, (_, i) => {
            const call = [i * 2654435761 >>> 0, (depth + i) % (2 * depth), times];
            return fixture.churn(...call).then((sum) => assert.equal(sum, fixture.churnExpected(...call)));
        });
        // Synchronous exports between the suspensions.
        const all = Promise.all(calls);
        let done = false;
        all.finally(() => (done = true)).catch(() => {});
        while (!done) {
            assert.equal(fixture.scribble(50), 50);
            await turn();
        }
        await all;
    });
}

test('locals of every number type', async () => {
    const seeds = Array.from({ length: 500 }, (_, i) => (i * 40503) >>> 0);
    const results = await Promise.all(seeds.map((seed) => fixture.locals(seed)));
    assert.deepEqual(results, seeds.map((seed) => fixture.localsExpected(seed)));
});

test('trait objects', async () => {
    const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => fixture.throughTraits(i)));
    assert.deepEqual(sums, Array.from({ length: 100 }, (_, i) => 10 * i + 45));
});

test('1 000 levels deep', async () => {
    assert.equal(await fixture.deep(1000, true), (1000 * 1001) / 2);
});

test('as deep as the same recursion gets without suspending', async () => {
    const works = async (depth, suspend) => {
        try {
            return (await fixture.deep(depth, suspend)) === (depth * (depth + 1)) / 2;
        } catch (error) {
            assert.ok(error instanceof Error, 'too deep is a clean error');
            return false;
        }
    };
    // The compilers of an engine make frames of other sizes: first let it choose the last.
    for (let i = 0; i < 2000; i++) await fixture.deep(100, i % 2 === 0);
    let [low, high] = [1000, 2_000_000];
    while (high - low > low / 100) {
        const middle = Math.floor((low + high) / 2);
        if (await works(middle, false)) low = middle;
        else high = middle;
    }
    assert.ok(low > 2000, `only ${low} levels`);
    // A suspension needs a few frames of its own at the bottom.
    assert.ok(await works(Math.floor(low * 0.98), true), `${low} levels without suspending`);
    assert.equal(await works(2_000_000, true), false);
    assert.equal(await fixture.deep(1000, true), (1000 * 1001) / 2, 'the instance goes on');
});

test('a promise that never settles holds only its own fiber', async () => {
    const never = fixture.wait(new Promise(() => {}));
    assert.equal(await fixture.churn(1, 10, 3), fixture.churnExpected(1, 10, 3));
    assert.equal(await Promise.race([never, turn().then(() => 'pending')]), 'pending');
});

test('many promises settle in one microtask checkpoint', async () => {
    const resolvers = [];
    const calls = Array.from({ length: 200 }, () =>
        fixture.wait(new Promise((resolve) => resolvers.push(resolve))),
    );
    await turn();
    resolvers.reverse().forEach((resolve, i) => resolve(i));
    assert.deepEqual(await Promise.all(calls), Array.from({ length: 200 }, (_, i) => 199 - i));
});

test('what a call that suspends again and again has on its stack, it has when it returns', async () => {
    const churn = async (...call) => assert.equal(await fixture.churn(...call), fixture.churnExpected(...call));
    await Promise.all(Array.from({ length: 10 }, (_, i) => churn(i, 300 + i, 100)));
});

test('nothing leaks', async () => {
    const round = async () => {
        for (let i = 0; i < 40; i++) {
            await Promise.all(Array.from({ length: 500 }, () => fixture.churn(i, 4, 2)));
        }
    };
    // Twenty thousand calls a round: the first grows what there is to grow.
    await round();
    const before = [fixture.liveValues(), fixture.memoryPages(), fixture.stackAddress()];
    for (let i = 0; i < 4; i++) await round();
    assert.deepEqual([fixture.liveValues(), fixture.memoryPages(), fixture.stackAddress()], before);
});
