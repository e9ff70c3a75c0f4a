// Threads: fibers in one instance, which take turns. `wait.js` says whose turn it is.
//
//   threads/index      from `thread-spawn` to the end of the program
//   threads/jspi       each on a stack of the engine's …
//   threads/asyncify   … or each unwinds and rewinds its own

import { createAsyncify } from './asyncify.js';
import { createJspi } from './jspi.js';
import { createEndOfStack } from './stack.js';
import { giveStackBack, isStackLeftForThread, takeStack } from '../stacks.js';
import { Schedule } from '../../wait.js';
import { waitsOf } from '../../cancel.js';

/**
 * @typedef {import('../types.js').Fibers<any>} Fibers
 * @typedef {import('../types.js').ProgramBackend} ProgramBackend
 * @typedef {import('../types.js').RunOptions} RunOptions
 * @typedef {import('../types.js').Fiber} Fiber
 * @typedef {import('../types.js').Told<any>} Told
 * @typedef {import('../types.js').Waiting} Waiting
 */

/** The program has to wait. */
const PENDING = -1;
/** What `thread-spawn` returns if there can be no further thread. */
const NO_THREAD = -1;

/**
 * How large std makes the stacks of threads, in bytes: as large as linkers make that of `main`. Of std's own two
 * megabytes, a thousand threads would take more memory than such a program can have.
 */
const STACK = 1 << 20;

const DEADLOCK =
    'deadlock: every thread of the program waits for another one, for a lock, a channel or a join, and nothing else is ' +
    'left that could wake one. They wait';

/** @type {Record<ProgramBackend, (told: Told) => Fibers>} */
const backends = { jspi: createJspi, asyncify: createAsyncify };

/**
 * @param {ProgramBackend} backend
 * @param {RunOptions} options
 * @returns {Waiting}
 */
export function createThreads(backend, { schedule: seed, signal }) {
    /** Those that have not ended. @type {Set<Fiber>} */
    const threads = new Set();
    const usesStacks = backend === 'jspi';
    /** @type {(argument: number) => number} */
    let endOfStack;
    let lastId = 0;
    let isPanicking = false;
    /** @type {{ resolve: () => void, reject: (reason: unknown) => void }} */
    let end;
    const ended = new Promise((resolve, reject) => (end = { resolve: () => resolve(undefined), reject }));

    const fibers = backends[backend]({
        current: () => /** @type {Fiber} */ (schedule.current),
        paused: () => schedule.pause(),
        ended(thread) {
            remove(thread);
            // With `main`, all of the program ends.
            if (thread.id === 0) finish(end.resolve);
            else schedule.pause();
        },
        failed,
    });
    const schedule = new Schedule({ go: fibers.go, stuck: () => void tellDeadlock(), seed });
    const abort = () => failed(signal?.reason);

    /** @param {() => void} tell */
    function finish(tell) {
        schedule.end();
        threads.forEach(remove);
        if (signal !== undefined) waitsOf(signal).delete(abort);
        tell();
    }

    /** @param {unknown} thrown */
    function failed(thrown) {
        finish(() => end.reject(thrown));
    }

    async function tellDeadlock() {
        const places = await fibers.where([...threads]);
        const lines = [...threads].map((thread) => {
            const address = thread.address?.toString(16);
            return `  ${thread.id === 0 ? '`main`' : `thread ${thread.id}`} at 0x${address}${places.get(thread) ?? ''}`;
        });
        const isNamed = [...places.values()].some((place) => /\n *(in |[^@\n]+@)/.test(place));
        if (!isNamed) lines.push('To see in which functions: run it through JSPI, built with --keep-names');
        failed(new Error([DEADLOCK, ...lines].join('\n')));
    }

    /**
     * @param {number} id
     * @param {number} argument
     */
    function add(id, argument) {
        const end = id === 0 ? 0 : endOfStack(argument);
        const thread = fibers.create({ id, argument, end });
        threads.add(thread);
        // That of `main` is the program's.
        if (usesStacks && id !== 0) takeStack();
        schedule.ready(thread, 0);
    }

    /** @param {Fiber} thread */
    function remove(thread) {
        threads.delete(thread);
        if (usesStacks && thread.id !== 0) giveStackBack();
    }

    return {
        env: { RUST_MIN_STACK: String(STACK) },
        imports: {
            ...fibers.imports,
            /** @type {(address: number, nanoseconds: number) => number} */
            wait_at(address, nanoseconds) {
                // It could have been held by who waits for something else: std's locks that it needs are not.
                if (isPanicking) throw new Error('a panic came upon a lock that another thread holds');
                schedule.wait(address >>> 0, nanoseconds);
                return PENDING;
            },
            /** @type {(address: number, count: number) => number} */
            notify_at: (address, count) => schedule.notify(address >>> 0, count >>> 0),
            overflowed() {
                const { id } = /** @type {Fiber} */ (schedule.current);
                throw new RangeError(
                    id === 0
                        ? 'the stack of `main` is full: it recurses too deeply, or without an end. It is as large as ' +
                              'the linker made it: `-C link-arg=-zstack-size=BYTES`'
                        : `the stack of thread ${id} is full: it recurses too deeply, or without an end. std makes ` +
                              `stacks of ${STACK >> 10} KiB here: \`thread::Builder::stack_size\`, or the variable ` +
                              'RUST_MIN_STACK in the option `env`, makes larger ones',
                );
            },
        },
        wasi: {
            wasi: {
                /** @type {(argument: number) => number} */
                'thread-spawn'(argument) {
                    if (usesStacks && !isStackLeftForThread()) return NO_THREAD;
                    lastId += 1;
                    add(lastId, argument);
                    return lastId;
                },
            },
            wasi_snapshot_preview1: {
                sched_yield() {
                    if (isPanicking) return 0;
                    schedule.yield();
                    return PENDING;
                },
            },
        },
        hold: (promise) => schedule.until(promise, failed),
        panicked() {
            isPanicking = true;
        },
        run(exports) {
            endOfStack = createEndOfStack(/** @type {WebAssembly.Memory} */ (exports.memory));
            fibers.start(exports);
            if (signal !== undefined) waitsOf(signal).add(abort);
            add(0, 0);
            return ended;
        },
    };
}
