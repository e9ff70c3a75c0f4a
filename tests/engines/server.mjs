// Serves the repository's files on loopback, and hears what the suite reports.

import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import sirv from 'sirv';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** No `unsafe-eval`: what a careful site allows. The nonce is that of the import map. */
const STRICT = "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-importmap'";

/**
 * @param {object} options
 * @param {boolean} options.strict whether pages have a strict Content-Security-Policy
 * @param {(event: any) => void} options.onReport is given what is posted to `/report`
 * @returns {Promise<{ origin: string, close(): void }>} the origin ends with a slash
 */
export async function serve({ strict, onReport }) {
    const files = sirv(ROOT, {
        dev: true,
        setHeaders: (response) => strict && response.setHeader('Content-Security-Policy', STRICT),
    });
    const server = createServer(async (request, response) => {
        if (request.method === 'POST' && request.url === '/report') {
            onReport(await json(request));
            response.end();
        } else {
            files(request, response);
        }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return {
        origin: `http://127.0.0.1:${port}/`,
        close() {
            server.close();
            server.closeAllConnections();
        },
    };
}
