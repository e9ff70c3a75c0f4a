// Waiting for several things at once: `poll_oneoff`.

import { CLOCK, EVENT } from './abi.js';
import { monotonic, realtime } from './clock.js';
import { ERRNO, errnoOf } from './errno.js';
import { File } from './file.js';
import { failure } from '../host/failure.js';
import { turn } from './turn.js';

/** @typedef {import('./program.js').Program} Program */

/** How long a subscription and an event are. */
const [SUBSCRIPTION, EVENT_SIZE] = [48, 32];

/** Whether a clock's time is absolute; whether the other side of a stream has ended. */
const [ABSOLUTE, HANGUP] = [1, 1];

const MILLI = 1_000_000n;

/**
 * Something that is waited for.
 *
 * @typedef {object} Wait
 * @property {bigint} userdata
 * @property {number} type
 * @property {number} [fd]
 * @property {(() => bigint)} [clock]
 * @property {bigint} [end] by that clock
 */

/**
 * Something that has happened.
 *
 * @typedef {object} Event
 * @property {bigint} userdata
 * @property {number} type
 * @property {number} errno
 * @property {number} size
 * @property {number} flags
 */

/** @param {Program} program */
export function create(program) {
    const { memory, table, changes, files } = program;

    /**
     * @param {number} at
     * @returns {Wait}
     */
    function waitAt(at) {
        const userdata = memory.u64(at);
        const type = memory.u8(at + 8);
        if (type === EVENT.FD_READ || type === EVENT.FD_WRITE) return { userdata, type, fd: memory.u32(at + 16) };
        if (type !== EVENT.CLOCK) throw failure('EINVAL', `no such event: ${type}`);
        const id = memory.u32(at + 16);
        if (id !== CLOCK.REALTIME && id !== CLOCK.MONOTONIC) {
            throw failure('EINVAL', `nobody can wait for the clock ${id}`);
        }
        const clock = id === CLOCK.REALTIME ? realtime : monotonic;
        const timeout = memory.u64(at + 24);
        const isAbsolute = (memory.u16(at + 40) & ABSOLUTE) !== 0;
        return { userdata, type, clock, end: isAbsolute ? timeout : clock() + timeout };
    }

    /**
     * What has happened of what is waited for, if it has.
     *
     * @param {Wait} wait
     * @returns {Omit<Event, 'userdata' | 'type'> | undefined}
     */
    function happened({ type, fd, clock, end }) {
        const event = { errno: 0, size: 0, flags: 0 };
        if (clock !== undefined) return clock() >= /** @type {bigint} */ (end) ? event : undefined;
        const descriptor = table.get(/** @type {number} */ (fd));
        if (descriptor instanceof File) return { ...event, size: type === EVENT.FD_READ ? descriptor.left : 0 };
        const { readable, writable } = descriptor;
        if (type === EVENT.FD_READ) {
            if (readable === undefined) throw failure('EBADF', 'nothing comes in there');
            if (!readable.isReady) {
                readable.pull();
                return undefined;
            }
            return { ...event, size: readable.size, flags: readable.isOver ? HANGUP : 0 };
        }
        if (writable === undefined) throw failure('EBADF', 'nothing goes out there');
        return writable.room() === undefined ? event : undefined;
    }

    /** @param {Wait[]} waits */
    function look(waits) {
        /** @type {Event[]} */
        const events = [];
        for (const wait of waits) {
            const { userdata, type } = wait;
            try {
                const event = happened(wait);
                if (event !== undefined) events.push({ userdata, type, ...event });
            } catch (error) {
                events.push({ userdata, type, errno: errnoOf(error) ?? ERRNO.IO, size: 0, flags: 0 });
            }
        }
        return events;
    }

    /**
     * @param {Event[]} events
     * @param {number} pointer
     * @param {number} out
     */
    function give(events, pointer, out) {
        for (const [index, { userdata, type, errno, size, flags }] of events.entries()) {
            const at = (pointer >>> 0) + EVENT_SIZE * index;
            memory.bytes(at, EVENT_SIZE).fill(0);
            memory.setU64(at, userdata);
            memory.setU16(at + 8, errno);
            memory.setU8(at + 10, type);
            memory.setU64(at + 16, BigInt(size));
            memory.setU16(at + 24, flags);
        }
        memory.setU32(out, events.length);
        return 0;
    }

    /**
     * @param {Wait[]} waits
     * @param {number} pointer
     * @param {number} out
     */
    async function wait(waits, pointer, out) {
        files.epoch++;
        // Streams may have something that has not been given to us yet.
        if (waits.some(({ fd }) => fd !== undefined)) await turn();
        for (;;) {
            const events = look(waits);
            if (events.length > 0) return give(events, pointer, out);
            if (program.signal?.aborted) throw program.signal.reason;
            await changes.next(left(waits));
        }
    }

    return {
        /** @type {(from: number, to: number, count: number, out: number) => number | Promise<number>} */
        poll_oneoff(from, to, count, out) {
            if (count === 0) throw failure('EINVAL', 'a poll waits for something');
            const [start, length] = [from >>> 0, count >>> 0];
            memory.bytes(start, SUBSCRIPTION * length);
            const waits = Array.from({ length }, (_, index) => waitAt(start + SUBSCRIPTION * index));
            const events = look(waits);
            // Who looks at streams again and again has to let them come in.
            const isIdle = events.every(({ type }) => type === EVENT.CLOCK) && waits.some(({ fd }) => fd !== undefined);
            if (events.length > 0 && !isIdle) return give(events, to, out);
            return wait(waits, to, out);
        },
    };
}

/**
 * How long it takes until the first of the clocks has come, in milliseconds.
 *
 * @param {Wait[]} waits
 */
function left(waits) {
    let least = Infinity;
    for (const { clock, end } of waits) {
        if (clock === undefined || end === undefined) continue;
        least = Math.min(least, Number((end - clock() + MILLI - 1n) / MILLI));
    }
    return least === Infinity ? undefined : Math.max(0, least);
}
