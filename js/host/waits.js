// Timers and signals that let fibers go on which have parked, and turns of the event loop.

import { waitsOf } from '../cancel.js';
import { EnginePromise } from '../promise.js';

/** @typedef {import('../types.js').Host} Host */
/** @typedef {(value?: any) => void} Resolve */

/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

/**
 * For one instance.
 *
 * @param {Host} host
 */
export function create(host) {
    /** @type {Map<number, ReturnType<typeof setTimeout>>} */
    const timers = new Map();
    /** @type {Map<number, () => void>} what ends that a signal makes them ready */
    const watches = new Map();

    /** @param {number} fiber */
    function end(fiber) {
        timers.delete(fiber);
        host.ready(fiber);
    }

    return {
        /**
         * Makes a fiber ready after that time.
         *
         * @param {number} fiber
         * @param {number} milliseconds
         */
        setTimer(fiber, milliseconds) {
            timers.set(fiber, setTimeout(end, Math.min(milliseconds, LONGEST), fiber));
        },
        /** @param {number} fiber */
        clearTimer(fiber) {
            clearTimeout(timers.get(fiber));
            timers.delete(fiber);
        },
        /**
         * Makes a fiber ready as soon as the signal is aborted.
         *
         * @param {number} fiber
         * @param {AbortSignal} signal
         */
        watch(fiber, signal) {
            const waits = waitsOf(signal);
            const abort = () => host.ready(fiber);
            waits.add(abort);
            watches.set(fiber, () => waits.delete(abort));
        },
        /** @param {number} fiber */
        unwatch(fiber) {
            watches.get(fiber)?.();
            watches.delete(fiber);
        },
        nextTurn: () => new EnginePromise(takeTurn),
    };
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
