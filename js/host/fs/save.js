// How a file of a `FileSystemDirectoryHandle` gets new bytes: all at once. `createWritable` writes into a file beside
// it, and puts that in its place in the end: no page that is closed in the middle leaves a file of which a half is new.
// Where there is no `createWritable`, in workers of older engines, it is written in place, and that does not hold.

import { failure } from '../failure.js';

/** @typedef {import('./pages.js').Pages} Pages */

/**
 * Writes what is new, all at once.
 *
 * @param {FileSystemFileHandle} handle
 * @param {Pages} pages
 */
export async function save(handle, pages) {
    await change(handle, pages.valid > 0, async (file) => {
        // What lies behind it counts no more, and must not come back.
        if (pages.valid < pages.base.size) await file.truncate(pages.valid);
        for (const [position, parts] of pages.runs()) await file.write(position, parts);
        await file.truncate(pages.length);
    });
}

/**
 * @param {FileSystemFileHandle} handle
 * @param {Blob} bytes
 */
export async function replace(handle, bytes) {
    await change(handle, false, (file) => file.write(0, [bytes]));
}

/**
 * @typedef {object} Changed
 * @property {(position: number, parts: BlobPart[]) => Promise<unknown>} write
 * @property {(length: number) => Promise<unknown>} truncate
 */

/**
 * @param {FileSystemFileHandle} handle
 * @param {boolean} keeps whether the bytes stay that are not changed
 * @param {(file: Changed) => Promise<unknown>} run
 */
async function change(handle, keeps, run) {
    if (handle.createWritable === undefined) return changeInPlace(handle, keeps, run);
    const writable = await handle.createWritable({ keepExistingData: keeps });
    try {
        await run({
            write: (position, parts) => writable.write({ type: 'write', position, data: new Blob(parts) }),
            truncate: (length) => writable.truncate(length),
        });
    } catch (error) {
        await writable.abort().catch(() => {});
        throw error;
    }
    await writable.close();
}

/**
 * @param {any} handle
 * @param {boolean} keeps
 * @param {(file: Changed) => Promise<unknown>} run
 */
async function changeInPlace(handle, keeps, run) {
    if (handle.createSyncAccessHandle === undefined) {
        throw failure('ENOTSUP', 'this engine writes such files in workers alone');
    }
    const access = await handle.createSyncAccessHandle();
    try {
        if (!keeps) access.truncate(0);
        await run({
            async write(position, parts) {
                const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
                if (access.write(bytes, { at: position }) < bytes.length) throw failure('ENOSPC', 'no space left');
            },
            truncate: async (length) => access.truncate(length),
        });
        access.flush();
    } finally {
        access.close();
    }
}
