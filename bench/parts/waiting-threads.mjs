// Many threads of one program that wait, in a process of their own.

import { residentBytes } from '../host.mjs';
import { run } from '../threads/pkg/bench-threads.js';

export const THREADS = 1000;

/** Threads of a program before, so that what is needed once is there. */
const BEFORE = 20;

/** @returns {Promise<{ resident: number }>} bytes a thread */
export async function weigh(backend) {
    await hold(backend, BEFORE);
    const before = residentBytes();
    const during = await hold(backend, THREADS);
    return { resident: (during - before) / THREADS };
}

/** The memory of the process while all wait. */
async function hold(backend, threads) {
    let [during, out] = [0, ''];
    async function* stdin() {
        // By then all have begun, and are at the barrier.
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 5));
        during = residentBytes();
        yield 'go on\n';
    }
    await run({ args: ['wait', String(threads)], backend, stdin: stdin(), stdout: (text) => void (out += text) });
    if (out !== `${threads}\n`) throw new Error(`${threads} threads have given ${out}`);
    return during;
}
