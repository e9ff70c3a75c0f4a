// Threads on stacks of the engine's own: the engine keeps the frames of those that wait.

import { giveStackBack, isStackLeft, takeStack } from '../stacks.js';

/**
 * @typedef {import('../types.js').Thread & { goOn?: (outcome: number) => void, place?: (place: string) => void }} Fiber
 * @typedef {import('../types.js').Fibers<Fiber>} Fibers
 * @typedef {import('../types.js').Told<Fiber>} Told
 */

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
        takeStack();
        try {
            await (fiber.id === 0 ? run.main() : run.thread(fiber.id, fiber.argument, fiber.end));
        } catch (thrown) {
            if (fiber.place === undefined) failed(thrown);
            return;
        } finally {
            giveStackBack();
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
        isRoom: isStackLeft,
        create: (thread) => thread,
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
