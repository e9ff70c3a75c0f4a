// A server of files and of WebSockets (sockets.mjs) on a free port of this machine.

import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import sirv from 'sirv';
import { serveSockets } from './sockets.mjs';

import { answer } from './http.mjs';

/**
 * @param {string} folder
 * @param {Record<string, string>} [headers] that every answer gets
 * @param {(event: any) => void} [onReport] is given what is posted to `/report`
 */
export async function serve(folder, headers = {}, onReport = undefined) {
    const files = sirv(folder, {
        dev: true,
        setHeaders(response) {
            for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        },
    });
    const server = createServer(async (request, response) => {
        if (onReport !== undefined && request.url?.startsWith('/http/')) return answer(request, response);
        if (onReport === undefined || request.url !== '/report') return files(request, response);
        onReport(await json(request));
        response.end();
    });
    // A test may keep an engine busy for longer, which then reports on a connection that is closed.
    server.keepAliveTimeout = 0;
    const closeSockets = serveSockets(server);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return {
        origin: `http://127.0.0.1:${port}`,
        async close() {
            closeSockets();
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}
