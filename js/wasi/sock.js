// Sockets that the program is given, and those that it accepts: `sock_*`.

import { FDFLAGS, FILETYPE, RIGHT, RIGHTS } from './abi.js';
import { streamSinkOf } from '../host/writers.js';
import { StreamDescriptor } from './descriptor.js';
import { failure } from '../host/failure.js';
import { chunksOf, readNow, Sink } from './stream.js';
import { turn } from './turn.js';

/**
 * @typedef {import('./program.js').Program} Program
 * @typedef {import('../host/changes.js').Changes} Changes
 */

/** How bytes are received. */
const [PEEK, WAIT_ALL] = [1, 2];

/** Which direction is shut down. */
const [READING, WRITING] = [1, 2];

const NOTHING = new Uint8Array(0);

/** A connection. */
export class Socket extends StreamDescriptor {
    #program;
    #stream;
    #isDeaf = false;
    #isShut = false;

    /**
     * @param {any} given a stream of Node.js that goes both ways, or a pair of web streams
     * @param {Program} program
     * @param {number} [flags]
     */
    constructor(given, program, flags = 0) {
        super(FILETYPE.SOCKET_STREAM, RIGHTS.SOCKET, 0n, flags);
        const isPair = typeof given.readable === 'object' || typeof given.writable === 'object';
        const [from, to] = isPair ? [given.readable, given.writable] : [readOf(given), given];
        const stream = to === undefined ? undefined : streamSinkOf(to);
        if (to !== undefined && stream === undefined) {
            throw new TypeError('a socket is no stream and no pair of streams');
        }
        this.#program = program;
        this.#stream = stream;
        this.readable = chunksOf(from, program.changes);
        this.writable = stream === undefined ? undefined : new Sink(stream, program.changes);
    }

    /**
     * @param {number} want
     * @param {boolean} [keeps]
     */
    read(want, keeps) {
        this.need(RIGHT.FD_READ);
        return this.#isDeaf ? NOTHING : readNow(this, want, keeps);
    }

    /**
     * As much as is wanted, if the other side does not end before.
     *
     * @param {number} want
     */
    async readAll(want) {
        const all = new Uint8Array(want);
        let length = 0;
        while (length < want) {
            const bytes = await this.read(want - length);
            if (bytes.length === 0) break;
            all.set(bytes, length);
            length += bytes.length;
        }
        return all.subarray(0, length);
    }

    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {boolean} isUrgent
     */
    write(bytes, isUrgent) {
        this.need(RIGHT.FD_WRITE);
        if (this.#isShut || this.writable === undefined) {
            throw failure('EPIPE', 'the socket has been shut down for writing');
        }
        return this.writable.write(bytes, isUrgent);
    }

