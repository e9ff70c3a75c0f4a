// A directory of the browser's, in memory: what the File System standard says of its handles, as far as files use it.
// The power of the page can be lost: from then on nothing is done any more, and nothing answers.

const failure = (name, text = name) => new DOMException(text, name);

/**
 * @param {object} [options]
 * @param {boolean} [options.moves] whether files can be moved, as in some engines
 * @param {boolean} [options.inPlace] whether files are written in place alone, as in workers of older engines
 */
export function createOpfs({ moves = false, inPlace = false } = {}) {
    const root = { kind: 'directory', entries: new Map() };
    let left = Infinity;
    let lost = () => {};
    let time = Date.now();

    /** What changes the directory is a step, before which the power may be lost. */
    async function step() {
        await undefined;
        if (left > 0) return void left--;
        lost();
        await new Promise(() => {});
    }

    /** No two changes are of the same time. */
    const newFile = (bytes = new Uint8Array()) => ({ kind: 'file', bytes, modified: ++time });

    const valid = (name) => {
        if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) throw new TypeError('Name is not allowed.');
    };

    /** Finds what a handle stands for: a place, whatever is there now. */
    function fileHandle(folder, name) {
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
                await step();
                place.folder.entries.delete(place.name);
                to.entriesOf.set(toName, found);
                place = { folder: { entries: to.entriesOf }, name: toName };
            };
        }
        if (inPlace) {
            handle.createSyncAccessHandle = async () => ({
                truncate: (length) => put(resized(file().bytes, length)),
                write(bytes, { at }) {
                    // Lost in the middle of it, half is written.
                    const some = left-- > 0 ? bytes : bytes.subarray(0, bytes.length / 2);
                    const to = resized(file().bytes, Math.max(file().bytes.length, at + some.length));
                    to.set(some, at);
                    put(to);
                    return some.length;
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
                    await step();
                    put(bytes);
                },
            };
        };
        return handle;
    }

    function directoryHandle(folder) {
        const at = (kind, create, handleOf) => async (name, options) => {
            valid(name);
            const found = folder.entries.get(name);
            if (found === undefined && options?.create) {
                await step();
                folder.entries.set(name, create());
            } else if (found === undefined) throw failure('NotFoundError');
            else if (found.kind !== kind) throw failure('TypeMismatchError');
            return handleOf(folder, name);
        };
        const directoryAt = (parent, name) => directoryHandle(parent.entries.get(name));
        return {
            kind: 'directory',
            entriesOf: folder.entries,
            getFileHandle: at('file', newFile, fileHandle),
            getDirectoryHandle: at('directory', () => ({ kind: 'directory', entries: new Map() }), directoryAt),
            async removeEntry(name) {
                const found = folder.entries.get(name);
                if (found === undefined) throw failure('NotFoundError');
                if (found.kind === 'directory' && found.entries.size > 0) throw failure('InvalidModificationError');
                await step();
                folder.entries.delete(name);
            },
            async *entries() {
                for (const [name, { kind }] of [...folder.entries]) {
                    yield [name, kind === 'file' ? fileHandle(folder, name) : directoryAt(folder, name)];
                }
            },
        };
    }

    return {
        handle: directoryHandle(root),
        /** How many steps there have been. */
        steps: () => -left,
        count() {
            left = 0;
        },
        /**
         * The page is closed in the middle of what it does.
         *
         * @param {number} steps that are still done
         */
        losePowerAfter(steps) {
            left = steps;
            return new Promise((resolve) => (lost = () => resolve('lost')));
        },
        restorePower() {
            left = Infinity;
        },
    };
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
