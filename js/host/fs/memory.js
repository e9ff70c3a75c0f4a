// Files in memory.
//
// What a file is made of may be somewhere else still: behind `fetch`, in a `Blob`, with a function. It is brought
// when it is first read, or asked how long it is. Until then, and if that fails, it is just a name.

import { failure } from '../failure.js';
import { LINUX } from './flags.js';
import { Pages } from './pages.js';
import { createQueue } from './queue.js';
import { now } from './stats.js';
import { createTree } from './tree.js';

/**
 * @typedef {import('../../types.js').MemoryFile} MemoryFile
 * @typedef {import('../../types.js').MemoryFiles} MemoryFiles
 * @typedef {import('./stats.js').Attributes} Attributes
 * @typedef {import('./stats.js').Kind} Kind
 * @typedef {import('./tree.js').Changes} Changes
 * @typedef {import('./tree.js').Directory} Directory
 * @typedef {import('./tree.js').File} File
 * @typedef {import('./tree.js').Inode} Inode
 * @typedef {import('./tree.js').OpenFile} OpenFile
 */

/**
 * A file system in memory, empty or with the files of `entries`, whose directories are made. For a program, it is
 * given as the option `fs`. It has what Node.js's `fs/promises` has of files, so what the program has written can be
 * read again; packages export it as `memoryFiles`:
 *
 *     import { memoryFiles, run } from './pkg/program.js';
 *
 *     const fs = memoryFiles({
 *         '/notes.txt': 'a text, or bytes',
 *         '/photo.jpg': input.files[0],
 *         '/words.txt': new URL('words.txt', import.meta.url),
 *         '/data.bin': async () => (await openDatabase()).read('data'),
 *     });
 *     await run({ args: ['notes.txt'], fs });
 *     console.log(await fs.readFile('/result.txt', 'utf8'));
 *
 * What is a URL, a `Response` or a function is fetched when a program first reads it or asks for its length, and
 * once; if that fails, the program gets `EIO`, and the next read tries again.
 *
 * @param {Record<string, MemoryFile>} [entries]
 * @returns {MemoryFiles}
 */
export function createMemory(entries = {}) {
    const inodes = { next: 1 };
    const root = new MemoryDirectory(inodes, 0o755);
    for (const [path, source] of Object.entries(entries)) place(root, path, source);
    const tree = createTree(async () => root);

    /** @type {(path: string, encoding?: string | { encoding: string }) => Promise<any>} */
    async function readFile(path, encoding) {
        const file = await tree.open(path);
        try {
            const bytes = new Uint8Array(Number((await file.stat()).size));
            const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
            const read = bytes.subarray(0, bytesRead);
            return encoding === undefined ? read : new TextDecoder('utf-8', { ignoreBOM: true }).decode(read);
        } finally {
            await file.close();
        }
    }

    /** @type {MemoryFiles['writeFile']} */
    async function writeFile(path, data) {
        const file = await tree.open(path, LINUX.O_WRONLY | LINUX.O_CREAT | LINUX.O_TRUNC);
        const bytes = bytesOf(data);
        await file.write(bytes, 0, bytes.length, 0).finally(() => file.close());
    }

    return { ...tree, readFile, writeFile };
}

/**
 * @param {MemoryDirectory} root
 * @param {string} path
 * @param {MemoryFile} source
 */
function place(root, path, source) {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const name = names.pop();
    if (name === undefined || names.includes('..') || name === '..' || path.endsWith('/')) {
        throw failure('EINVAL', `an entry is named by the path of a file, from the root, and not by: ${path}`);
    }
    let folder = root;
    for (const between of names) {
        const found = folder.entries.get(between) ?? folder.add(between, new MemoryDirectory(root.inodes, 0o755));
        if (!(found instanceof MemoryDirectory)) throw failure('ENOTDIR', `a file among the directories of: ${path}`);
        folder = found;
    }
    if (folder.entries.has(name)) throw failure('EEXIST', `two entries have this path, or begin with it: ${path}`);
    const file = new MemoryContents(root.inodes, 0o644);
    file.give(source);
    folder.add(name, file);
}

