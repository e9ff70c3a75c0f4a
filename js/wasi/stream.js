// Streams as descriptors: what comes in, chunk by chunk, and what goes out.
//
// A chunk that has arrived is kept until it has been read, whoever waited for it: a read, or a poll whose time
// was over first. What goes out is taken at once while the stream has room, in its order.

import { FDFLAGS, FILETYPE, RIGHT, RIGHTS } from './abi.js';
import { errnoOf } from './errno.js';
import { failure } from '../host/failure.js';
import { StreamDescriptor } from './descriptor.js';
import { turn } from './turn.js';

/**
 * @typedef {import('../host/changes.js').Changes} Changes
 * @typedef {import('../host/stdio.js').Out} Out
 */

const NOTHING = new Uint8Array(0);

/**
 * @typedef {object} Source
 * @property {() => { done?: boolean, value?: unknown } | PromiseLike<{ done?: boolean, value?: unknown }>} next
 * @property {() => void} [ref] keeps the process from ending
 * @property {() => void} [unref]
 * @property {() => void} [release] leaves it to others
 */

/** Streams of the process', which several programs may read: what one leaves is another's. */
const shared = /** @type {WeakMap<object, Chunks>} */ (new WeakMap());

/**
 * @param {any} from
 * @param {Changes} changes who are told of what arrives
 */
export function chunksOf(from, changes) {
    const isShared = typeof from?.on === 'function' || typeof from?.ref === 'function';
    const chunks = (isShared && shared.get(from)) || new Chunks(from, isShared);
    if (isShared) shared.set(from, chunks);
    chunks.open(changes);
    return chunks;
}

/** What comes in from anything that has chunks. */
export class Chunks {
    #source;
    #isShared;
    /** Those who are told of what arrives. @type {Set<Changes>} */
    #readers = new Set();
    /** What has arrived. @type {Uint8Array[]} */
    #held = [];
    #isOver = false;
    /** @type {{ reason: unknown } | undefined} */
    #failure;
    /** @type {Promise<void> | undefined} */
    #pulling;

    /**
     * @param {unknown} from
     * @param {boolean} isShared whether others read it when nobody does here
     */
    constructor(from, isShared) {
        this.#source = sourceOf(from);
        this.#isShared = isShared;
    }

    /** @param {Changes} changes */
    open(changes) {
        this.#readers.add(changes);
    }

    /**
     * @param {Changes} changes
     */
    close(changes) {
        this.#readers.delete(changes);
        if (this.#readers.size > 0) return;
        this.#source.unref?.();
        if (this.#isShared) return;
        this.#isOver = true;
        this.#held = [];
        this.#source.release?.();
    }

    /** Whether a read would not wait. */
    get isReady() {
        return this.#held.length > 0 || this.#isOver || this.#failure !== undefined;
    }

    get isOver() {
        return this.#isOver && this.#held.length === 0;
    }

    /** How many bytes have arrived. */
    get size() {
        return this.#held.reduce((size, chunk) => size + chunk.length, 0);
    }

    /** Asks for more, if nobody has. Programs read every few bytes through here, for one promise each. */
    pull() {
        // One that has been asked by a program that has ended keeps nobody.
        this.#source.ref?.();
        this.#pulling ??= this.#next().then(this.#arrived, this.#failed);
        return this.#pulling;
    }

    /** @returns {Promise<{ done?: boolean, value?: unknown }>} */
    #next() {
        try {
            return Promise.resolve(this.#source.next());
        } catch (reason) {
            return Promise.reject(reason);
        }
    }

    /** @param {{ done?: boolean, value?: unknown }} result */
    #arrived = ({ done, value }) => {
        /** @type {Uint8Array} */
        let bytes;
        try {
            bytes = done ? NOTHING : bytesOf(value);
        } catch (reason) {
            return this.#failed(reason);
        }
        if (done) this.#isOver = true;
        else if (bytes.length > 0) this.#held.push(bytes);
        this.#changed();
    };

    /** @param {unknown} reason */
    #failed = (reason) => {
        this.#failure = { reason: streamFailure(reason) };
        this.#changed();
    };

    #changed() {
        this.#pulling = undefined;
        for (const changes of this.#readers) changes.tell();
    }

    /**
     * @param {number} want
     * @param {boolean} keeps whether the bytes stay to be read again
     * @returns {Uint8Array | Promise<Uint8Array>}
     */
    read(want, keeps = false) {
        const first = this.#held[0];
        if (first !== undefined) {
            if (want >= first.length) {
                if (!keeps) this.#held.shift();
                return first;
            }
            if (!keeps) this.#held[0] = first.subarray(want);
            return first.subarray(0, want);
        }
        if (this.#failure !== undefined) {
            const { reason } = this.#failure;
            this.#failure = undefined;
            throw reason;
        }
        if (this.#isOver || want === 0) return NOTHING;
        return this.pull().then(() => this.read(want, keeps));
    }
}

/**
 * @param {any} from
 * @returns {Source}
 */
function sourceOf(from) {
    if (from === undefined || from === null) return { next: async () => ({ done: true }) };
    if (typeof from === 'string' || from instanceof ArrayBuffer || ArrayBuffer.isView(from)) {
        let isGiven = false;
        return {
            async next() {
                if (isGiven) return { done: true };
                isGiven = true;
                return { value: from };
            },
        };
    }
    if (typeof from.getReader === 'function') {
        const reader = from.getReader();
        // Who reads on when the program has ended finds the stream as it is.
        return { next: () => reader.read(), release: () => reader.releaseLock() };
    }
    const iterator = from[Symbol.asyncIterator]?.() ?? from;
    if (typeof iterator.next !== 'function') {
        throw new TypeError('an input is no text, no bytes, no stream, no iterator and no function');
    }
    return { next: () => iterator.next(), ref: iterator.ref, unref: iterator.unref };
}

const encoder = new TextEncoder();

/** @param {any} chunk */
function bytesOf(chunk) {
    if (typeof chunk === 'string') return encoder.encode(chunk);
    if (chunk instanceof Uint8Array) return chunk;
    if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
    if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    throw failure('EIO', `a stream gave what is no text and no bytes: ${typeof chunk}`);
}

/**
 * What kind of file a stream is: libc sees a terminal in a character device that cannot seek.
 *
 * @param {boolean} isTerminal
 */
const typeOf = (isTerminal) => (isTerminal ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN);

/** Standard input. */
export class Input extends StreamDescriptor {
    #changes;