    /** @param {number} how */
    shutdown(how) {
        if (how === 0 || (how & ~(READING | WRITING)) !== 0) throw failure('EINVAL', `no such direction: ${how}`);
        if ((how & READING) !== 0) {
            this.#isDeaf = true;
            this.readable.close(this.#program.changes);
        }
        if ((how & WRITING) !== 0) this.#end();
    }

    /** What has been written is still sent. */
    #end() {
        if (this.#isShut || this.#stream === undefined) return;
        this.#isShut = true;
        const { files } = this.#program;
        const closed = Promise.resolve(this.#stream.close());
        files.behind(closed.catch((/** @type {unknown} */ reason) => void files.untold.push(reason)));
    }

    close() {
        this.readable.close(this.#program.changes);
        this.#end();
    }
}

/**
 * What a stream of Node.js gives; at its end the other direction goes on.
 *
 * @param {any} stream
 */
const readOf = (stream) => stream.iterator?.({ destroyOnReturn: false }) ?? stream;

/** What others connect to: a server of Node.js. */
export class Listener extends StreamDescriptor {
    #program;
    #server;
    /** Those that nobody has accepted yet. @type {unknown[]} */
    #waiting = [];
    /** @type {Error | undefined} */
    #failure;
    #onConnection = (/** @type {unknown} */ socket) => {
        this.#waiting.push(socket);
        this.#program.changes.tell();
    };
    #onError = (/** @type {Error} */ error) => {
        this.#failure = error;
        this.#program.changes.tell();
    };

    /**
     * @param {any} server
     * @param {Program} program
     */
    constructor(server, program) {
        super(FILETYPE.SOCKET_STREAM, RIGHTS.SOCKET, 0n, 0);
        this.#program = program;
        this.#server = server;
        server.on('connection', this.#onConnection);
        server.on('error', this.#onError);
        const isReady = () => this.#waiting.length > 0 || this.#failure !== undefined;
        this.readable = {
            get isReady() {
                return isReady();
            },
            isOver: false,
            size: 0,
            pull() {},
        };
    }

    /**
     * @param {number} flags
     * @returns {Promise<Socket>}
     */
    async accept(flags) {
        if ((this.flags & FDFLAGS.NONBLOCK) !== 0 && !this.readable.isReady) {
            await turn();
            if (!this.readable.isReady) throw failure('EAGAIN', 'nobody has connected');
        }
        while (!this.readable.isReady) await this.#program.changes.next();
        const failed = this.#failure;
        this.#failure = undefined;
        if (failed !== undefined) throw failed;
        return new Socket(this.#waiting.shift(), this.#program, flags);
    }

    /** The server goes on for whoever gave it. */
    close() {
        this.#server.off('connection', this.#onConnection);
        this.#server.off('error', this.#onError);
        for (const socket of this.#waiting) /** @type {any} */ (socket).destroy();
    }
}

/**
 * @param {any} given
 * @param {Program} program
 */
export const openSocket = (given, program) =>
    typeof given?.listen === 'function' ? new Listener(given, program) : new Socket(given, program);

/** @param {Program} program */
export function create(program) {
    const { memory, table, files } = program;

    /** @param {number} fd */
    const socket = (fd) => table.kind(fd >>> 0, Socket, 'ENOTSOCK');

    return {
        /** @type {(fd: number, flags: number, out: number) => Promise<number>} */
        async sock_accept(fd, flags, out) {
            files.epoch++;
            const accepted = await table.kind(fd >>> 0, Listener, 'ENOTSOCK').accept(flags & FDFLAGS.NONBLOCK);
            memory.setU32(out, table.add(accepted));
            return 0;
        },
        /**
         * @type {(fd: number, iovs: number, count: number, flags: number, size: number,
         *     outFlags: number) => number | Promise<number>}
         */
        sock_recv(fd, iovs, count, flags, size, outFlags) {
            const from = socket(fd);
            if ((flags & ~(PEEK | WAIT_ALL)) !== 0) {
                throw failure('ENOTSUP', `nobody can receive with the flags ${flags}`);
            }
            const vectors = memory.vectors(iovs, count);
            const waitsForAll = (flags & WAIT_ALL) !== 0 && (flags & PEEK) === 0;
            const bytes = waitsForAll ? from.readAll(vectors.length) : from.read(vectors.length, (flags & PEEK) !== 0);
            /** @param {Uint8Array} bytes */
            const give = (bytes) => {
                memory.scatter(vectors, bytes);
                memory.setU32(size, bytes.length);
                memory.setU16(outFlags, 0);
                return 0;
            };
            if (bytes instanceof Uint8Array) return give(bytes);
            files.epoch++;
            return bytes.then(give);
        },
        /** @type {(fd: number, iovs: number, count: number, flags: number, out: number) => number | Promise<number>} */
        sock_send(fd, iovs, count, flags, out) {
            const to = socket(fd);
            if (flags !== 0) throw failure('EINVAL', `nobody can send with the flags ${flags}`);
            const sent = to.write(memory.gather(memory.vectors(iovs, count)), program.isPanicking);
            /** @param {number} length */
            const give = (length) => {
                memory.setU32(out, length);
                return 0;
            };
            return typeof sent === 'number' ? give(sent) : sent.then(give);
        },
        /** @type {(fd: number, how: number) => number} */
        sock_shutdown(fd, how) {
            socket(fd).shutdown(how);
            return 0;
        },
    };
}
