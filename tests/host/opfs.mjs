// A directory of the browser's, in memory: what the File System standard says of its handles, as far as files use it.
// The page can be closed in the middle: from then on nothing is done any more, and everything fails.

const failure = (name, text = name) => new DOMException(text, name);

/**
 * @param {object} [options]
 * @param {boolean} [options.moves] whether files can be moved, as in some engines
 * @param {boolean} [options.inPlace] whether files are written in place alone, as in workers of older engines
 */
export function createOpfs({ moves = false, inPlace = false } = {}) {
    const root = { kind: 'directory', entries: new Map() };
    let time = Date.now();

    /** What changes the directory is a step, before which the page may be closed: for good. */
    function step(page) {
        if (page.left-- <= 0) throw failure('AbortError', 'the page is closed');
    }

    /** No two changes are of the same time. */
    const newFile = (bytes = new Uint8Array()) => ({ kind: 'file', bytes, modified: ++time });

    const valid = (name) => {
        if (['', '.', '..'].includes(name) || /[/\\]/.test(name)) throw new TypeError('Name is not allowed.');
    };

    /** Finds what a handle stands for: a place, whatever is there now. */
    function fileHandle(page, folder, name) {
        let place = { folder, name };
        const file = () => {
            const found = place.folder.entries.get(place.name);
            if (found?.kind !== 'file') throw failure('NotFoundError');
            return found;
        };
        const put = (bytes) => {
            file();
            place.folder.entries.set(place.name, newFile(bytes));
        };
        const handle = {
            kind: 'file',
            get name() {
                return place.name;
            },
            async getFile() {
                const { bytes, modified } = file();
                const blob = new Blob([bytes]);
                const was = file();
                const check = () => {
                    // Engines refuse to read what has been written since.
                    if (place.folder.entries.get(place.name) !== was) throw failure('NotReadableError');
                };
                return Object.assign(guarded(blob, check), { lastModified: modified, name: place.name });
            },
        };
        if (moves) {
            handle.move = async (to, toName) => {
                const found = file();
                if (to.entriesOf.has(toName)) throw failure('InvalidModificationError');
                step(page);
                place.folder.entries.delete(place.name);
                to.entriesOf.set(toName, found);
                place = { folder: { entries: to.entriesOf }, name: toName };
            };
        }
        if (inPlace) {
            handle.createSyncAccessHandle = async () => ({
                truncate(length) {
                    step(page);
                    put(resized(file().bytes, length));
                },
                write(bytes, { at }) {
                    // Half of it is written, when the page is closed in the middle of that.
                    const some = page.left === 0 ? bytes.subarray(0, bytes.length / 2) : bytes;
                    if (page.left < 0) step(page);
                    const to = resized(file().bytes, Math.max(file().bytes.length, at + some.length));
                    to.set(some, at);
                    put(to);
                    step(page);
                    return bytes.length;
                },
                flush() {},
                close() {},
            });
            return handle;
        }
        handle.createWritable = async ({ keepExistingData = false } = {}) => {
            let bytes = keepExistingData ? file().bytes.slice() : new Uint8Array();
            return {
                async write({ position, data }) {
                    const some = new Uint8Array(await data.arrayBuffer());
                    bytes = resized(bytes, Math.max(bytes.length, position + some.length));
                    bytes.set(some, position);
                },
                async truncate(length) {
                    bytes = resized(bytes, length);
                },
                async abort() {},
                async close() {
                    step(page);
                    if (opfs.isFull) throw failure('QuotaExceededError');
                    put(bytes);
                },
            };
        };
        return handle;
    }

    function directoryHandle(page, folder) {
        const at = (kind, create, handleOf) => async (name, options) => {
            valid(name);
            const found = folder.entries.get(name);
            if (found === undefined && options?.create) {
                step(page);
                folder.entries.set(name, create());
            } else if (found === undefined) throw failure('NotFoundError');
            else if (found.kind !== kind) throw failure('TypeMismatchError');
            return handleOf(page, folder, name);
        };
        const directoryAt = (page, parent, name) => directoryHandle(page, parent.entries.get(name));
        return {
            kind: 'directory',
            entriesOf: folder.entries,
            getFileHandle: at('file', newFile, fileHandle),
            getDirectoryHandle: at('directory', () => ({ kind: 'directory', entries: new Map() }), directoryAt),
            async removeEntry(name) {
                const found = folder.entries.get(name);
                if (found === undefined) throw failure('NotFoundError');
                if (found.kind === 'directory' && found.entries.size > 0) throw failure('InvalidModificationError');
                step(page);
                folder.entries.delete(name);
            },
            async *entries() {
                for (const [name, { kind }] of [...folder.entries]) {
                    yield [name, kind === 'file' ? fileHandle(page, folder, name) : directoryAt(page, folder, name)];
                }
            },
        };
    }

    const opfs = {
        handle: directoryHandle({ left: Infinity }, root),
        isFull: false,
        /** @param {number} left the steps after which the page is closed that has this handle */
        closingAfter: (left) => directoryHandle({ left }, root),
    };
    return opfs;
}

function guarded(blob, check) {
    const { slice, text, arrayBuffer } = blob;
    const read = (run) =>
        async function () {
            check();
            return run.call(blob);
        };
    return Object.assign(blob, {
        arrayBuffer: read(arrayBuffer),
        text: read(text),
        slice: (from, to) => guarded(slice.call(blob, from, to), check),
    });
}

function resized(bytes, length) {
    const result = new Uint8Array(length);
    result.set(bytes.subarray(0, length));
    return result;
}
