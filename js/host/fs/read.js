// How a file of a `FileSystemDirectoryHandle` is read that others write: another page, or another program of this one.
//
// What the handle gives is the file as it was then. Engines refuse to read that once the file has been written, so it
// has to be asked for again.

/** What engines say of a file that has been written since it was given. */
export const isOutdated = (/** @type {unknown} */ error) =>
    ['NotReadableError', 'NotFoundError'].includes(/** @type {Error} */ (error).name);

/** Nobody writes one file so often that it is never read in between. */
const ATTEMPTS = 20;

/**
 * The text of a file, and which file had it.
 *
 * @param {FileSystemFileHandle} handle
 * @param {File} file what it has given
 * @returns {Promise<{ file: File, text: string }>}
 */
export async function readText(handle, file) {
    for (let attempt = 1; ; attempt++) {
        try {
            return { file, text: await file.text() };
        } catch (error) {
            if (!isOutdated(error) || attempt === ATTEMPTS) throw error;
        }
        // If it is gone, this says so.
        file = await handle.getFile();
    }
}
