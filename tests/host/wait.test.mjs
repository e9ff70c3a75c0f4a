// Who waits at which address, and who runs next: `js/wait.js`, with threads that are generators.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Schedule, Thread, TIMED_OUT, WOKEN } from '../../js/wait.js';
import { runRandom } from '../schedules.mjs';

/**
 * Runs threads until all have ended, or none can go on: `'stuck'`. A thread is a generator that tells the schedule
 * what it waits for, and then yields; it is given the outcome. A first one begins the others.
 *
 * @param {(schedule: any) => Generator[]} make
 * @param {number} [seed]
 */
function run(make, seed) {
    return new Promise((resolve) => {
        let left = 1;
        const schedule = new Schedule({
            go(thread, outcome) {
                const { done } = thread.body.next(outcome);
                if (done && --left === 0) resolve('ended');
                schedule.pause();
            },
            stuck: () => resolve('stuck'),
            seed,
        });
        function* begins() {
            for (const body of make(schedule)) {
                left += 1;
                schedule.ready(Object.assign(new Thread(), { body }), 0);
            }
        }
        schedule.ready(Object.assign(new Thread(), { body: begins() }), 0);
    });
}

test('those that wait at an address are woken in the order in which they came', async () => {
    const seen = [];
    function* waits(schedule, name, address) {
        schedule.wait(address, -1);
        seen.push([name, yield]);
    }
    function* wakes(schedule) {
        schedule.yield();
        yield;
        seen.push(schedule.notify(8, 2), schedule.notify(12, 0), schedule.notify(16, 1));
        schedule.yield();
        yield;
        seen.push(schedule.notify(8, 0xffffffff), schedule.notify(12, 5), schedule.notify(8, 1));
    }
    const end = await run((schedule) => [
        waits(schedule, 'a', 8),
        waits(schedule, 'b', 8),
        waits(schedule, 'c', 12),
        waits(schedule, 'd', 8),
        wakes(schedule),
    ]);
    assert.equal(end, 'ended');
    assert.deepEqual(seen, [2, 0, 0, ['a', WOKEN], ['b', WOKEN], 1, 1, 0, ['d', WOKEN], ['c', WOKEN]]);
});

test('a time that is up is an outcome, and nobody is notified any more', async () => {
    const seen = [];
    function* waits(schedule, nanoseconds) {
        const began = performance.now();
        schedule.wait(8, nanoseconds);
        const outcome = yield;
        seen.push([outcome, performance.now() - began >= nanoseconds / 1e6]);
    }
    function* wakes(schedule) {
        schedule.until(new Promise((resolve) => setTimeout(() => resolve(0), 30)), assert.fail);
        yield;
        seen.push(schedule.notify(8, 9));
    }
    const end = await run((schedule) => [waits(schedule, 2e6), waits(schedule, 0), waits(schedule, 1e15), wakes(schedule)]);
    assert.equal(end, 'ended');
    assert.deepEqual(seen, [[TIMED_OUT, true], [TIMED_OUT, true], 1, [WOKEN, false]]);
});

test('a thread that does nothing but look gives the others, and timers, their turn', async () => {
    let isDone = false;
    function* looks(schedule) {
        while (!isDone) {
            schedule.yield();
            yield;
        }
    }
    function* sleeps(schedule) {
        schedule.wait(8, 3e6);
        yield;
        isDone = true;
    }
    assert.equal(await run((schedule) => [looks(schedule), looks(schedule), sleeps(schedule)]), 'ended');
});

test('threads that keep each other awake give everybody else a turn', async () => {
    let isOver = false;
    setTimeout(() => (isOver = true), 20);
    function* works(schedule, own, other) {
        while (!isOver) {
            schedule.notify(other, 1);
            schedule.wait(own, -1);
            yield;
        }
        schedule.notify(other, 1);
    }
    assert.equal(await run((schedule) => [works(schedule, 4, 8), works(schedule, 8, 4)]), 'ended');
});

test('when nobody can go on, that is told, once', async () => {
    let told = 0;
    const schedule = new Schedule({
        go() {
            schedule.wait(8, -1);
            schedule.pause();
        },
        stuck: () => (told += 1),
    });
    schedule.ready(new Thread(), 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(told, 1);
    assert.equal(schedule.waiting, 1);
});

test('what has ended goes on no more', async () => {
    const went = [];
    const schedule = new Schedule({
        go(thread) {
            went.push(thread.name);
            schedule.wait(8, 1e6);
            schedule.pause();
        },
        stuck: assert.fail,
    });
    schedule.ready(Object.assign(new Thread(), { name: 'a' }), 0);
    schedule.end();
    schedule.ready(Object.assign(new Thread(), { name: 'b' }), 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(went, ['a']);
});

test('a thousand that are ready, in order and by a seed', async () => {
    const order = async (seed) => {
        const seen = [];
        function* tells(number) {
            seen.push(number);
        }
        await run(() => Array.from({ length: 1000 }, (_, number) => tells(number)), seed);
        return seen;
    };
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    assert.deepEqual(await order(), numbers);
    const shuffled = await order(5);
    assert.notDeepEqual(shuffled, numbers);
    assert.deepEqual([...shuffled].sort((a, b) => a - b), numbers);
    assert.deepEqual(await order(5), shuffled);
    assert.notDeepEqual(await order(6), shuffled);
});

test('random programs under random schedules do what a model does', async () => {
    for (let seed = 0; seed < 300; seed++) await runRandom(seed);
});