    /**
     * @param {unknown} from
     * @param {Changes} changes
     * @param {boolean} isTerminal
     */
    constructor(from, changes, isTerminal) {
        super(typeOf(isTerminal), RIGHTS.INPUT, 0n, 0);
        this.readable = chunksOf(from, changes);
        this.#changes = changes;
    }

    arrival() {
        this.need(RIGHT.FD_READ);
        return this.readable.isReady || (this.flags & FDFLAGS.NONBLOCK) !== 0 ? undefined : this.readable.pull();
    }

    /** @param {number} want */
    read(want) {
        this.need(RIGHT.FD_READ);
        return readNow(this, want);
    }

    close() {
        this.readable.close(this.#changes);
    }
}

/**
 * A descriptor that does not block has what there is after a turn of the event loop, or nothing.
 *
 * @param {{ readable: Chunks, flags: number }} descriptor
 * @param {number} want
 * @param {boolean} [keeps]
 * @returns {Uint8Array | Promise<Uint8Array>}
 */
export function readNow({ readable: chunks, flags }, want, keeps) {
    if ((flags & FDFLAGS.NONBLOCK) === 0 || chunks.isReady) return chunks.read(want, keeps);
    chunks.pull();
    return turn().then(() => {
        if (chunks.isReady) return chunks.read(want, keeps);
        throw failure('EAGAIN', 'nothing has arrived');
    });
}

/** Where a stream goes. */
export class Sink {
    #out;
    #changes;
    /** While it has no room. @type {Promise<void> | undefined} */
    #full;
    /** Why it takes nothing any more, for good. @type {{ reason: unknown } | undefined} */
    #failure;
    /** Whether the program knows of it. */
    #isTold = false;
    /** Whether the program has ended: what waits for room then is not written any more. */
    #isReleased = false;

    /**
     * @param {Out} out
     * @param {Changes} changes who are told of room
     */
    constructor(out, changes) {
        this.#out = out;
        this.#changes = changes;
    }

    /** What a write waits for, if it has to. It is never rejected. */
    room() {
        if (this.#failure !== undefined) return undefined;
        if (this.#full !== undefined) return this.#full;
        const room = this.#out.room();
        if (room === undefined) return undefined;
        this.#full = Promise.resolve(room).then(
            () => this.#changed(undefined),
            (reason) => this.#changed({ reason }),
        );
        return this.#full;
    }

    /** @param {{ reason: unknown } | undefined} failure */
    #changed(failure) {
        this.#full = undefined;
        this.#failure = failure;
        this.#changes.tell();
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes nobody else's
     * @param {boolean} isUrgent whether it is taken at once in any case
     * @returns {number | Promise<number>}
     */
    write(bytes, isUrgent) {
        const room = isUrgent ? undefined : this.room();
        if (room !== undefined) return room.then(() => (this.#isReleased ? 0 : this.write(bytes, isUrgent)));
        if (this.#failure !== undefined) {
            this.#isTold = true;
            throw streamFailure(this.#failure.reason);
        }
        if (bytes.length > 0) this.#out.write(bytes);
        return bytes.length;
    }

    /** Leaves the stream to others. */
    release() {
        this.#isReleased = true;
        this.#out.release?.();
    }

    /** Until all has been accepted. Rejects if not all was, and the program has not been told. */
    async flush() {
        try {
            if (this.#failure === undefined) await this.#out.flush();
            else throw this.#failure.reason;
        } catch (reason) {
            if (!this.#isTold) throw reason;
        }
    }
}

/**
 * Whatever a stream fails with, for the program it is an error of the stream's.
 *
 * @param {unknown} reason
 */
function streamFailure(reason) {
    if (errnoOf(reason) !== undefined) return reason;
    const { message = reason } = /** @type {any} */ (reason ?? {});
    return failure('EIO', `the stream has failed: ${message}`, { cause: reason });
}

/** Standard output, or standard error. */
export class Output extends StreamDescriptor {
    /**
     * @param {Sink} sink
     * @param {boolean} isTerminal
     */
    constructor(sink, isTerminal) {
        super(typeOf(isTerminal), RIGHTS.OUTPUT, 0n, 0);
        this.writable = sink;
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {boolean} isUrgent
     */
    write(bytes, isUrgent) {
        this.need(RIGHT.FD_WRITE);
        return this.writable.write(bytes, isUrgent);
    }
}
