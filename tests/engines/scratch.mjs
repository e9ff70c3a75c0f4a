// Temporary folders that go with the process that asked for them: at the end, and also when it fails or is interrupted.
//
// Engines are ended by force here, and so are drivers of browsers: they remove nothing themselves. Each gets a folder of
// ours as the one for temporary files, and what it leaves goes with that.

import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** @type {Set<string>} */
const folders = new Set();
process.on('exit', () => folders.forEach(remove));

/** What has to be ended before: it has something in those folders. @type {Set<() => Promise<void>>} */
export const running = new Set();
/** How long it may take, in milliseconds. */
const END = 3000;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, async () => {
        await Promise.race([Promise.allSettled([...running].map((end) => end())), pause(END)]);
        process.exit(128 + constants.signals[signal]);
    });
}

/** @param {string} name what it is for */
export function temporaryFolder(name) {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `suspendable-${name}-`)));
    folders.add(folder);
    // What another user runs in there, as root has PostgreSQL run, gets to a folder of its own; nobody else sees a name.
    chmodSync(folder, 0o711);
    return folder;
}

/**
 * Before the end, when nobody needs it any more. At the end it is looked for once more, for a process that was ending may
 * have written something behind our back.
 *
 * @param {string} folder
 */
export function remove(folder) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
