// A file of a `FileSystemDirectoryHandle` that is open, for all who have it open.
//
// Such a file has no open form: it gives its bytes as they are (`getFile`), and takes new ones all at once
// (save.js). So a node is the bytes as they were, and over them the pages that have been written since. To sync
// writes the pages and makes the result what lies below. A page that is closed in the middle has lost what was not
// synced.
//
// A node whose file is removed takes its bytes into memory first, and lives on until it is closed.

import { apply } from './books.js';
import { Pages } from './pages.js';
import { createQueue } from './queue.js';
import { isOutdated } from './read.js';
import { replace, save } from './save.js';
import { fromMilliseconds, now } from './stats.js';

/**
 * @typedef {import('./books.js').Books} Books
 * @typedef {import('./books.js').Entry} Entry
 * @typedef {import('./queue.js').Queue} Queue
 * @typedef {import('./stats.js').Attributes} Attributes
 * @typedef {import('./tree.js').Changes} Changes
 * @typedef {import('./tree.js').OpenFile} OpenFile
 */

/** @implements {OpenFile} */
export class Node {
    kind = /** @type {const} */ ('file');
    alone = createQueue();
    /** Those who have it open. */
    #users = 0;
    #disk;
    #books;
    #pages;
    #handle;
    #forget;
    #modified;
    /** @type {bigint | undefined} the time that it was said to be modified at, since it was */
    #said;
    /** @type {Entry | undefined} what the books said, if it has no name any more */
    #removed;

    /**
     * @param {object} parts
     * @param {Queue} parts.disk
     * @param {Books} parts.books
     * @param {FileSystemFileHandle} parts.handle
     * @param {File} parts.file
     * @param {string} parts.path
     * @param {(node: Node) => void} parts.forget is called when nobody has it open any more
     */
    constructor({ disk, books, handle, file, path, forget }) {
        this.#disk = disk;
        this.#books = books;
        this.#handle = handle;
        this.#pages = new Pages(file);
        this.#forget = forget;
        this.#modified = fromMilliseconds(file.lastModified);
        this.#said = books.saidOf(path, file);
        this.path = path;
    }

    get ino() {
        return this.#removed?.ino ?? this.#books.ino(this.path);
    }

    open() {
        this.#users++;
        return this;
    }

    /** Who opens it until it is saved finds this node, and keeps it. */
    async close() {
        await this.alone(() => this.#save()).finally(() => {
            if (--this.#users > 0) return;
            if (this.#removed !== undefined) this.#books.release(this.#removed.ino);
            this.#forget(this);
        });
    }

    /** @returns {Promise<Attributes>} */
    async attributes() {
        const entry = this.#removed ?? this.#books.at(this.path);
        const times = { modified: this.#modified, said: this.#said };
        return { ...attributesOf(entry, this.ino, times, FILE_MODE), size: this.#pages.length };
    }

    /** @param {Changes} changes */
    async change({ mode, atime, mtime }) {
        if (this.#removed !== undefined) apply(this.#removed, { mode, atime });
        else this.#books.change(this.path, { mode, atime });
        if (mtime === undefined) return;
        this.#said = mtime;
        if (this.#removed === undefined) await this.#tellTime();
    }

    async #tellTime() {
        if (this.#said === undefined) return this.#books.unsay(this.path);
        this.#books.change(this.path, { mtime: this.#said, seen: (await this.#handle.getFile()).lastModified });
    }

    #touch() {
        this.#modified = now();
        this.#said = undefined;
    }

    /**
     * @param {Uint8Array} out
     * @param {number} position
     */
    read(out, position) {
        return this.#again(() => this.#pages.read(out, position));
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number | undefined} position
     */
    async write(bytes, position) {
        const at = position ?? this.#pages.length;
        if (bytes.length > 0) {
            await this.#again(() => this.#pages.write(bytes, at));
            this.#touch();
        }
        return at + bytes.length;
    }

    /** @param {number} length */
    async truncate(length) {
        await this.#again(() => this.#pages.truncate(length));
        this.#touch();
    }

    /** Makes what was written last, and what the books say of it. */
    async sync() {
        await this.#save();
        await this.#books.save();
    }

    async #save() {
        if (this.#removed !== undefined || !this.#pages.isDirty) return;
        await this.#again(() => this.#disk(() => save(this.#handle, this.#pages)));
        await this.#reload();
        await this.#tellTime();
    }

    /**
     * Takes everything into memory: the file will be gone.
     *
     * @param {Entry} entry what is known of it
     */
    absorb(entry) {
        return this.alone(async () => {
            await this.#again(() => this.#pages.absorb());
            this.#removed = { ...entry, names: [] };
        });
    }

    /**
     * @param {FileSystemFileHandle} handle
     * @param {string} path
     */
    async movedTo(handle, path) {
        this.#handle = handle;
        this.path = path;
        this.#pages.base = await handle.getFile();
    }

    /** @param {Blob} bytes what the file is from now on */
    replace(bytes) {
        return this.alone(async () => {
            await this.#disk(() => replace(this.#handle, bytes));
            this.#said = undefined;
            await this.#reload();
            await this.#tellTime();
        });
    }

    async #reload() {
        const file = await this.#handle.getFile();
        this.#modified = fromMilliseconds(file.lastModified);
        this.#pages = new Pages(file);
    }

    /**
     * What engines refuse to read, they give once more. If only we have written it, the bytes are the same.
     *
     * @template T
     * @param {() => Promise<T>} run
     */
    async #again(run) {
        try {
            return await run();
        } catch (error) {
            if (this.#removed !== undefined || !isOutdated(error)) throw error;
            this.#pages.base = await this.#handle.getFile();
            return run();
        }
    }
}

/** What files and directories have that the books say nothing of. */
export const FILE_MODE = 0o644;
export const DIRECTORY_MODE = 0o755;

/**
 * What is known, of the books and of the file itself: when it was modified, and when it is said to have been. It is
 * the best guess for what is not known.
 *
 * @param {Entry | undefined} entry
 * @param {number} ino
 * @param {{ modified?: bigint, said: bigint | undefined }} times
 * @param {number} usual
 * @returns {Attributes}
 */
export function attributesOf(entry, ino, { modified, said }, usual) {
    const mtime = said ?? modified;
    const { mode = usual, atime = mtime, ctime = modified, names } = entry ?? {};
    const changed = modified !== undefined && ctime !== undefined && modified > ctime ? modified : ctime;
    return { ino, mode, nlink: names?.length ?? 1, size: 0, atime, mtime, ctime: changed, birthtime: mtime };
}
