// Streams and listeners.

import { createChanges } from '../changes.js';
import { failure, NOT_NOW } from '../failure.js';
import { builtin } from './modules.js';

/** @typedef {ReturnType<typeof openStream>} Stream */

/** How many bytes are kept that nobody has read, and that the system has not taken yet. */
const ROOM = 64 * 1024;

/** How many connections the system keeps for a listener until the event loop turns. */
const BACKLOG = 4096;

/**
 * A stream that is being connected.
 *
 * @param {string} host an address
 * @param {number} port
 */
export const connect = (host, port) => openStream(builtin('net').connect({ host, port, allowHalfOpen: true }));

/**
 * @param {import('node:net').Socket} socket
 */
function openStream(socket) {
    const { Buffer } = builtin('buffer');
    const reading = createChanges();
    const writing = createChanges();
    /** What has been received and not been read. @type {Uint8Array[]} */
    const chunks = [];
    /** How much of the first chunk has been read. */
    let position = 0;
    /** How many bytes of the chunks have not. */
    let received = 0;
    /** How many bytes the system has not taken. */
    let unsent = 0;
    let isPaused = false;
    /** Whether there will be no more to read. */
    let isEnded = false;
    /** Whether nothing more can be written. */
    let isShut = false;
    /** Whether nobody wants to read any more. */
    let isDeaf = false;
    /** What has gone wrong: each side is told once. @type {{ reading?: Error, writing?: Error }} */
    let failures = {};
    /** @type {[string, number] | undefined} */
    let localAddress;
    /** @type {[string, number] | undefined} */
    let peerAddress;
    if (!socket.connecting) keepAddresses();

    function keepAddresses() {
        localAddress = addressOf(socket.localAddress, socket.localPort);
        peerAddress = addressOf(socket.remoteAddress, socket.remotePort);
    }

    function tell() {
        reading.tell();
        writing.tell();
    }

    /** @param {'reading' | 'writing'} side */
    function throwFailure(side) {
        const reason = failures[side];
        if (reason === undefined) return;
        failures[side] = undefined;
        throw reason;
    }

    /** @param {number} count */
    function discard(count) {
        received -= count;
        for (position += count; chunks.length > 0 && position >= chunks[0].length; chunks.shift()) {
            position -= chunks[0].length;
        }
        if (isPaused && received <= ROOM / 2) {
            isPaused = false;
            socket.resume();
        }
    }

    /** @param {Uint8Array} out */
    function copy(out) {
        let count = 0;
        let from = position;
        for (const chunk of chunks) {
            if (count === out.length) break;
            const part = chunk.subarray(from, from + out.length - count);
            out.set(part, count);
            count += part.length;
            from = 0;
        }
        return count;
    }

    socket.on('connect', () => {
        keepAddresses();
        tell();
    });
    socket.on('data', (/** @type {Uint8Array} */ chunk) => {
        if (isDeaf) return;
        chunks.push(chunk);
        received += chunk.length;
        if (received >= ROOM) {
            isPaused = true;
            socket.pause();
        }
        reading.tell();
    });
    socket.on('end', () => {
        isEnded = true;
        reading.tell();
    });
    socket.on('error', (reason) => {
        failures = { reading: reason, writing: reason };
        tell();
    });
    socket.on('close', () => {
        isEnded = true;
        isShut = true;
        tell();
    });

    return {
        /** Throws why it cannot be. */
        isConnected() {
            throwFailure('writing');
            return localAddress !== undefined;
        },
        /** @param {Uint8Array} out */
        read(out) {
            const count = copy(out);
            discard(count);
            return count > 0 ? count : this.ending();
        },
        /** @param {Uint8Array} out */
        peek(out) {
            return copy(out) || this.ending();
        },
        /** What a read gives that finds no bytes. */
        ending() {
            if (isDeaf) return 0;
            throwFailure('reading');
            return isEnded ? 0 : NOT_NOW;
        },
        /** @param {Uint8Array} bytes */
        write(bytes) {
            throwFailure('writing');
            if (isShut) throw failure('EPIPE', 'the stream has been closed for writing');
            if (unsent >= ROOM) return NOT_NOW;
            const copied = Buffer.from(bytes.subarray(0, ROOM));
            unsent += copied.length;
            socket.write(copied, () => {
                unsent -= copied.length;
                writing.tell();
            });
            return copied.length;
        },
        whenReadable: reading.next,
        whenWritable: writing.next,
        localAddress: () => localAddress,
        peerAddress: () => peerAddress,
        shutdownRead() {
            isDeaf = true;
            discard(received);
            reading.tell();
        },
        shutdownWrite() {
            isShut = true;
            socket.end();
            writing.tell();
        },
        /** @param {boolean} on */
        setNoDelay(on) {
            socket.setNoDelay(on);
        },
        takeError() {
            const reason = failures.reading ?? failures.writing;
            failures = {};
            return reason;
        },
        /** What has been written is still sent. */
        close() {
            isDeaf = true;
            if (localAddress === undefined) socket.destroy();
            else socket.destroySoon();
        },
        destroy() {
            socket.destroy();
        },
    };
}

/**
 * A listener that is going to listen.
 *
 * @param {string} host an address
 * @param {number} port
 */
export function listen(host, port) {
    const server = builtin('net').createServer({ allowHalfOpen: true });
    const accepting = createChanges();
    /** Those that nobody has accepted yet. @type {Stream[]} */
    const streams = [];
    /** @type {Error | undefined} */
    let failed;
    /** @type {[string, number] | undefined} */
    let localAddress;

    function throwFailure() {
        const reason = failed;
        failed = undefined;
        if (reason !== undefined) throw reason;
    }

    server.on('connection', (socket) => {
        streams.push(openStream(socket));
        accepting.tell();
    });
    server.on('listening', () => {
        const { address, port } = /** @type {import('node:net').AddressInfo} */ (server.address());
        localAddress = addressOf(address, port);
        accepting.tell();
    });
    server.on('error', (reason) => {
        failed = reason;
        accepting.tell();
    });
    server.listen({ host, port, backlog: BACKLOG });

    return {
        /** Throws why it cannot. */
        isListening() {
            throwFailure();
            return localAddress !== undefined;
        },
        /** The next connection. One that was reset before it had an address has never been. */
        accept() {
            throwFailure();
            for (;;) {
                const stream = streams.shift();
                if (stream === undefined || stream.peerAddress() !== undefined) return stream;
                stream.destroy();
            }
        },
        takeError() {
            const reason = failed;
            failed = undefined;
            return reason;
        },
        whenAcceptable: accepting.next,
        localAddress: () => localAddress,
        close() {
            server.close();
            for (const stream of streams) stream.destroy();
        },
    };
}

/**
 * @param {string | undefined} address
 * @param {number | undefined} port
 * @returns {[string, number] | undefined}
 */
const addressOf = (address, port) => (address === undefined || port === undefined ? undefined : [address, port]);
