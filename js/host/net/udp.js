// Datagrams.

import { createChanges, quiet } from '../changes.js';
import { failure, NOT_NOW } from '../failure.js';
import { builtin } from './modules.js';

/** How many bytes of datagrams are kept that nobody has received; what comes then is lost, as ever. */
const ROOM = 256 * 1024;

/** What a datagram takes that has no bytes. */
const LEAST = 256;

/**
 * A socket that is being bound.
 *
 * @param {string} host an address
 * @param {number} port
 */
export function bind(host, port) {
    const socket = builtin('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const { Buffer } = builtin('buffer');
    const receiving = createChanges();
    /** @type {{ bytes: Uint8Array, from: [string, number] }[]} */
    const datagrams = [];
    let kept = 0;
    /** Who sent the last one that has been received or peeked at. @type {[string, number] | undefined} */
    let sender;
    /** @type {[string, number] | undefined} */
    let localAddress;
    /** @type {[string, number] | undefined} */
    let peerAddress;
    /** @type {Error | undefined} */
    let failed;

    socket.on('listening', () => {
        const { address, port } = socket.address();
        localAddress = [address, port];
        receiving.tell();
    });
    socket.on('message', (bytes, { address, port }) => {
        // Deno gives those of others, too.
        if (kept >= ROOM || (peerAddress !== undefined && !isSame(peerAddress, [address, port]))) return;
        kept += bytes.length + LEAST;
        datagrams.push({ bytes, from: [address, port] });
        receiving.tell();
    });
    socket.on('error', (reason) => {
        failed = reason;
        receiving.tell();
    });
    socket.bind({ address: host, port });

    function takeError() {
        const reason = failed;
        failed = undefined;
        return reason;
    }

    function throwFailure() {
        const reason = takeError();
        if (reason !== undefined) throw reason;
    }

    /** @param {Uint8Array} out */
    function peek(out) {
        if (datagrams.length === 0) {
            throwFailure();
            return NOT_NOW;
        }
        const [{ bytes, from }] = datagrams;
        // What does not fit is cut off.
        const part = bytes.subarray(0, out.length);
        out.set(part);
        sender = from;
        return part.length;
    }

    /** @param {(done: (error?: Error | null) => void) => void} call */
    const asked = (call) =>
        quiet(new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve(undefined)))));

    return {
        /** Throws why it cannot be. */
        isBound() {
            throwFailure();
            return localAddress !== undefined;
        },
        /**
         * Of those that come from now on, only the datagrams of this peer are received.
         *
         * @param {string} host
         * @param {number} port
         */
        async connect(host, port) {
            if (peerAddress !== undefined) socket.disconnect();
            peerAddress = undefined;
            await asked((done) => socket.connect(port, host, /** @type {any} */ (done)));
            peerAddress = [host, port];
        },
        /**
         * @param {Uint8Array} bytes
         * @param {string} [host] if it is not connected
         * @param {number} [port]
         */
        send(bytes, host, port) {
            throwFailure();
            const copied = Buffer.from(bytes);
            if (host === undefined) {
                if (peerAddress === undefined) throw failure('EDESTADDRREQ', 'the socket is not connected');
                return asked((done) => socket.send(copied, done));
            }
            return asked((done) => socket.send(copied, port, host, done));
        },
        /** @param {Uint8Array} out */
        receive(out) {
            const count = peek(out);
            if (count !== NOT_NOW) {
                const [{ bytes }] = datagrams.splice(0, 1);
                kept -= bytes.length + LEAST;
            }
            return count;
        },
        peek,
        sender: () => sender,
        whenReceivable: receiving.next,
        localAddress: () => localAddress,
        peerAddress: () => peerAddress,
        /** @param {boolean} on */
        setBroadcast(on) {
            socket.setBroadcast(on);
        },
        /** @param {number} hops */
        setTtl(hops) {
            socket.setTTL(hops);
        },
        takeError,
        close() {
            // Whose wait was given up has left a timer.
            receiving.tell();
            try {
                socket.close();
            } catch {
                // One that could not be bound may have been closed.
            }
        },
    };
}

/**
 * Whether they are, apart from the scopes, which have names and numbers.
 *
 * @param {[string, number]} one
 * @param {[string, number]} other
 */
function isSame([address, port], [otherAddress, otherPort]) {
    return port === otherPort && address.split('%')[0] === otherAddress.split('%')[0];
}
