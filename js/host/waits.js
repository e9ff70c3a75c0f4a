// Promises that Rust resolves: a fiber waits for one, and others wake it, by its number.

/** @typedef {(value?: any) => void} Resolve */

/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

/** One instance's promises. */
export function create() {
    /** @type {Resolve[]} */
    const resolves = [];
    /** @type {ReturnType<typeof setTimeout>[]} */
    const timers = [];

    /** @param {number} place */
    function waitFor(place) {
        const promise = new Promise(keep);
        resolves[place] = kept;
        return promise;
    }

    /** @param {number} place */
    const wake = (place) => resolves[place]();

    return {
        waitFor,
        /**
         * @param {number} place
         * @param {number} milliseconds
         */
        waitAtMost(place, milliseconds) {
            const promise = waitFor(place);
            timers[place] = setTimeout(kept, Math.min(milliseconds, LONGEST));
            return promise;
        },
        wake,
        /** @param {number} place */
        wakeEarly(place) {
            clearTimeout(timers[place]);
            wake(place);
        },
        nextTurn: () => new Promise(takeTurn),
    };
}

/** @type {Resolve} */
let kept;

/**
 * One function for all promises: it costs less than one for each.
 *
 * @param {Resolve} resolve
 */
function keep(resolve) {
    kept = resolve;
}

/** @type {(resolve: Resolve) => void} */
const takeTurn = globalThis.setImmediate ?? createTurns();

/** Turns without the four milliseconds that browsers let pass between timers. */
function createTurns() {
    // Elsewhere a channel might keep the process from ending.
    const isBrowser = globalThis.document !== undefined || 'WorkerGlobalScope' in globalThis;
    if (!isBrowser) return setTimeout;
    const { port1, port2 } = new MessageChannel();
    /** @type {Resolve[]} */
    const waiting = [];
    port1.onmessage = () => /** @type {Resolve} */ (waiting.shift())();
    /** @param {Resolve} resolve */
    return (resolve) => {
        waiting.push(resolve);
        port2.postMessage(undefined);
    };
}
