// A turn of the event loop: everybody else's turn comes first.

/** @type {(() => void)[]} */
const waiting = [];

/** @type {MessageChannel | undefined} */
let channel;

function post() {
    if (typeof setImmediate === 'function') return void setImmediate(next);
    // A page's timers wait for four milliseconds.
    if (channel === undefined) {
        channel = new MessageChannel();
        channel.port1.onmessage = next;
    }
    channel.port2.postMessage(undefined);
}

const next = () => waiting.shift()?.();

/** @returns {Promise<void>} */
export function turn() {
    return new Promise((resolve) => {
        waiting.push(resolve);
        post();
    });
}

/** How long a program may run on what settles at once before everybody else has a turn, in milliseconds. */
const PATIENCE = 10;
/** When everybody else had one. */
let last = 0;

/**
 * What a promise is settled with, when everybody has had a turn. Files in memory and streams settle without a turn of
 * the event loop: a program that reads and writes nothing else would hold up timers, the screen and its own Ctrl-C until
 * it ends.
 *
 * @template T
 * @param {T} value
 * @returns {T | Promise<T>}
 */
export function fairly(value) {
    if (performance.now() - last < PATIENCE) return value;
    return turn().then(() => {
        last = performance.now();
        return value;
    });
}
