// Temporary folders that go with the process that asked for them: at the end, and also when it fails or is interrupted.
//
// Engines are ended by force here, and so are drivers of browsers: they remove nothing themselves. Each gets a folder of
// ours as the one for temporary files, and what it leaves goes with that.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {Set<string>} */
const folders = new Set();
process.on('exit', () => folders.forEach(remove));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** @param {string} name what it is for */
export function temporaryFolder(name) {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `suspendable-${name}-`)));
    folders.add(folder);
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