/** What all have: numbers, times, and how many names lead to it. */
class MemoryInode {
    nlink = 0;
    atime = now();
    mtime = this.atime;
    ctime = this.atime;
    birthtime = this.atime;

    /**
     * @param {{ next: number }} inodes the numbers of inodes, none of which is used twice
     * @param {number} mode
     */
    constructor(inodes, mode) {
        this.inodes = inodes;
        this.ino = inodes.next++;
        this.mode = mode;
    }

    async length() {
        return 0;
    }

    /** @returns {Promise<Attributes>} */
    async attributes() {
        const size = await this.length();
        const { ino, nlink, mode, atime, mtime, ctime, birthtime } = this;
        return { ino, nlink, mode, size, atime, mtime, ctime, birthtime };
    }

    /** @param {Changes} changes */
    async change({ mode = this.mode, atime = this.atime, mtime = this.mtime }) {
        Object.assign(this, { mode, atime, mtime, ctime: now() });
    }

    touch() {
        this.mtime = this.ctime = now();
    }
}

class MemoryLink extends MemoryInode {
    kind = /** @type {const} */ ('link');

    /**
     * @param {{ next: number }} inodes
     * @param {string} target
     */
    constructor(inodes, target) {
        super(inodes, 0o777);
        this.target = target;
    }

    async length() {
        return new TextEncoder().encode(this.target).length;
    }
}

/** @implements {OpenFile} */
class MemoryContents extends MemoryInode {
    kind = /** @type {const} */ ('file');
    alone = createQueue();
    /** @type {(() => Promise<Uint8Array>) | undefined} brings the bytes, while they are not here */
    #fetch;
    #pages = new Pages(new Blob());

    /** @param {MemoryFile} source that it is made of */
    give(source) {
        if (source instanceof Blob) this.#pages = new Pages(source);
        else if (isData(source)) this.#pages = Pages.of(bytesOf(source));
        else if (isElsewhere(source)) this.#fetch = once(() => fetched(source));
        else throw failure('EINVAL', SOURCES);
    }

    /** It is open as it is: what has no name any more is kept by those who have it open. */
    async open() {
        return this;
    }

    async close() {}

    /** All is here already. */
    async sync() {}

