// Every byte of a frame on the stack of a suspended fiber keeps its address, and stays readable and
// writable there, until that frame returns. The fixture's fibers publish what they have on their stacks.

import { assert, backend, fixture, hooks, inTime, rejection, test, turn } from './support.mjs';

// Of its own: the frames of the fibers that fault here stay in its list for good.
const instance = await fixture.instantiate({ backend });

/** Numbers that look like seeds. */
const seeds = (count) => Array.from({ length: count }, (_, i) => (i * 2654435761 + count) >>> 0);

/** Reads and writes on all stacks, from outside of every fiber, until `promise` has settled. */
async function visitUntil(promise) {
    let done = false;
    const end = () => (done = true);
    promise.then(end, end);
    for (let i = 0; !done; i++) {
        instance.visit(i, 100);
        await turn();
    }
    return promise;
}

for (const [count, bytes] of [
    [1, 1_000_000],
    [2, 1000],
    [2, 1_000_000],
    [20, 1_000_000],
    [200, 100_000],
    [2000, 5000],
]) {
    test(`${count} fibers, whose frames take up to ${bytes} bytes each, on each other's stacks`, async () => {
        const before = instance.inhabited();
        const calls = seeds(count).map((seed) => instance.inhabit(seed, bytes));
        const levels = await inTime(visitUntil(Promise.all(calls)));
        assert.deepEqual(levels, seeds(count).map((seed) => instance.inhabitNow(seed, bytes)));
        assert.equal(instance.inhabited(), before, 'all frames have returned');
    });
}

test('stacks of fibers, of exports that they call, and of fibers that those start', async () => {
    const calls = [];
    const faulted = [];
    const call = (name, seed, bytes) => calls.push([seed, bytes, instance[name](seed, bytes, 'deeper')]);
    let depth = 0;
    hooks.deeper = () => {
        if (depth === 12) return;
        depth += 1;
        const seed = depth * 77_777;
        call('inhabit', seed, 30_000);
        call('around', seed + 1, 30_000);
        // Outside of every fiber, through the same functions.
        call('inhabitNow', seed + 2, 200_000);
        call('aroundNow', seed + 3, 30_000);
        for (const kind of ['panic', 'out of bounds', 'unreachable', 'throw']) {
            assert.throws(() => instance.faultOutside(kind));
            faulted.push(rejection(instance.fault(kind, 2)));
        }
        instance.visit(seed, 100);
    };
    for (const seed of seeds(20)) call('inhabit', seed, 30_000);
    for (const seed of seeds(5)) call('around', seed, 100_000);
    assert.equal(depth, 12);
    const arrivals = await inTime(visitUntil(Promise.all(calls.map(([, , levels]) => levels))));
    assert.deepEqual(arrivals, calls.map(([seed, bytes]) => instance.inhabitNow(seed, bytes)));
    assert.equal((await Promise.all(faulted)).length, 48);
});

test("frames of a fiber that ended in a fault are nobody else's", async () => {
    const before = instance.inhabited();
    const kinds = ['panic', 'out of bounds', 'unreachable', 'throw'];
    for (let round = 0; round < 4; round++) {
        // They leave what they have published in the list.
        await Promise.all(seeds(10).map((seed, i) => rejection(instance.inhabitAndFault(seed, 20_000, kinds[i % 4]))));
        const calls = seeds(40).map((seed) => instance.inhabit(seed, 20_000));
        await inTime(visitUntil(Promise.all(calls)));
    }
    assert.ok(instance.inhabited() > before + 40, 'their frames are still there');
    instance.visit(1, 100_000);
});
