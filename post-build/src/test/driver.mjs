// A session of a browser with a WebDriver of its own: what does not answer any more is ended with all of its processes,
// and what they have in temporary files goes with them.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

import { temporaryIn } from './drivers.mjs';

/** How long a driver may take to begin, and a browser to end, in milliseconds. */
const BEGIN = 30_000;
const END = 3_000;

/**
 * The drivers that run, each at the head of a group that can be ended as one, and their temporary folders. Of Ctrl-C such a
 * group hears nothing.
 */
const running = new Map();
process.on('exit', () => [...running.keys()].forEach(kill));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

/** @param {ReturnType<import('./drivers.mjs').findDriver>} driver */
export async function openSession({ program, install, args, capabilities }) {
    const port = await freePort();
    // A short name, for the path of a socket.
    const folder = mkdtempSync(join(tmpdir(), 'wd-'));
    const driver = spawn(program, args(port), {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...temporaryIn(folder) },
        detached: platform !== 'win32',
    });
    running.set(driver, folder);
    let said = '';
    driver.stderr.on('data', (text) => (said += text));
    const ended = new Promise((_, reject) => {
        driver.on('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}. ${install}`)));
        driver.on('exit', (code, signal) => {
            reject(new Error(`${program} has ended with ${signal ?? `exit code ${code}`}. ${install}\n${said}`.trim()));
        });
    });
    // Also when nobody asks.
    ended.catch(() => {});
    try {
        await Promise.race([ready(port, driver), ended]);
        const asked = { capabilities: { alwaysMatch: { ...capabilities, timeouts: { script: 2 ** 31 - 1 } } } };
        const opened = await Promise.race([ask(port, 'POST', '/session', asked), ended]).catch((error) => {
            throw new Error(`${program} cannot open a browser: ${error.message.trim()}. ${install}`);
        });
        const path = `/session/${opened.sessionId}`;
        return {
            version: opened.capabilities.browserVersion,
            goTo: (url) => Promise.race([ask(port, 'POST', `${path}/url`, { url }), ended]),
            execute: (script, args) =>
                Promise.race([ask(port, 'POST', `${path}/execute/async`, { script, args }), ended]),
            async close() {
                const asked = ask(port, 'DELETE', path).catch(() => {});
                await Promise.race([asked, pause(END, undefined, { ref: false })]);
                kill(driver);
            },
        };
    } catch (error) {
        kill(driver);
        throw error;
    }
}

/** Ends a driver, and its browser, if that is there still. */
function kill(driver) {
    const folder = running.get(driver);
    running.delete(driver);
    try {
        if (platform === 'win32') driver.kill();
        else process.kill(-driver.pid, 'SIGKILL');
    } catch {
        // It has ended.
    }
    if (folder === undefined) return;
    try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    } catch {
        // On Windows, what a program has open stays.
    }
}

/** Waits until a driver takes commands, or has been ended. */
async function ready(port, driver) {
    for (const late = Date.now() + BEGIN; running.has(driver); await pause(20)) {
        const status = await ask(port, 'GET', '/status').catch(() => undefined);
        if (status?.ready) return;
        if (Date.now() > late) throw new Error(`${driver.spawnfile} does not answer after ${BEGIN / 1000} s`);
    }
}

/** One command of WebDriver: what it gives, or what it says is wrong. It may take as long as it likes. */
async function ask(port, method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const response = await new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
        const asked = request({ host: '127.0.0.1', port, method, path, headers }, resolve);
        asked.on('error', reject);
        asked.end(text);
    });
    const { value } = await json(response);
    if (response.statusCode !== 200) throw new Error(value?.message ?? `status ${response.statusCode}`);
    return value;
}

/** Drivers want to be told theirs. */
function freePort() {
    const server = createServer();
    return new Promise((resolve, reject) => {
        server.on('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}
