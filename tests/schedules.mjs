// Random programs of threads that wait and wake, under random schedules, against a model of who waits where.

import assert from 'node:assert/strict';

import { Schedule, Thread, TIMED_OUT, WOKEN } from '../js/wait.js';
import { numbers } from './numbers.mjs';

/**
 * Tells when a timer that is set meanwhile is up: the model has to know it before anybody is woken.
 *
 * @param {() => void} call
 * @param {() => void} isUp
 */
function withTimers(call, isUp) {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (expire, ...rest) => setTimeout(() => (isUp(), expire()), ...rest);
    call();
    globalThis.setTimeout = setTimeout;
}

/**
 * Some threads do random things, of which the model knows what has to come of each:
 *
 * - A lock, a channel and a condition are words in a memory, used as std uses futexes.
 * - Who is woken is the first of those that wait at the address, and as many as were asked for and are there.
 * - Whoever waits is woken once, or its time is up once; at the end, all have done what they had to.
 *
 * @param {number} seed
 */
export function runRandom(seed) {
    const next = numbers(seed);
    const memory = new Int32Array(16);
    /** Who waits where, in order. @type {Map<number, object[]>} */
    const model = new Map();
    const line = (address) => model.get(address) ?? model.set(address, []).get(address);
    let inside = 0;
    const done = { locked: 0, sent: 0, received: 0 };

    return new Promise((resolve, reject) => {
        const schedule = new Schedule({ go, stuck: () => end(new Error(`seed ${seed}: stuck`)), seed: next(1 << 30) });
        let left = 0;

        function end(error) {
            schedule.end();
            if (error === undefined) resolve(undefined);
            else reject(error);
        }

        function go(thread, outcome) {
            try {
                assert.equal(outcome, thread.due, 'it goes on with what it waited for, once');
                thread.due = undefined;
                if (thread.body.next(outcome).done && --left === 0) {
                    check();
                    return end();
                }
                schedule.pause();
            } catch (error) {
                end(new Error(`seed ${seed}: ${error.message}`, { cause: error }));
            }
        }

        /** `memory.atomic.wait32`: the value has been compared, as nobody runs in between. */
        function* wait(address, value, time = -1) {
            if (memory[address] !== value) return 1;
            const thread = schedule.current;
            line(address).push(thread);
            withTimers(() => schedule.wait(address, time), () => {
                const others = line(address);
                if (!others.includes(thread)) return;
                others.splice(others.indexOf(thread), 1);
                thread.due = TIMED_OUT;
            });
            return yield;
        }

        function notify(address, count) {
            const woken = line(address).splice(0, count);
            for (const thread of woken) thread.due = WOKEN;
            assert.equal(schedule.notify(address, count), woken.length, 'as many are woken as wait and were asked for');
        }

        function* stepAside() {
            schedule.current.due = WOKEN;
            schedule.yield();
            yield;
        }

        // std's futex mutex: 0 free, 1 taken, 2 taken and wanted.
        function* lock(at) {
            if (memory[at] === 0) return void (memory[at] = 1);
            while (memory[at] !== 0) {
                memory[at] = 2;
                yield* wait(at, 2);
            }
            memory[at] = 2;
        }

        function unlock(at) {
            const before = memory[at];
            memory[at] = 0;
            if (before === 2) notify(at, 1);
        }

        // A condition is a word that goes up with each notification.
        function* waitFor(condition, at, time) {
            const value = memory[condition];
            unlock(at);
            const outcome = yield* wait(condition, value, time);
            yield* lock(at);
            return outcome;
        }

        function signal(condition, count) {
            memory[condition] += 1;
            notify(condition, count);
        }

        const LOCK = 0;
        const [MUTEX, ITEMS, ROOM, COUNT] = [1, 2, 3, 4];
        const JOINED = 5;

        function* critical() {
            yield* lock(LOCK);
            inside += 1;
            assert.equal(inside, 1, 'two hold one lock');
            for (let i = next(3); i > 0; i--) yield* stepAside();
            inside -= 1;
            done.locked += 1;
            unlock(LOCK);
        }

        function* send() {
            yield* lock(MUTEX);
            while (memory[COUNT] === 2) yield* waitFor(ROOM, MUTEX, -1);
            memory[COUNT] += 1;
            done.sent += 1;
            signal(ITEMS, 1);
            unlock(MUTEX);
        }

        function* receive() {
            yield* lock(MUTEX);
            while (memory[COUNT] === 0) yield* waitFor(ITEMS, MUTEX, next(3) === 0 ? 0 : -1);
            memory[COUNT] -= 1;
            done.received += 1;
            signal(ROOM, 1);
            unlock(MUTEX);
        }

        const plans = [];
        let items = 0;
        for (let thread = 2 + next(6); thread > 0; thread--) {
            const plan = Array.from({ length: next(12) }, () => next(3));
            items += plan.filter((step) => step === 1).length;
            plans.push(plan);
        }
        const locked = plans.flat().filter((step) => step === 0).length;
        const steps = [critical, send, stepAside];

        function* works(plan) {
            for (const step of plan) yield* steps[step]();
            memory[JOINED] += 1;
            notify(JOINED, 1);
        }

        function* receives(count) {
            for (let i = 0; i < count; i++) yield* receive();
        }

        /** The last one, as `main` does. */
        function* joins() {
            while (memory[JOINED] < plans.length) yield* wait(JOINED, memory[JOINED]);
        }

        function check() {
            const { sent, received } = done;
            assert.deepEqual([done.locked, sent, received], [locked, items, items]);
            for (const [address, waiting] of model) assert.deepEqual([address, waiting.length], [address, 0]);
            assert.equal(schedule.waiting, 0);
        }

        const half = next(items + 1);
        const bodies = [...plans.map(works), receives(half), receives(items - half), joins()];
        left = bodies.length + 1;
        function* begins() {
            for (const body of bodies) schedule.ready(Object.assign(new Thread(), { body, due: WOKEN }), WOKEN);
        }
        schedule.ready(Object.assign(new Thread(), { body: begins(), due: WOKEN }), WOKEN);
    });
}
