// A `FileSystemDirectoryHandle` (of OPFS, or one that the user picked) as the promise API of Node.js's `fs`.
//
// Such a directory has no open files: it gives a file's bytes as they are (`getFile`), and takes new ones
// all at once (`createWritable`, which writes into a file beside it and puts that in its place in the end).
// So an open file is a *node*: the bytes as they were, and over them the pages that have been written since.
// All who have a file open share its node, under the path of that file. To sync writes the pages and makes
// the result what lies below. A page that is closed in the middle has lost what was not synced, and has no
// file of which a half is new. (Where there is no `createWritable`, in workers of older engines, pages are
// written in place, and that last sentence does not hold.)
//
// What is done with paths is done one after the other; what is done with a node, too. A node whose file is
// removed takes its bytes into memory first, and lives on until it is closed.

import { failure } from '../failure.js';
import { LINUX } from './flags.js';
import { Pages } from './pages.js';

/**
 * @typedef {import('../../types.js').FileHost} FileHost
 * @typedef {import('../../types.js').FileHostHandle} FileHostHandle
 * @typedef {import('../../types.js').FileHostStats} FileHostStats
 */

/** @param {any} value */
export const isDirectoryHandle = (value) => value?.kind === 'directory' && typeof value.getFileHandle === 'function';

/**
 * @param {() => Promise<FileSystemDirectoryHandle>} open
 * @returns {FileHost}
 */
