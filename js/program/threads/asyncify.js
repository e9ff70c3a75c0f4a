// Threads that unwind their stacks themselves, and rewind them frame by frame: on every engine.

import { Pieces, rewind } from '../pieces.js';
import { Thread } from '../../wait.js';

/**
 * @typedef {import('../types.js').Beginning} Beginning
 * @typedef {import('../types.js').Fibers<Fiber>} Fibers
 * @typedef {import('../types.js').Told<Fiber>} Told
 */

class Fiber extends Thread {
    hasBegun = false;
    /** How long the piece is that it has unwound last. */
    length = 0;
    /** Its own values of globals. */
    pointer = 0;
    locals = 0;
    limit = 0;

    /**
     * @param {Beginning} beginning
     * @param {Pieces} pieces
     */
    constructor({ id, argument, end }, pieces) {
        super();
        this.id = id;
        this.argument = argument;
        this.end = end;
        this.pieces = pieces;
    }
}

/**
 * @param {Told} told
 * @returns {Fibers}
 */
export function createAsyncify({ paused, ended, failed }) {
    /** @type {Record<string, (...values: number[]) => number>} */
    let module;
    /** @type {WebAssembly.Memory} */
    let memory;
    /** Of threads that have ended. @type {Pieces[]} */
    const spare = [];
    /** Whose frames are still in the buffer that all unwind into. @type {Fiber | undefined} */
    let last;

    /** @param {Fiber} fiber */
    function begin(fiber) {
        fiber.hasBegun = true;
        if (fiber.id === 0) return module.suspendable_start();
        return module.suspendable_thread(fiber.id, fiber.argument, fiber.end);
    }

    /**
     * @param {Fiber} fiber
     * @param {number} outcome
     */
    function resume(fiber, outcome) {
        const { pieces, pointer, locals, limit } = fiber;
        module.suspendable_deliver(outcome, pointer, locals, limit);
        const isInBuffer = fiber === last;
        return rewind(module, pieces, isInBuffer ? fiber.length : pieces.putBack(module.suspendable_frames()));
    }

    return {
        imports: {},
        create: (beginning) => new Fiber(beginning, spare.pop() ?? new Pieces(memory)),
        start(exports) {
            module = /** @type {typeof module} */ (exports);
            memory = /** @type {WebAssembly.Memory} */ (exports.memory);
        },
        go(fiber, outcome) {
            let length;
            try {
                length = fiber.hasBegun ? resume(fiber, outcome) : begin(fiber);
                if (length > 0) {
                    fiber.pieces.push(module.suspendable_frames(), length);
                    fiber.length = length;
                    fiber.pointer = module.suspendable_stack_pointer?.();
                    fiber.locals = module.suspendable_tls_base?.();
                    fiber.limit = module.suspendable_limit?.();
                }
            } catch (thrown) {
                failed(thrown);
                return;
            }
            last = fiber;
            if (length > 0) return paused();
            fiber.pieces.clear();
            spare.push(fiber.pieces);
            ended(fiber);
        },
        where: async () => new Map(),
    };
}
