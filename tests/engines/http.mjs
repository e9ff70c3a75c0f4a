// What the tests of a client of HTTP ask of a server.

import { setTimeout as pause } from 'node:timers/promises';

/** How many bytes of each endless answer have been sent, and whether somebody still wants it. */
const endless = new Map();

/** @type {Record<string, (request: any, response: any, query: URLSearchParams) => unknown>} */
const answers = {
    /** Sends what comes, while it comes. */
    echo(request, response) {
        response.setHeader('content-type', request.headers['content-type'] ?? 'application/octet-stream');
        request.pipe(response);
    },

    /** Tells what has come. */
    async tell(request, response) {
        let length = 0;
        for await (const chunk of request) length += chunk.length;
        const { method, url, rawHeaders } = request;
        response.end(JSON.stringify({ method, url, rawHeaders, length }));
    },

    status(_request, response, query) {
        response.statusCode = Number(query.get('code'));
        response.end(response.statusCode === 204 ? undefined : `status ${query.get('code')}`);
    },

    fields(_request, response) {
        response.setHeader('x-twice', ['one', 'two']);
        response.setHeader('x-latin', 'caf\xe9');
        response.end();
    },

    redirect(_request, response, query) {
        response.writeHead(302, { location: query.get('to') ?? '/http/redirect' });
        response.end();
    },

    /** Breaks the connection in the middle. */
    async cut(_request, response, query) {
        if (query.get('how') === 'length') response.setHeader('content-length', '1000');
        response.write('x'.repeat(500));
        await pause(20);
        response.destroy();
    },

    async endless(_request, response, query) {
        const state = { sent: 0, isOpen: true };
        endless.set(query.get('id'), state);
        let goOn = () => {};
        response.on('drain', () => goOn());
        response.on('close', () => {
            state.isOpen = false;
            goOn();
        });
        while (state.isOpen) {
            // As fast as it can, it could come faster than it is read: timers of WebKit's workers wait meanwhile.
            await pause(1);
            state.sent += 10_000;
            if (!response.write('x'.repeat(10_000))) await new Promise((resolve) => (goOn = () => resolve(undefined)));
        }
    },

    sent(_request, response, query) {
        response.end(JSON.stringify(endless.get(query.get('id'))));
    },

    /** One piece after the other. */
    async slow(_request, response) {
        for (let i = 0; i < 5; i++) {
            response.write(`${i}\n`);
            await pause(5);
        }
        response.end('end');
    },

    /** Does not want the body that comes. */
    refuse(_request, response) {
        response.writeHead(413, { connection: 'close' });
        response.end('too large');
    },
};

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
export async function answer(request, response) {
    const { pathname, searchParams } = new URL(String(request.url), 'http://localhost');
    request.on('error', () => {});
    response.on('error', () => {});
    try {
        await answers[pathname.slice('/http/'.length)](request, response, searchParams);
    } catch {
        // Who has asked has gone.
        response.destroy();
    }
}
