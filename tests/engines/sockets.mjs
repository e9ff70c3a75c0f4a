// The WebSockets of the server that the suite runs with: what they do is in the path.

import { WebSocketServer } from 'ws';

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @type {Record<string, (socket: import('ws').WebSocket, query: URLSearchParams) => void>} */
const WAYS = {
    /** Sends each message back. */
    echo(socket) {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    },
    /** Says something, and closes. */
    close(socket, query) {
        socket.send('before the end');
        socket.close(Number(query.get('code')), query.get('reason') ?? '');
    },
    /** Says something, and is gone. Not at once, or Firefox says that there has been no connection. */
    async drop(socket) {
        socket.send('before the loss');
        await later(100);
        socket.terminate();
    },
    /** Reads nothing for some time, and then says how much has come. */
    async late(socket, query) {
        let received = 0;
        socket.on('message', (data, isBinary) => {
            if (!isBinary) return socket.send(String(received));
            received += /** @type {Buffer} */ (data).length;
        });
        socket.pause();
        await later(Number(query.get('milliseconds')));
        socket.resume();
    },
    /** Counts what comes until the end, for `counted`. */
    count(socket) {
        counted = '';
        let received = 0;
        socket.on('message', (data) => (received += /** @type {Buffer} */ (data).length));
        socket.on('close', (code) => (counted = `${received}, closed with ${code}`));
    },
    /** Says what has been counted last or nothing before that. */
    counted(socket) {
        socket.send(counted);
        socket.close(1000);
    },
};

let counted = '';

/** @param {import('node:http').Server} server */
export function serveSockets(server) {
    const sockets = new WebSocketServer({
        noServer: true,
        perMessageDeflate: false,
        // The last one that it knows.
        handleProtocols: (protocols) => [...protocols].findLast((name) => name.startsWith('known')) ?? false,
    });
    server.on('upgrade', (request, stream, head) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
        const way = WAYS[pathname.replace('/socket/', '')];
        if (way === undefined) return stream.end('HTTP/1.1 404 Not Found\r\n\r\n');
        sockets.handleUpgrade(request, stream, head, (socket) => {
            socket.on('error', () => {});
            way(socket, searchParams);
        });
    });
    return () => sockets.clients.forEach((socket) => socket.terminate());
}
