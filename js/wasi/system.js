// The functions of the process: arguments, environment, clocks, random bytes, ends.

import { CLOCK } from './abi.js';
import { cpuTime, monotonic, realtime } from './clock.js';
import { failure } from '../host/failure.js';
import { Exit } from './exit.js';
import { turn } from './turn.js';

/** @typedef {import('./program.js').Program} Program */

/** How many random bytes the host gives at once. */
const MOST_RANDOM = 65_536;

/** Signals that end nobody who does not listen. */
const HARMLESS = new Set([0, 16, 17, 22, 27]);

/** @param {Program} program */
export function create({ memory, files, args, env }) {
    const encoder = new TextEncoder();
    const started = cpuTime();

    /** @param {string[]} texts */
    const encoded = (texts) => texts.map((text) => encoder.encode(`${text}\0`));
    const [encodedArgs, encodedEnv] = [encoded(args), encoded(env)];

    /**
     * @param {Uint8Array[]} texts
     * @param {number} count
     * @param {number} size
     */
    function giveSizes(texts, count, size) {
        memory.setU32(count, texts.length);
        memory.setU32(
            size,
            texts.reduce((sum, { length }) => sum + length, 0),
        );
        return 0;
    }

    /**
     * @param {Uint8Array[]} texts
     * @param {number} pointers
     * @param {number} buffer
     */
    function give(texts, pointers, buffer) {
        let at = buffer >>> 0;
        for (const [index, text] of texts.entries()) {
            memory.setU32(pointers + 4 * index, at);
            memory.bytes(at, text.length).set(text);
            at += text.length;
        }
        return 0;
    }

    /** @param {number} id */
    function clock(id) {
        if (id === CLOCK.REALTIME) return realtime();
        if (id === CLOCK.MONOTONIC) return monotonic();
        if (id === CLOCK.PROCESS_CPUTIME || id === CLOCK.THREAD_CPUTIME) return cpuTime() - started;
        throw failure('EINVAL', `no such clock: ${id}`);
    }

    return {
        /** @type {(count: number, size: number) => number} */
        args_sizes_get: (count, size) => giveSizes(encodedArgs, count, size),
        /** @type {(pointers: number, buffer: number) => number} */
        args_get: (pointers, buffer) => give(encodedArgs, pointers, buffer),
        /** @type {(count: number, size: number) => number} */
        environ_sizes_get: (count, size) => giveSizes(encodedEnv, count, size),
        /** @type {(pointers: number, buffer: number) => number} */
        environ_get: (pointers, buffer) => give(encodedEnv, pointers, buffer),
        /** @type {(id: number, out: number) => number} */
        clock_res_get(id, out) {
            clock(id);
            memory.setU64(out, 1000n);
            return 0;
        },
        /** @type {(id: number, precision: bigint, out: number) => number} */
        clock_time_get(id, precision, out) {
            memory.setU64(out, clock(id));
            return 0;
        },
        /** @type {(pointer: number, length: number) => number} */
        random_get(pointer, length) {
            const bytes = memory.bytes(pointer, length);
            for (let at = 0; at < bytes.length; at += MOST_RANDOM) {
                const part = bytes.subarray(at, at + MOST_RANDOM);
                part.set(crypto.getRandomValues(new Uint8Array(part.length)));
            }
            return 0;
        },
        /** @type {(code: number) => never} */
        proc_exit(code) {
            throw new Exit(code >>> 0);
        },
        /** @type {(signal: number) => number} */
        proc_raise(signal) {
            if (signal < 0 || signal > 30) throw failure('EINVAL', `no such signal: ${signal}`);
            if (HARMLESS.has(signal)) return 0;
            // As a shell reports one that a signal has ended.
            throw new Exit(128 + signal);
        },
        /** @type {() => Promise<number>} */
        async sched_yield() {
            files.epoch++;
            await turn();
            return 0;
        },
    };
}
