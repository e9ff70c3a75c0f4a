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
