// Threads on stacks of the engine's own: the engine keeps the frames of those that wait.

import { Thread } from '../../wait.js';

/**
 * @typedef {import('../types.js').Beginning} Beginning
 * @typedef {import('../types.js').Fibers<Fiber>} Fibers
 * @typedef {import('../types.js').Told<Fiber>} Told
 */

class Fiber extends Thread {
    /** Lets it go on, once it has waited. @type {((outcome: number) => void) | undefined} */
    goOn;
    /** Takes where it is, when it is asked. @type {((place: string) => void) | undefined} */
    place;

    /** @param {Beginning} beginning */
    constructor({ id, argument, end }) {
        super();
        this.id = id;
        this.argument = argument;
        this.end = end;
    }
}

/** The outcome with which a thread is asked where it is. */
const STUCK = -1;

/** How deep a stack is told. */
const DEEP = 60;

/**
 * @param {Told} told
 * @returns {Fibers}
 */
export function createJspi({ current, paused, ended, failed }) {
    /** @type {Record<string, Function>} */
    let run;
    /** The fiber that is asked where it is. @type {Fiber} */
    let asked;

    /** @param {Fiber} fiber */
    async function begin(fiber) {
        // Not inside of who asked for it.
        await undefined;
        try {
            await (fiber.id === 0 ? run.main() : run.thread(fiber.id, fiber.argument, fiber.end));
        } catch (thrown) {
            if (fiber.place === undefined) failed(thrown);
            return;
        }
        ended(fiber);
    }

    function wait() {
        const promise = new Promise(keep);
        current().goOn = kept;
        paused();
        return promise;
    }

    return {
        imports: {
            wait: /** @type {any} */ (new WebAssembly.Suspending(wait)),
            /** Called where a thread waits that never goes on. */
            stuck() {
                const { stackTraceLimit } = Error;
                Error.stackTraceLimit = DEEP;
                const { stack = '' } = new Error();
                Error.stackTraceLimit = stackTraceLimit;
                const [, ...frames] = stack.split('\n').filter((line) => line.includes('wasm'));
                asked.place?.(frames.map((frame) => `\n    ${shortened(frame.trim())}`).join(''));
                throw undefined;
            },
        },
        create: (beginning) => new Fiber(beginning),
        start({ _start, suspendable_thread }) {
            const [main, thread] = [_start, suspendable_thread].map((start) =>
                start && WebAssembly.promising(/** @type {Function} */ (start)),
            );
            run = { main, thread };
        },
        go(fiber, outcome) {
            if (fiber.goOn === undefined) begin(fiber);
            else fiber.goOn(outcome);
        },
        async where(fibers) {
            const places = new Map();
            for (const fiber of fibers) {
                asked = fiber;
                places.set(
                    fiber,
                    await new Promise((resolve) => {
                        fiber.place = resolve;
                        fiber.goOn?.(STUCK);
                    }),
                );
            }
            return places;
        },
    };
}

/**
 * The name of a function, where a line of the engine's has one.
 *
 * @param {string} frame `at MODULE.wasm.NAME (wasm://…)`
 */
function shortened(frame) {
    const name = /\.wasm\.(.*) \(wasm:/.exec(frame)?.[1];
    return name === undefined ? frame : `in ${name}`;
}

/** @type {(outcome: any) => void} */
let kept;

/**
 * One function for all promises: it costs less than one for each.
 *
 * @param {typeof kept} resolve
 */
function keep(resolve) {
    kept = resolve;
}
