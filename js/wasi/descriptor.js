// What every descriptor has, and what each kind can do.

import { failure } from '../host/failure.js';

/**
 * What can be waited for.
 *
 * @typedef {object} Readable
 * @property {boolean} isReady whether a read would not wait
 * @property {boolean} isOver
 * @property {number} size how many bytes have arrived
 * @property {() => unknown} pull asks for more
 */

/** A kind of descriptor does what it can, and the rest is an error. */
export class Descriptor {
    /** The path under which it is there before the program starts. @type {string | undefined} */
    preopened;
    /** Whether it is a socket that is there before the program starts. */
    isGiven = false;
    /** What comes in there, for those who poll. @type {Readable | undefined} */
    readable;
    /** What goes out there, for those who poll. @type {import('./stream.js').Sink | undefined} */
    writable;

    /**
     * @param {number} type
     * @param {bigint} rights
     * @param {bigint} inheriting
     * @param {number} flags
     */
    constructor(type, rights, inheriting, flags) {
        this.type = type;
        this.rights = rights;
        this.inheriting = inheriting;
        this.flags = flags;
    }

    /**
     * Reading and writing are enforced as opened.
     *
     * @param {bigint} right
     */
    need(right) {
        if ((this.rights & right) === 0n) throw failure('EBADF', 'the descriptor was not opened for that');
    }

    /** @returns {never} */
    #cannot() {
        throw failure('EBADF', 'the descriptor cannot do that');
    }

    /**
     * What the next read would wait for, if that is something else than the host's files. It is never rejected.
     *
     * @returns {Promise<void> | undefined}
     */
    arrival() {
        return undefined;
    }

    /**
     * The next bytes, none at the end. They are good until the next call.
     *
     * @param {number} want
     * @returns {Uint8Array | Promise<Uint8Array>}
     */
    read(want) {
        return this.#cannot();
    }

    /**
     * @param {number} want
     * @param {number} position
     * @returns {Uint8Array | Promise<Uint8Array>}
     */
    pread(want, position) {
        return this.#cannot();
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes nobody else's
     * @param {boolean} isUrgent whether they are taken at once in any case
     * @returns {number | Promise<number>}
     */
    write(bytes, isUrgent) {
        return this.#cannot();
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {number} position
     * @returns {number | Promise<number>}
     */
    pwrite(bytes, position) {
        return this.#cannot();
    }

    /**
     * @param {number} offset
     * @param {number} whence
     * @returns {number | Promise<number>} the new position
     */
    seek(offset, whence) {
        return this.#cannot();
    }

    /** @returns {number} */
    get position() {
        return this.#cannot();
    }

    close() {}
}

/** What has no positions: what comes or goes is next. */
export class StreamDescriptor extends Descriptor {
    /** @returns {never} */
    #hasNone() {
        throw failure('ESPIPE', 'a stream has no positions');
    }

    /**
     * @param {number} want
     * @param {number} position
     * @returns {never}
     */
    pread(want, position) {
        return this.#hasNone();
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {number} position
     * @returns {never}
     */
    pwrite(bytes, position) {
        return this.#hasNone();
    }

    /**
     * @param {number} offset
     * @param {number} whence
     * @returns {never}
     */
    seek(offset, whence) {
        return this.#hasNone();
    }

    /** @returns {never} */
    get position() {
        return this.#hasNone();
    }
}

/** The descriptors of a program, by their numbers. */
export class Table {
    /** @type {(Descriptor | undefined)[]} */
    #all = [];

    /** @param {number} number */
    get(number) {
        const found = this.#all[number];
        if (found === undefined) throw failure('EBADF', `no such descriptor: ${number}`);
        return found;
    }

    /**
     * @template T
     * @param {number} number
     * @param {new (...args: any[]) => T} kind
     * @param {string} code of the error if it is another
     * @returns {T}
     */
    kind(number, kind, code) {
        const found = this.get(number);
        if (found instanceof kind) return found;
        throw failure(code, `the descriptor is of another kind: ${number}`);
    }

    /** @param {Descriptor} descriptor */
    add(descriptor) {
        // Standard streams that were closed are not replaced by chance.
        let number = 3;
        while (this.#all[number] !== undefined) number++;
        this.#all[number] = descriptor;
        return number;
    }

    /**
     * @param {number} number
     * @param {Descriptor} descriptor
     */
    set(number, descriptor) {
        this.#all[number] = descriptor;
    }

    /** @param {number} number */
    remove(number) {
        const found = this.get(number);
        this.#all[number] = undefined;
        return found;
    }

    *[Symbol.iterator]() {
        for (const descriptor of this.#all) if (descriptor !== undefined) yield descriptor;
    }
}
