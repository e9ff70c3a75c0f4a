// Calls that are made, and cancelled, as a random schedule says: tests/std/src/cancelled.rs is what they do.

import { numbers } from './numbers.mjs';

/**
 * One program of some calls. Of each is known what can become of it:
 *
 * - Whose signal was aborted before does not begin.
 * - Whose signal has been aborted is rejected with the reason, or had nothing left to wait for.
 * - Nobody else is rejected, but for those that panic.
 *
 * @param {any} library the package, with `Meeting`
 * @param {() => Promise<void>} turn lets the event loop turn
 * @param {number} seed
 * @returns how many calls returned, were cancelled before and after they began, and panicked
 */
export async function runCancelled(library, turn, seed) {
    const next = numbers(seed);
    const meeting = new library.Meeting(next(3));
    const collected = meeting.collect();
    const counts = { returned: 0, refused: 0, cancelled: 0, panicked: 0 };
    const controllers = Array.from({ length: 2 + next(6) }, () => new AbortController());
    const abort = (controller = controllers[next(controllers.length)]) => controller.abort(new Error('cancelled'));

    /** What a call blocks for. It may be for ever, if somebody cancels it then. */
    async function pause(controller) {
        for (let left = next(4); left > 0; left--) await undefined;
        const how = next(12);
        if (how === 0) abort();
        if (how < 3) await turn();
        if (how === 3) {
            turn().then(() => abort(controller));
            await new Promise(() => {});
        }
    }

    async function call(controller) {
        const { signal } = controller;
        const isRefused = signal.aborted;
        const before = meeting.begun();
        const pauses = () => {
            // While the call runs.
            if (next(24) === 0) abort();
            return pause(controller);
        };
        const promise = meeting.call(next(1 << 30), pauses, { signal });
        if ((meeting.begun() === before) !== isRefused) throw new Error('it begins unless it is cancelled');
        try {
            await promise;
            if (isRefused) throw new Error('it was cancelled before');
            counts.returned += 1;
        } catch (error) {
            if (signal.aborted && error === signal.reason) counts[isRefused ? 'refused' : 'cancelled'] += 1;
            else if (/as its numbers say/.test(error.message)) counts.panicked += 1;
            else throw error;
        }
    }

    const calls = controllers.map(async (controller) => {
        for (let left = next(4); left > 0; left--) await (next(3) === 0 ? turn() : undefined);
        await call(controller);
    });
    await Promise.all(calls);
    meeting.close();
    const [sum, sent] = [await collected, await meeting.check()];
    if (sum !== sent) throw new Error(`${sent} were sent, and ${sum} received`);
    // A call that panicked borrows it for good; all others have given it back.
    if (counts.panicked === 0) meeting.free();
    return counts;
}

/**
 * What became of the calls of 25 programs.
 *
 * @param {(seed: number) => ReturnType<typeof runCancelled>} one runs the program of a seed
 */
export async function outcomesOfSome(one) {
    const total = { returned: 0, refused: 0, cancelled: 0, panicked: 0 };
    for (let seed = 1; seed <= 25; seed++) {
        for (const [what, count] of Object.entries(await one(seed))) total[what] += count;
    }
    return Object.entries(total);
}