export function openDirectory(open) {
    /** @type {Promise<FileSystemDirectoryHandle> | undefined} */
    let opened;
    /** The files that are open, or still have to be written, by their paths from the root. */
    const nodes = /** @type {Map<string, Node>} */ (new Map());
    const inTurn = createQueue();
    /** What is being saved shows among the entries of its directory, in some engines: one or the other. */
    const disk = createQueue();

    function root() {
        // A failed attempt can be repeated.
        opened ??= open().catch((error) => {
            opened = undefined;
            throw error;
        });
        return opened;
    }

    /**
     * Where a path leads: a directory and a name in it, or a directory alone.
     *
     * @param {string} path
     * @returns {Promise<Place>}
     */
    async function walk(path) {
        if (path === '') throw failure('ENOENT', 'no such file or directory: the path is empty');
        const folders = [await root()];
        const names = /** @type {string[]} */ ([]);
        const all = path.split('/').filter((name) => name !== '' && name !== '.');
        for (const [index, name] of all.entries()) {
            if (name === '..') {
                if (names.pop() !== undefined) folders.pop();
                continue;
            }
            names.push(name);
            const folder = folders[folders.length - 1];
            if (index === all.length - 1) return { folder, name, key: `/${names.join('/')}`, isFolder: /\/\.?$/.test(path) };
            folders.push(await folder.getDirectoryHandle(name).catch(explain));
        }
        return { folder: folders[folders.length - 1], name: undefined, key: `/${names.join('/')}`, isFolder: true };
    }

    /**
     * What is at a place, if there is something.
     *
     * @param {Place} place
     * @returns {Promise<FileSystemDirectoryHandle | FileSystemFileHandle | undefined>}
     */
    async function look({ folder, name, isFolder, key }) {
        if (name === undefined) return folder;
        try {
            const file = await folder.getFileHandle(name);
            if (isFolder) throw failure('ENOTDIR', `not a directory: ${key}`);
            return file;
        } catch (error) {
            const { name: kind } = /** @type {Error} */ (error);
            if (kind === 'NotFoundError') return undefined;
            if (kind !== 'TypeMismatchError') return explain(error);
        }
        return folder.getDirectoryHandle(name).catch(explain);
    }

    /** @param {Place} place */
    async function find(place) {
        const found = await look(place);
        if (found === undefined) throw failure('ENOENT', `no such file or directory: ${place.key}`);
        return found;
    }

    /** @param {Place} place */
    function entry(place) {
        if (place.name === undefined) throw failure('EBUSY', `this has no name of its own: ${place.key}`);
        return /** @type {Place & { name: string }} */ (place);
    }

    /** @param {string} path */
    async function stat(path) {
        const place = await walk(path);
        const found = await find(place);
        if (found.kind === 'directory') return FOLDER;
        const node = nodes.get(place.key);
        if (node !== undefined) return node.stat();
        return statsOf(await found.getFile());
    }

    /**
     * The file of a place has gone, for others have its name: those who have it open keep it.
     *
     * @param {string} key
     */
    async function detach(key) {
        const node = nodes.get(key);
        if (node === undefined) return;
        await node.absorb();
        nodes.delete(key);
    }

    /**
     * @param {Place & { name: string }} from
     * @param {FileSystemFileHandle} file
     * @param {Place & { name: string }} to
     */
    async function moveFile(from, file, to) {
        const node = nodes.get(from.key);
        await (node ?? { alone: (/** @type {Function} */ run) => run() }).alone(async () => {
            const moved = await move(disk, from, file, to);
            // Everybody may have closed it in the meantime.
            if (node === undefined || nodes.get(from.key) !== node) return;
            nodes.delete(from.key);
            nodes.set(to.key, node);
            await node.movedTo(moved, to.key);
        });
    }

    /**
     * @param {Place & { name: string }} from
     * @param {FileSystemDirectoryHandle} folder
     * @param {Place & { name: string }} to
     */
    async function moveFolder(from, folder, to) {
        const target = await to.folder.getDirectoryHandle(to.name, { create: true });
        for (const [name, handle] of await disk(() => entriesOf(folder))) {
            const [old, now] = [
                { folder, name, key: `${from.key}/${name}`, isFolder: false },
                { folder: target, name, key: `${to.key}/${name}`, isFolder: false },
            ];
            if (handle.kind === 'directory') await moveFolder(old, handle, now);
            else await moveFile(old, handle, now);
        }
        await from.folder.removeEntry(from.name);
    }

    /**
     * @param {string} fromPath
     * @param {string} toPath
     */
    async function rename(fromPath, toPath) {
        const [from, to] = [entry(await walk(fromPath)), entry(await walk(toPath))];
        const source = await find(from);
        const isFolder = source.kind === 'directory';
        if (to.key.startsWith(`${from.key}/`)) throw failure('EINVAL', `cannot be moved into itself: ${from.key}`);
        if (from.key.startsWith(`${to.key}/`)) throw failure('ENOTEMPTY', `directory not empty: ${to.key}`);
        if (to.isFolder && !isFolder) throw failure('ENOTDIR', `not a directory: ${from.key}`);
        const target = await look(to);
        if (from.key === to.key) return;
        if (target !== undefined && (target.kind === 'directory') !== isFolder) {
            if (isFolder) throw failure('ENOTDIR', `not a directory: ${to.key}`);
            throw failure('EISDIR', `is a directory: ${to.key}`);
        }
        if (target?.kind === 'directory') await removeFolder(disk, to, target);
        else await detach(to.key);
        if (source.kind === 'directory') await moveFolder(from, source, to);
        else await moveFile(from, source, to);
    }

    /**
     * @param {string} path
     * @param {number} flags
     * @returns {Promise<FileHostHandle>}
     */
    async function openFile(path, flags) {
        const place = await walk(path);
        const has = (/** @type {number} */ flag) => (flags & flag) !== 0;
        const isWritten = has(LINUX.O_WRONLY | LINUX.O_RDWR);
        let found = await look(place);
        if (found !== undefined && has(LINUX.O_EXCL)) throw failure('EEXIST', `file already exists: ${place.key}`);
        if (found === undefined && !has(LINUX.O_CREAT)) await find(place);
        if (found?.kind === 'directory') {
            if (isWritten) throw failure('EISDIR', `is a directory: ${place.key}`);
            return FOLDER_HANDLE;
        }
        if (found === undefined && place.isFolder) throw failure('EISDIR', `is a directory: ${place.key}`);
        found ??= await place.folder.getFileHandle(entry(place).name, { create: true }).catch(explain);
        let node = nodes.get(place.key);
        if (node === undefined) {
            node = new Node(disk, found, await found.getFile(), place.key);
            nodes.set(place.key, node);
        }
        const opened = node.open(has(LINUX.O_APPEND), (closed) => {
            if (nodes.get(closed.key) === closed) nodes.delete(closed.key);
        });
        if (has(LINUX.O_TRUNC)) await opened.truncate(0);
        return opened;
    }

    /**
     * @param {string} fromPath
     * @param {string} toPath
     */
    async function copyFile(fromPath, toPath) {
        const [from, to] = [await walk(fromPath), await walk(toPath)];
        const source = await find(from);
        if (source.kind === 'directory') throw failure('EISDIR', `is a directory: ${from.key}`);
        if ((await look(to))?.kind === 'directory') throw failure('EISDIR', `is a directory: ${to.key}`);
        if (from.key === to.key) return;
        await nodes.get(from.key)?.sync();
        const target = await to.folder.getFileHandle(entry(to).name, { create: true }).catch(explain);
        const node = nodes.get(to.key);
        const bytes = await source.getFile();
        if (node === undefined) await disk(() => replace(target, bytes));
        else await node.replace(bytes);
    }

    /** @type {(name: string) => () => Promise<never>} */
    const unsupported = (name) => async () => {
        throw failure('ENOTSUP', `a directory of the browser's has no such thing: ${name}`);
    };

    return {
        open: (path, flags) => inTurn(() => openFile(path, flags)),
        stat: (path) => inTurn(() => stat(path)),
        lstat: (path) => inTurn(() => stat(path)),
        readdir: (path) =>
            inTurn(async () => {
                const place = await walk(path);
                const found = await find(place);
                if (found.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${place.key}`);
                return (await disk(() => entriesOf(found))).map(([name, { kind }]) => ({ name, ...kindOf(kind) }));
            }),
        mkdir: (path) =>
            inTurn(async () => {
                const place = await walk(path);
                const found = await look({ ...place, isFolder: false });
                if (found !== undefined) throw failure('EEXIST', `file already exists: ${place.key}`);
                await place.folder.getDirectoryHandle(entry(place).name, { create: true }).catch(explain);
            }),
        rename: (from, to) => inTurn(() => rename(from, to)),
        copyFile: (from, to) => inTurn(() => copyFile(from, to)),
        unlink: (path) =>
            inTurn(async () => {
                const place = await walk(path);
                const found = await find(place);
                if (found.kind === 'directory') throw failure('EISDIR', `is a directory: ${place.key}`);
                await detach(place.key);
                await place.folder.removeEntry(entry(place).name);
            }),
        rmdir: (path) =>
            inTurn(async () => {
                const place = entry(await walk(path));
                const found = await find(place);
                if (found.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${place.key}`);
                await removeFolder(disk, place, found);
            }),
        realpath: (path) =>
            inTurn(async () => {
                const place = await walk(path);
                await find(place);
                return place.key;
            }),
        readlink: (path) =>
            inTurn(async () => {
                const place = await walk(path);
                await find(place);
                throw failure('EINVAL', `no symbolic link: ${place.key}`);
            }),
        link: unsupported('a hard link'),
        chmod: unsupported('permissions'),
    };
}

