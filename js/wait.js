// Who waits at which address, and who runs next: what locks, channels and joins end in.
//
// Of the threads of a program one runs at a time, until it waits or ends. Those that could go on stand in a line, in
// the order in which they came to be able to; nothing else decides, so that the same input gives the same run. With
// a seed, any of them may be the next, as the seed says. Those that wait at an address stand in a line there, and are
// woken from its beginning, as the threads proposal has it.
//
//   runs ── waits at an address ──── notified, or its time is up ──┐
//    ▲  └── waits for a promise ──── it settles ───────────────────┤
//    └──────────────────────────────────────────────── is next ── ready
//
// When nobody runs, is ready, or waits for a promise or a time, nobody ever will be: the threads are stuck.

import { turn } from './wasi/turn.js';

/** What it comes to, to wait at an address; by the numbers of the proposal, in which 1 is that it holds another value. */
export const WOKEN = 0;
export const TIMED_OUT = 2;

/** How long threads may run before everybody else has a turn, in milliseconds. */
const PATIENCE = 10;
/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

/**
 * A thread, of which only this is known here.
 *
 * @typedef {object} Thread
 * @property {Waiter} [waiter] where it waits, if it does at an address
 */

/**
 * @typedef {object} Waiter
 * @property {Thread} thread
 * @property {number} address
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

/**
 * @template {Thread} T
 */
export class Schedule {
    /** The thread that runs. @type {T | undefined} */
    current;
    #go;
    #stuck;
    #random;
    /** @type {Line<{ thread: T, outcome: number }>} */
    #ready = new Line();
    /** @type {Map<number, Set<Waiter>>} */
    #waiting = new Map();
    /** How many promises and timers may make somebody ready. */
    #outstanding = 0;
    /** How many have asked to go behind the others, since somebody last did anything else. */
    #idle = 0;
    #isChoosing = false;
    #isResting = false;
    #isOver = false;
    #lastTurn = performance.now();

    /**
     * @param {object} options
     * @param {(thread: T, outcome: number) => void} options.go lets a thread go on with that outcome, until it calls
     *   `pause`: at once, or later
     * @param {() => void} options.stuck is called when nobody can ever go on
     * @param {number} [options.seed]
     */
    constructor({ go, stuck, seed }) {
        this.#go = go;
        this.#stuck = stuck;
        this.#random = seed === undefined ? undefined : random(seed);
    }

