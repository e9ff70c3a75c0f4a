// Those who wait until something has changed: each looks again then, and may have to wait again.

/** @typedef {ReturnType<typeof createChanges>} Changes */

/** The longest time that a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

export function createChanges() {
    /** @type {(() => void)[]} */
    let waiting = [];
    /** @type {Set<ReturnType<typeof setTimeout>>} */
    const timers = new Set();

    return {
        /**
         * A promise that is resolved at the next change, or after some time if there is none until then.
         *
         * @param {number} [milliseconds]
         * @returns {Promise<void>}
         */
        next(milliseconds) {
            if (milliseconds === undefined) return new Promise((resolve) => void waiting.push(resolve));
            return new Promise((resolve) => {
                function onChange() {
                    clearTimeout(timer);
                    timers.delete(timer);
                    resolve();
                }
                function onTime() {
                    waiting = waiting.filter((one) => one !== onChange);
                    timers.delete(timer);
                    resolve();
                }
                const timer = setTimeout(onTime, Math.min(milliseconds, LONGEST));
                timers.add(timer);
                waiting.push(onChange);
            });
        },
        tell() {
            if (waiting.length === 0) return;
            const all = waiting;
            waiting = [];
            for (const one of all) one();
        },
        /** Who still waits goes on no more: a thread of a program that has ended. */
        stop() {
            for (const timer of timers) clearTimeout(timer);
            timers.clear();
            waiting = [];
        },
    };
}

/**
 * A promise that may be left alone: nobody has to hear that it is rejected.
 *
 * @template T
 * @param {Promise<T>} promise
 */
export function quiet(promise) {
    promise.catch(() => {});
    return promise;
}
