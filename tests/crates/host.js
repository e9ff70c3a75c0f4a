// What the crates' programs wait for.

/** In browsers there is no setImmediate. */
const nextTurn = globalThis.setImmediate ?? ((callback, value) => setTimeout(callback, 0, value));

let calls = 0;

/** Settles to `value` in this microtask checkpoint; now and then, in a later turn of the event loop. */
export function later(value) {
    calls += 1;
    return calls % 100 === 0 ? new Promise((resolve) => nextTurn(resolve, value)) : Promise.resolve(value);
}