    /** Who waits at an address, in the order in which they have come to it. */
    get waiters() {
        return [...this.#waiting.values()].flatMap((line) => [...line]);
    }

    /**
     * A thread that does not run can go on.
     *
     * @param {T} thread
     * @param {number} outcome of what it has waited for
     */
    ready(thread, outcome) {
        this.#idle = 0;
        this.#ready.push({ thread, outcome });
        this.#choose();
    }

    /** The thread that runs goes behind all that are ready. */
    yield() {
        this.#idle += 1;
        this.#ready.push({ thread: /** @type {T} */ (this.current), outcome: 0 });
    }

    /**
     * The thread that runs waits at an address.
     *
     * @param {number} address
     * @param {number} nanoseconds for so long; if negative, until it is notified
     */
    wait(address, nanoseconds) {
        const thread = /** @type {T} */ (this.current);
        /** @type {Waiter} */
        const waiter = { thread, address };
        thread.waiter = waiter;
        const line = this.#waiting.get(address);
        if (line === undefined) this.#waiting.set(address, new Set([waiter]));
        else line.add(waiter);
        if (nanoseconds < 0) return;
        this.#outstanding += 1;
        const end = performance.now() + nanoseconds / 1e6;
        const expire = () => {
            // It may come too early, by this clock.
            const left = end - performance.now();
            if (left > 0) waiter.timer = setTimeout(expire, Math.min(Math.ceil(left), LONGEST));
            else this.#wake(waiter, TIMED_OUT);
        };
        // Never at once: who looks again and again has to let the others run.
        waiter.timer = setTimeout(expire, Math.min(Math.ceil(nanoseconds / 1e6), LONGEST));
    }

    /**
     * Wakes those that wait at an address, the first of them first.
     *
     * @param {number} address
     * @param {number} count how many at the most
     * @returns {number} how many
     */
    notify(address, count) {
        const line = this.#waiting.get(address);
        let woken = 0;
        for (const waiter of line ?? []) {
            if (woken === count) break;
            this.#wake(waiter, WOKEN);
            woken += 1;
        }
        return woken;
    }

    /**
     * The thread that runs waits for a promise.
     *
     * @param {Promise<number>} promise
     * @param {(reason: unknown) => void} failed
     */
    until(promise, failed) {
        const thread = /** @type {T} */ (this.current);
        this.#outstanding += 1;
        promise.then(
            (outcome) => {
                this.#outstanding -= 1;
                this.ready(thread, outcome);
            },
            (reason) => {
                this.#outstanding -= 1;
                failed(reason);
            },
        );
    }

    /** The thread that runs has stopped: it waits, or has ended. */
    pause() {
        this.current = undefined;
        this.#choose();
    }

    /** Nobody goes on any more. */
    end() {
        this.#isOver = true;
        for (const { timer } of this.waiters) clearTimeout(timer);
        this.#waiting.clear();
    }

    /**
     * @param {Waiter} waiter
     * @param {number} outcome
     */
    #wake(waiter, outcome) {
        const { thread, address, timer } = waiter;
        const line = /** @type {Set<Waiter>} */ (this.#waiting.get(address));
        line.delete(waiter);
        if (line.size === 0) this.#waiting.delete(address);
        thread.waiter = undefined;
        if (timer !== undefined) {
            clearTimeout(timer);
            this.#outstanding -= 1;
        }
        this.ready(/** @type {T} */ (thread), outcome);
    }

    /** Lets one after the other go on, if nobody runs. */
    #choose() {
        if (this.#isChoosing) return;
        this.#isChoosing = true;
        while (this.current === undefined && !this.#isOver && !this.#isResting) {
            const { length } = this.#ready;
            if (length === 0) {
                if (this.#outstanding === 0) this.#stuck();
                break;
            }
            // Where all those that are ready do nothing but ask for the others, these have to come from outside.
            if (this.#idle >= length || performance.now() - this.#lastTurn >= PATIENCE) {
                this.#rest();
                break;
            }
            const { thread, outcome } = this.#ready.take(this.#random?.(length) ?? 0);
            this.current = thread;
            this.#go(thread, outcome);
        }
        this.#isChoosing = false;
    }

    /** Gives everybody else a turn. */
    #rest() {
        this.#isResting = true;
        turn().then(() => {
            this.#idle = 0;
            this.#lastTurn = performance.now();
            this.#isResting = false;
            this.#choose();
        });
    }
}

/**
 * A line that is taken from at its beginning, as a rule.
 *
 * @template T
 */
class Line {
    /** @type {T[]} */
    #items = [];
    #first = 0;

    get length() {
        return this.#items.length - this.#first;
    }

    /** @param {T} item */
    push(item) {
        this.#items.push(item);
    }

    /** @param {number} index */
    take(index) {
        const items = this.#items;
        const at = this.#first + index;
        const item = items[at];
        // Those in front of it move up by one.
        items.copyWithin(this.#first + 1, this.#first, at);
        this.#first += 1;
        if (this.#first === items.length) {
            this.#items = [];
            this.#first = 0;
        } else if (this.#first === ROOM) {
            items.splice(0, ROOM);
            this.#first = 0;
        }
        return item;
    }
}

/** How many places at the beginning of a line may be empty. */
const ROOM = 256;

/**
 * Numbers below a bound that look random, and are the same for the same seed: a generator of Marsaglia's.
 *
 * @param {number} seed
 */
function random(seed) {
    let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) | 1;
    return (/** @type {number} */ bound) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % bound;
    };
}
