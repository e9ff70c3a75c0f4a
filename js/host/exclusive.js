// Calls of one object, or of one function, that wait for each other, in order.

import { then } from '../promise.js';

/** @typedef {import('../types.js').Host} Host */

/**
 * @typedef {object} Turns of one object or function
 * @property {boolean} isTaken
 * @property {number} fiber the one whose turn it is, if it has begun and may run still; or else 0
 * @property {(() => void)[]} waiting
 */

/** @param {Host} host */
export function create(host) {
    /** @type {WeakMap<object, Turns>} */
    const all = new WeakMap();
    /** @type {Map<number, Turns>} those that a fiber has */
    const held = new Map();
    /** @type {Turns | undefined} whose fiber is the next to start */
    let beginning;
    const { startFiber } = host;

    host.startFiber = (fiber) => {
        if (beginning !== undefined) {
            beginning.fiber = fiber;
            held.set(fiber, beginning);
            beginning = undefined;
        }
        return startFiber(fiber);
    };

    /**
     * Others may get the number of that fiber.
     *
     * @param {number} fiber
     */
    function ended(fiber) {
        const turns = held.get(fiber);
        if (turns === undefined) return;
        held.delete(fiber);
        turns.fiber = 0;
    }

    /** @param {Turns} turns */
    function pass(turns) {
        ended(turns.fiber);
        const next = turns.waiting.shift();
        if (next === undefined) turns.isTaken = false;
        else next();
    }

    /**
     * Makes the call, whose turn it is now.
     *
     * @param {Turns} turns
     * @param {() => Promise<unknown>} call
     */
    function run(turns, call) {
        const end = () => pass(turns);
        turns.isTaken = true;
        beginning = turns;
        try {
            const promise = call();
            then.call(promise, end, end);
            return promise;
        } catch (thrown) {
            // By wasm-bindgen, for an argument.
            end();
            throw thrown;
        } finally {
            beginning = undefined;
        }
    }

    /**
     * @param {Turns} turns
     * @param {any} options of the call
     * @param {() => Promise<unknown>} call
     */
    async function wait(turns, options, call) {
        if (turns.fiber !== 0 && host.isInside(turns.fiber)) {
            throw new Error(
                'the call would wait for itself: JavaScript makes it while it is called by the one whose turn it is',
            );
        }
        const signal = options === undefined || options === null ? undefined : host.signalOf(options);
        signal?.throwIfAborted();
        let go = () => {};
        const turn = new Promise((resolve) => (go = () => resolve(undefined)));
        turns.waiting.push(go);
        try {
            await (signal === undefined ? turn : host.orAborted(turn, signal));
        } catch (reason) {
            const at = turns.waiting.indexOf(go);
            if (at >= 0) turns.waiting.splice(at, 1);
            else pass(turns);
            throw reason;
        }
        return run(turns, call);
    }

    return {
        ended,
        /**
         * Makes a call when all have ended that were made before with this key.
         *
         * @param {object} key
         * @param {any} options of the call
         * @param {() => Promise<unknown>} call
         */
        inTurn(key, options, call) {
            let turns = all.get(key);
            if (turns === undefined) all.set(key, (turns = { isTaken: false, fiber: 0, waiting: [] }));
            return turns.isTaken ? wait(turns, options, call) : run(turns, call);
        },
        /**
         * Fails if it is another call's turn.
         *
         * @param {object} key
         */
        now(key) {
            if (!all.get(key)?.isTaken) return;
            throw new Error('a call of this object has not ended, and only methods that can block wait for it');
        },
    };
}