/**
 * @typedef {object} Place
 * @property {FileSystemDirectoryHandle} folder
 * @property {string | undefined} name in the folder; without one it is the folder itself
 * @property {string} key the path from the root
 * @property {boolean} isFolder whether the path asks for a directory
 */

/** A file that is open, for all who have it open. */
class Node {
    /** Those who have it open. */
    #users = 0;
    #disk;
    #pages;
    #handle;
    #isRemoved = false;
    #modified;
    #inTurn = createQueue();

    /**
     * @param {Queue} disk
     * @param {FileSystemFileHandle} handle
     * @param {File} file
     * @param {string} key
     */
    constructor(disk, handle, file, key) {
        this.#disk = disk;
        this.#handle = handle;
        this.#pages = new Pages(file);
        this.#modified = file.lastModified;
        this.key = key;
    }

    /**
     * @template T
     * @param {() => Promise<T>} run
     */
    alone(run) {
        return this.#inTurn(run);
    }

    /**
     * @param {boolean} appends
     * @param {(node: Node) => void} forget is called when nobody has it open any more
     * @returns {FileHostHandle}
     */
    open(appends, forget) {
        this.#users++;
        let isOpen = true;
        return {
            read: (buffer, offset, length, position) =>
                this.alone(async () => {
                    const out = buffer.subarray(offset, offset + length);
                    return { bytesRead: await this.#read(out, position ?? 0), buffer };
                }),
            write: (buffer, offset, length, position) =>
                this.alone(async () => {
                    const at = appends ? this.#pages.length : (position ?? 0);
                    await this.#again(() => this.#pages.write(buffer.subarray(offset, offset + length), at));
                    this.#modified = Date.now();
                    return { bytesWritten: length, buffer };
                }),
            truncate: (length) => this.truncate(length),
            sync: () => this.sync(),
            datasync: () => this.sync(),
            stat: () => this.stat(),
            chmod: notSupported,
            utimes: notSupported,
            close: async () => {
                if (!isOpen) throw failure('EBADF', 'the file is closed');
                isOpen = false;
                // Who opens it until then finds this node, and keeps it.
                await this.sync().finally(() => {
                    if (--this.#users === 0) forget(this);
                });
            },
        };
    }

    async stat() {
        return { ...kindOf('file'), size: this.#pages.length, mtimeMs: this.#modified };
    }

    /** @param {number} length */
    truncate(length) {
        return this.alone(async () => {
            await this.#again(() => this.#pages.truncate(length));
            this.#modified = Date.now();
        });
    }

    /** Makes what was written last. */
    sync() {
        return this.alone(() => this.#sync());
    }

    async #sync() {
        if (this.#isRemoved || !this.#pages.isDirty) return;
        await this.#again(() => this.#disk(() => save(this.#handle, this.#pages)));
        await this.#reload();
    }

    /** Takes everything into memory: the file will be gone. */
    absorb() {
        return this.alone(async () => {
            await this.#again(() => this.#pages.absorb());
            this.#isRemoved = true;
        });
    }

    /**
     * @param {FileSystemFileHandle} handle
     * @param {string} key
     */
    async movedTo(handle, key) {
        this.#handle = handle;
        this.key = key;
        this.#pages.base = await handle.getFile();
    }

    /** @param {Blob} bytes what the file is from now on */
    replace(bytes) {
        return this.alone(async () => {
            await this.#disk(() => replace(this.#handle, bytes));
            await this.#reload();
        });
    }

    async #reload() {
        const file = await this.#handle.getFile();
        this.#modified = file.lastModified;
        this.#pages = new Pages(file);
    }

    /**
     * @param {Uint8Array} out
     * @param {number} position
     */
    #read(out, position) {
        return this.#again(() => this.#pages.read(out, position));
    }

    /**
     * Engines refuse to read a file that has been written since it was given. If only we have written it, the
     * bytes are the same.
     *
     * @template T
     * @param {() => Promise<T>} run
     */
    async #again(run) {
        try {
            return await run();
        } catch (error) {
            const { name } = /** @type {Error} */ (error);
            if (this.#isRemoved || !['NotReadableError', 'NotFoundError'].includes(name)) throw error;
            this.#pages.base = await this.#handle.getFile();
            return run();
        }
    }
}

/**
 * Writes what is new, all at once.
 *
 * @param {FileSystemFileHandle} handle
 * @param {Pages} pages
 */
async function save(handle, pages) {
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
async function replace(handle, bytes) {
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

/**
 * @param {Queue} disk
 * @param {Place & { name: string }} from
 * @param {any} file
 * @param {Place & { name: string }} to
 * @returns {Promise<FileSystemFileHandle>}
 */
async function move(disk, from, file, to) {
    if (file.move !== undefined) {
        try {
            await file.move(to.folder, to.name);
            return to.folder.getFileHandle(to.name);
        } catch {
            // Not every engine moves every file, nor over another.
        }
    }
    const target = await to.folder.getFileHandle(to.name, { create: true }).catch(explain);
    const bytes = await (await from.folder.getFileHandle(from.name)).getFile();
    await disk(() => replace(target, bytes));
    await from.folder.removeEntry(from.name);
    return target;
}

/**
 * @param {Queue} disk
 * @param {Place & { name: string }} place
 * @param {FileSystemDirectoryHandle} folder
 */
async function removeFolder(disk, place, folder) {
    if ((await disk(() => entriesOf(folder))).length > 0) throw failure('ENOTEMPTY', `directory not empty: ${place.key}`);
    await place.folder.removeEntry(place.name);
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @returns {Promise<[string, FileSystemDirectoryHandle | FileSystemFileHandle][]>}
 */
async function entriesOf(folder) {
    const entries = [];
    for await (const entry of /** @type {any} */ (folder).entries()) entries.push(entry);
    return entries;
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function explain(error) {
    // That of a name that no file can have.
    if (error instanceof TypeError) throw failure('EINVAL', error.message);
    throw error;
}

/** @param {'file' | 'directory'} kind */
const kindOf = (kind) => ({ isFile: () => kind === 'file', isDirectory: () => kind === 'directory' });

/** @param {File} file */
const statsOf = (file) => ({ ...kindOf('file'), size: file.size, mtimeMs: file.lastModified });

const FOLDER = { ...kindOf('directory'), size: 0 };

/** @returns {Promise<never>} */
async function notSupported() {
    throw failure('ENOTSUP', "a directory of the browser's keeps neither permissions nor times that are set");
}

/** @returns {Promise<never>} */
async function isFolder() {
    throw failure('EISDIR', 'is a directory');
}

/**
 * A directory can be opened, asked and synced: all that is done to it lasts at once.
 *
 * @type {FileHostHandle}
 */
const FOLDER_HANDLE = {
    read: isFolder,
    write: isFolder,
    truncate: isFolder,
    sync: async () => {},
    datasync: async () => {},
    stat: async () => FOLDER,
    chmod: notSupported,
    utimes: notSupported,
    close: async () => {},
};

/** @typedef {ReturnType<typeof createQueue>} Queue */

/** Runs one after the other, whatever becomes of them. */
function createQueue() {
    let last = /** @type {Promise<unknown>} */ (Promise.resolve());
    /**
     * @template T
     * @param {() => Promise<T>} run
     * @returns {Promise<T>}
     */
    return (run) => {
        const result = last.then(run);
        last = result.catch(() => {});
        return result;
    };
}
