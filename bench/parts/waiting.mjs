// Many whole programs at once, each waiting for its input, in a process of their own.

import { residentBytes } from '../host.mjs';
import { run } from '../../tests/program/pkg/program.js';

export const PROGRAMS = 1000;

/** Programs that begin and end before, so that what is needed once is there. */
const BEFORE = 20;

/** @returns {Promise<{ resident: number }>} bytes a program */
export async function weigh(backend) {
    await hold(backend, BEFORE);
    const before = residentBytes();
    const during = await hold(backend, PROGRAMS);
    return { resident: (during - before) / PROGRAMS };
}

/** The memory of the process while all wait for their first line; then all have it, and end. */
async function hold(backend, programs) {
    let release;
    const gate = new Promise((resolve) => (release = resolve));
    let asking = 0;
    let allAsk;
    const all = new Promise((resolve) => (allAsk = resolve));
    const runs = Array.from({ length: programs }, async (_, number) => {
        let out = '';
        const lines = [gate.then(() => `line of ${number}`)];
        const stdin = () => {
            if (++asking === programs) allAsk();
            return lines.pop();
        };
        const { code } = await run({ args: ['lines'], backend, stdin, stdout: (text) => void (out += text) });
        const isRight = code === 0 && out === `0: line of ${number}\n`;
        if (!isRight) throw new Error(`program ${number} ended with ${code}: ${out}`);
    });
    await Promise.race([all, Promise.all(runs)]);
    const during = residentBytes();
    release();
    await Promise.all(runs);
    return during;
}
