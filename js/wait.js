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
/** How many may follow each other before the clock is looked at, which costs as much as the rest. */
const MOST_UNSEEN = 64;
/** How many addresses are remembered at which nobody waits any more. */
const MOST_EMPTY = 1024;
/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

/** A thread, as far as it is known here. It stands in one line at most: those that are ready, or wait at an address. */
export class Thread {
    /** Where it waits, if it does at an address. @type {number | undefined} */
    address;
    /** What comes of what it has waited for. */
    outcome = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    timer;
    /** Those before and behind it. @type {any} */
    previous;
    /** @type {any} */
    next;
}

/**
 * @template {Thread} T
 */
export class Schedule {
    /** The thread that runs. @type {T | undefined} */
    current;
    #go;
    #stuck;
    #random;
    /** @type {Line<T>} */
    #ready = new Line();
    /** Those that wait, by address. @type {Map<number, Line<T>>} */
    #waiting = new Map();
    /** How many promises and timers may make somebody ready. */
    #outstanding = 0;
    /** How many have asked to go behind the others, since somebody last did anything else. */
    #idle = 0;
    #isChoosing = false;
    #isResting = false;
    #isOver = false;
    #lastTurn = performance.now();
    /** When the clock was last looked at; how many have run since, and how many may. */
    #lastLook = 0;
    #unseen = 0;
    #mostUnseen = 1;

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

    /** How many wait at addresses. */
    get waiting() {
        let sum = 0;
        for (const { length } of this.#waiting.values()) sum += length;
        return sum;
    }

    /**
     * A thread that does not run can go on.
     *
     * @param {T} thread
     * @param {number} outcome of what it has waited for
     */
    ready(thread, outcome) {
        this.#idle = 0;
        thread.outcome = outcome;
        this.#ready.push(thread);
        if (this.current === undefined) this.#choose();
    }

    /** The thread that runs goes behind all that are ready. */
    yield() {
        const thread = /** @type {T} */ (this.current);
        this.#idle += 1;
        thread.outcome = 0;
        this.#ready.push(thread);
    }

    /**
     * The thread that runs waits at an address.
     *
     * @param {number} address
     * @param {number} nanoseconds for so long; if negative, until it is notified
     */
    wait(address, nanoseconds) {
        const thread = /** @type {T} */ (this.current);
        thread.address = address;
        let line = this.#waiting.get(address);
        if (line === undefined) {
            line = new Line();
            if (this.#waiting.size > MOST_EMPTY) this.#forget();
            this.#waiting.set(address, line);
        }
        line.push(thread);
        if (nanoseconds >= 0) this.#setTimer(thread, nanoseconds / 1e6);
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
        while (line?.first !== undefined && woken < count) {
            this.#wake(line, line.first, WOKEN);
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
        for (const line of this.#waiting.values()) {
            for (let thread = line.first; thread !== undefined; thread = thread.next) clearTimeout(thread.timer);
        }
        this.#waiting.clear();
    }

    /**
     * @param {T} thread
     * @param {number} milliseconds
     */
    #setTimer(thread, milliseconds) {
        this.#outstanding += 1;
        const end = performance.now() + milliseconds;
        const expire = () => {
            // It may come too early, by this clock.
            const left = end - performance.now();
            if (left > 0) {
                thread.timer = setTimeout(expire, Math.min(Math.ceil(left), LONGEST));
                return;
            }
            const line = /** @type {Line<T>} */ (this.#waiting.get(/** @type {number} */ (thread.address)));
            this.#wake(line, thread, TIMED_OUT);
        };
        // Never at once: who looks again and again has to let the others run.
        thread.timer = setTimeout(expire, Math.min(Math.ceil(milliseconds), LONGEST));
    }

    /**
     * @param {Line<T>} line
     * @param {T} thread
     * @param {number} outcome
     */
    #wake(line, thread, outcome) {
        line.remove(thread);
        thread.address = undefined;
        if (thread.timer !== undefined) {
            clearTimeout(thread.timer);
            thread.timer = undefined;
            this.#outstanding -= 1;
        }
        this.ready(thread, outcome);
    }

    /** Forgets addresses at which nobody waits. */
    #forget() {
        for (const [address, { length }] of this.#waiting) if (length === 0) this.#waiting.delete(address);
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
            if (this.#idle >= length || this.#isTime()) {
                this.#rest();
                break;
            }
            const thread = this.#random === undefined ? this.#ready.first : this.#ready.at(this.#random(length));
            this.#ready.remove(/** @type {T} */ (thread));
            this.current = thread;
            this.#go(/** @type {T} */ (thread), /** @type {T} */ (thread).outcome);
        }
        this.#isChoosing = false;
    }

    /** Whether it is somebody else's turn. Where threads run for short, the clock is looked at now and then. */
    #isTime() {
        this.#unseen += 1;
        if (this.#unseen < this.#mostUnseen) return false;
        const now = performance.now();
        const isLong = now - this.#lastLook > PATIENCE / 4;
        this.#mostUnseen = isLong ? 1 : Math.min(2 * this.#mostUnseen, MOST_UNSEEN);
        this.#lastLook = now;
        this.#unseen = 0;
        return now - this.#lastTurn >= PATIENCE;
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
 * Threads one behind the other.
 *
 * @template {Thread} T
 */
class Line {
    /** @type {T | undefined} */
    first;
    /** @type {T | undefined} */
    #last;
    length = 0;

    /** @param {T} thread */
    push(thread) {
        thread.previous = this.#last;
        if (this.#last === undefined) this.first = thread;
        else this.#last.next = thread;
        this.#last = thread;
        this.length += 1;
    }

    /** @param {T} thread */
    remove(thread) {
        const { previous, next } = thread;
        if (previous === undefined) this.first = next;
        else previous.next = next;
        if (next === undefined) this.#last = previous;
        else next.previous = previous;
        thread.previous = undefined;
        thread.next = undefined;
        this.length -= 1;
    }

    /** @param {number} index */
    at(index) {
        let thread = /** @type {T} */ (this.first);
        for (let i = 0; i < index; i++) thread = thread.next;
        return thread;
    }
}

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