    async #load() {
        const bring = this.#fetch;
        if (bring === undefined) return this.#pages;
        // It may be truncated in the meantime, and whoever waits for it as well may be the first to have it.
        const isWanted = () => this.#fetch === bring;
        const bytes = await bring().catch((error) => {
            if (isWanted()) throw error;
        });
        if (isWanted() && bytes !== undefined) {
            this.#pages = Pages.of(bytes);
            this.#fetch = undefined;
        }
        return this.#pages;
    }

    async length() {
        return (await this.#load()).length;
    }

    /**
     * @param {Uint8Array} out
     * @param {number} position
     */
    async read(out, position) {
        return (await this.#load()).read(out, position);
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number | undefined} position
     */
    async write(bytes, position) {
        const pages = await this.#load();
        const at = position ?? pages.length;
        // Nothing is written where nothing is given, not even zeros before it.
        if (bytes.length > 0) {
            await pages.write(bytes, at);
            this.touch();
        }
        return at + bytes.length;
    }

    /** @param {number} length */
    async truncate(length) {
        if (length === 0) {
            this.#fetch = undefined;
            this.#pages = new Pages(new Blob());
        } else await (await this.#load()).truncate(length);
        this.touch();
    }

    /**
     * Becomes the same as another file, without fetching that.
     *
     * @param {MemoryContents} from
     */
    async copy(from) {
        this.#fetch = from.#fetch;
        this.#pages = from.#pages.copy();
        this.touch();
        await this.change({ mode: from.mode });
    }
}

/** @implements {Directory} */
class MemoryDirectory extends MemoryInode {
    kind = /** @type {const} */ ('directory');
    nlink = 1;
    /** @type {Map<string, MemoryContents | MemoryLink | MemoryDirectory>} */
    entries = new Map();

    /** @param {string} name */
    async find(name) {
        return this.entries.get(name);
    }

    async list() {
        return [...this.entries].map(([name, { kind }]) => /** @type {[string, Kind]} */ ([name, kind]));
    }

    /**
     * @template {MemoryContents | MemoryLink | MemoryDirectory} T
     * @param {string} name
     * @param {T} inode
     */
    add(name, inode) {
        this.entries.set(name, inode);
        if (inode.kind !== 'directory') inode.nlink++;
        this.touch();
        return inode;
    }

    /**
     * @param {string} name
     * @param {number} mode
     */
    async createFile(name, mode) {
        return this.add(name, new MemoryContents(this.inodes, mode));
    }

    /**
     * @param {string} name
     * @param {number} mode
     */
    async createDirectory(name, mode) {
        this.add(name, new MemoryDirectory(this.inodes, mode));
    }

    /**
     * @param {string} name
     * @param {string} target
     */
    async createLink(name, target) {
        this.add(name, new MemoryLink(this.inodes, target));
    }

    /**
     * @param {string} name
     * @param {Inode} inode
     */
    async link(name, inode) {
        this.add(name, /** @type {MemoryContents | MemoryLink} */ (inode)).ctime = now();
    }

    /** @param {string} name */
    async remove(name) {
        const inode = this.entries.get(name);
        if (inode === undefined) return;
        this.entries.delete(name);
        inode.nlink--;
        inode.ctime = now();
        this.touch();
    }

    /**
     * @param {string} name
     * @param {Inode} _inode
     * @param {Directory} to
     * @param {string} toName
     */
    async move(name, _inode, to, toName) {
        const folder = /** @type {MemoryDirectory} */ (to);
        const inode = /** @type {MemoryContents | MemoryLink | MemoryDirectory} */ (this.entries.get(name));
        await folder.remove(toName);
        this.entries.delete(name);
        folder.entries.set(toName, inode);
        inode.ctime = now();
        this.touch();
        folder.touch();
    }

    /**
     * @param {string} name
     * @param {File} from
     */
    async copy(name, from) {
        const found = this.entries.get(name) ?? (await this.createFile(name, 0o644));
        await /** @type {MemoryContents} */ (found).copy(/** @type {MemoryContents} */ (from));
    }

    async open() {}

    async close() {}

    /** All is here already. */
    async sync() {}
}

/**
 * @param {unknown} source
 * @returns {source is string | ArrayBuffer | ArrayBufferView}
 */
const isData = (source) => typeof source === 'string' || source instanceof ArrayBuffer || ArrayBuffer.isView(source);

/** @param {unknown} source */
const isElsewhere = (source) =>
    source instanceof URL || source instanceof Response || typeof source === 'function';

const SOURCES = 'a file is made of a text, bytes, a Blob, a Response, a URL, or a function that returns one of these';

/** @param {string | ArrayBuffer | ArrayBufferView} data */
function bytesOf(data) {
    if (typeof data === 'string') return new TextEncoder().encode(data);
    if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * What succeeds is done once; what has failed is tried again.
 *
 * @template T
 * @param {() => Promise<T>} run
 */
function once(run) {
    /** @type {Promise<T> | undefined} */
    let result;
    return () =>
        (result ??= run().catch((error) => {
            result = undefined;
            throw error;
        }));
}

/** @param {MemoryFile} source */
async function fetched(source) {
    try {
        return await bytesBehind(source);
    } catch (cause) {
        const where = source instanceof URL ? source : source instanceof Response ? source.url : 'by its function';
        const { message = String(cause) } = /** @type {Partial<Error>} */ (cause ?? {});
        throw failure('EIO', `the file could not be fetched (${where}): ${message}`, { cause });
    }
}

/**
 * @param {MemoryFile} source
 * @returns {Promise<Uint8Array>}
 */
async function bytesBehind(source) {
    if (isData(source)) return bytesOf(source);
    if (typeof source === 'function') return bytesBehind(await source());
    if (source instanceof URL) return bytesBehind(await fetch(source));
    if (source instanceof Response && !source.ok) throw new Error(`status ${source.status}`);
    if (source instanceof Response || source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
    throw new TypeError(SOURCES);
}
