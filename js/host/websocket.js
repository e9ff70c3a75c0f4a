// A WebSocket that can be polled: a call that cannot be done at once says so, and is made again when
// something has changed (changes.js).

import { createChanges } from './changes.js';
import { failure, NOT_NOW } from './failure.js';

/** With so many bytes that have not been sent, a write waits. */
const ROOM = 64 * 1024;

/** Nobody tells when bytes have been sent: every few milliseconds it is looked at. */
const INTERVAL = 4;

/** The codes of an end that is none of an error: done, gone away, none given. */
const ENDINGS = [1000, 1001, 1005];

export const create = () => ({ open });

/**
 * A WebSocket that is being opened.
 *
 * @param {string} url
 * @param {string[]} protocols
 */
function open(url, protocols) {
    const { WebSocket } = globalThis;
    if (WebSocket === undefined) {
        throw failure('ENOTSUP', 'this host has no WebSocket. Node.js has one since version 22, and net::TcpStream');
    }
    const socket = attempt(() => new WebSocket(url, protocols));
    socket.binaryType = 'arraybuffer';
    const reading = createChanges();
    const writing = createChanges();
    /** What has been received and not been read. @type {(string | Uint8Array)[]} */
    const messages = [];
    /** How much of the first message has been read, if it is bytes. */
    let position = 0;
    let isOpen = false;
    /** Why it failed, where the host says it. @type {unknown} */
    let cause;
    /** How it was closed. @type {{ code: number, reason: string } | undefined} */
    let closed;

    socket.onopen = () => {
        isOpen = true;
        writing.tell();
    };
    socket.onmessage = ({ data }) => {
        messages.push(typeof data === 'string' ? data : new Uint8Array(data));
        reading.tell();
    };
    socket.onerror = (event) => {
        cause = /** @type {ErrorEvent} */ (event).error ?? /** @type {ErrorEvent} */ (event).message;
        // Node.js 22 says no more of one that could not be opened.
        if (!isOpen) end(1006, '');
    };
    socket.onclose = ({ code, reason }) => end(code, reason);

    /**
     * @param {number} code
     * @param {string} reason
     */
    function end(code, reason) {
        // Deno has 0 where a connection is lost.
        closed = { code: code || 1006, reason };
        reading.tell();
        writing.tell();
    }

    /** @param {string} code */
    function closedBy(code) {
        if (closed === undefined) return failure(code, 'the WebSocket is being closed');
        const { code: number, reason } = closed;
        const why = reason === '' ? '' : `: ${reason}`;
        return failure(code, `the WebSocket has been closed with ${number}${why}`, { cause });
    }

    /** Throws if there is an end, and it is that of an error. */
    function isAtEnd() {
        if (closed !== undefined && !ENDINGS.includes(closed.code)) throw closedBy('ECONNABORTED');
        return closed !== undefined;
    }

    /** Throws if nothing more can be sent. */
    function isFull() {
        if (closed !== undefined || socket.readyState > WebSocket.OPEN) throw closedBy('EPIPE');
        return socket.bufferedAmount >= ROOM;
    }

    return {
        /** Throws why it cannot be. */
        isOpen() {
            if (isOpen) return true;
            if (closed !== undefined) throw failure('ECONNREFUSED', `cannot open the WebSocket ${url}`, { cause });
            return false;
        },
        protocol: () => socket.protocol,
        /** The next message, or the rest of one; `null` at the end. */
        receive() {
            const message = messages.shift();
            if (message === undefined) return isAtEnd() ? null : undefined;
            const from = position;
            position = 0;
            return typeof message === 'string' ? message : message.subarray(from);
        },
        /**
         * As much as there is of a message that is not empty.
         *
         * @param {Uint8Array} out
         */
        read(out) {
            for (; messages.length > 0; messages.shift()) {
                let [message] = messages;
                if (typeof message === 'string') message = messages[0] = new TextEncoder().encode(message);
                const part = message.subarray(position, position + out.length);
                out.set(part);
                position += part.length;
                if (position < message.length) return part.length;
                position = 0;
                if (part.length === 0) continue;
                messages.shift();
                return part.length;
            }
            return isAtEnd() ? 0 : NOT_NOW;
        },
        /** @param {Uint8Array} bytes */
        write(bytes) {
            if (isFull()) return NOT_NOW;
            // Copied: some hosts look at the bytes later.
            socket.send(bytes.slice());
            return bytes.length;
        },
        /** @param {string} text */
        sendText(text) {
            if (isFull()) return NOT_NOW;
            socket.send(text);
            return 0;
        },
        isFlushed() {
            if (socket.bufferedAmount === 0) return true;
            if (closed !== undefined) throw closedBy('EPIPE');
            return false;
        },
        /**
         * @param {number} code
         * @param {string} reason
         */
        beginToClose(code, reason) {
            socket.close(code, reason);
        },
        /** Throws if the other side has not agreed. */
        isClosed() {
            if (closed?.code === 1006) throw closedBy('ECONNABORTED');
            return closed !== undefined;
        },
        closedWith: () => (closed === undefined ? undefined : [closed.code, closed.reason]),
        whenReadable: reading.next,
        whenOpen: writing.next,
        whenWritable: () => writing.next(INTERVAL),
        /** What has been written is still sent. */
        drop() {
            socket.onmessage = null;
            socket.close();
        },
    };
}

/**
 * What the host takes no arguments for is an error of Rust's kind `InvalidInput`.
 *
 * @template T
 * @param {() => T} call
 */
function attempt(call) {
    try {
        return call();
    } catch (cause) {
        throw failure('EINVAL', String(cause), { cause });
    }
}
