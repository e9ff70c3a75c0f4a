// A server of a crate's folder, on this machine alone, with the page that tests run in: below OURS is what lies beside
// this module, the package among it.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OURS = '/.suspendable-tests/';
const SCRIPT = `<script>page = import('${OURS}page.mjs')</script>`;
const PAGE = `<!doctype html><meta charset="utf-8"><title>tests</title>${SCRIPT}`;
const TYPES = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.json': 'application/json',
    '.mjs': 'text/javascript',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain',
    '.wasm': 'application/wasm',
};

/** @param {string} folder */
export async function serve(folder) {
    const server = createServer(async ({ url }, response) => {
        const { pathname } = new URL(url, 'http://localhost');
        if (pathname === '/') {
            response.setHeader('content-type', 'text/html');
            response.end(PAGE);
            return;
        }
        const file = locate(folder, pathname);
        const found = file && (await stat(file).catch(() => undefined));
        if (!found?.isFile()) {
            response.statusCode = 404;
            response.end(`there is no ${pathname}\n`);
            return;
        }
        response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
        createReadStream(file).pipe(response);
    });
    await new Promise((resolve, reject) => {
        server.on('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    return {
        origin: `http://127.0.0.1:${server.address().port}`,
        async close() {
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}

/** The file of a path, which leaves neither folder; none if it is no path. */
function locate(folder, pathname) {
    try {
        return pathname.startsWith(OURS)
            ? fileURLToPath(new URL(pathname.slice(OURS.length), import.meta.url))
            : fileURLToPath(new URL(`.${pathname}`, pathToFileURL(`${folder}/`)));
    } catch {
        return undefined;
    }
}
