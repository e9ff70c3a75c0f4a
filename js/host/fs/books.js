// Books of what a `FileSystemDirectoryHandle` has not: symbolic links, further names of a file, permissions, times
// that are set, and numbers of inodes that stay when a file is renamed.
//
// They are in the root of the directory, in two files that are hidden. Each time, the older one is written, and the
// newer one of those that can be read counts: whenever a page is closed, the old books are there or the new ones.
// There are none until a program uses one of these features; what does without them has no entry.
//
// Nobody has to keep to the books: other programs and the user change the directory behind them. So there is a file
// in it for every name, links too, and an entry counts as far as that file is what it was left as:
//
//   a symbolic link                   a text that says where it leads
//   the names of one file             one has the bytes, the others a text that says so
//   the time it was modified at       counts while that of the file is the one that was seen then
//
// Pages that use the same directory at once write books together: what one has changed is put into what the other has
// written. They read each other's when they write.

import { createQueue } from './queue.js';
import { readText } from './read.js';
import { replace } from './save.js';
import { now } from './stats.js';

/** @typedef {import('./queue.js').Queue} Queue */

/**
 * @typedef {object} Entry
 * @property {string[]} names paths from the root
 * @property {number} ino
 * @property {boolean} isKept whether it has to last. The others are of files that have but another number than
 *     that of their path, since they were renamed, and last as long as the page
 * @property {number} [mode]
 * @property {bigint} [atime]
 * @property {bigint} [mtime]
 * @property {bigint} [ctime]
 * @property {number} [seen] what the file said when `mtime` was set
 * @property {string} [target] of a symbolic link
 * @property {string} [making] a name whose file may be empty still
 */

/** @typedef {Partial<Pick<Entry, 'mode' | 'atime' | 'mtime' | 'seen' | 'target' | 'making'>>} EntryChanges */

/** @typedef {{ serial: number, inodes: Record<string, any>[] }} Written */

/** Milliseconds: books are written as a whole, and programs that set times set those of many files. */
const SOON = 100;

const FILES = ['.suspendable-books-0', '.suspendable-books-1'];

/** @param {string} path */
export const isOurs = (path) => FILES.includes(path.slice(1));

/**
 * The text in a file that is a name alone.
 *
 * @param {Entry} entry
 */
export const textOf = ({ ino, target }) =>
    target === undefined ? `suspendable: a further name of file ${ino}` : `suspendable: a symbolic link to ${target}`;

/**
 * @param {Entry} entry
 * @param {EntryChanges} changes what is `undefined` stays as it is
 */
export function apply(entry, changes) {
    const said = Object.entries(changes).filter(([, value]) => value !== undefined);
    Object.assign(entry, Object.fromEntries(said), { ctime: now() });
}

export class Books {
    #open;
    #disk;
    /** @type {Map<string, Entry>} */
    #byName = new Map();
    /** The numbers that are some entry's, or some open file's without a name. */
    #taken = /** @type {Set<number>} */ (new Set());
    /** The names that have to be written. */
    #changed = /** @type {Set<string>} */ (new Set());
    #serial = 0;
    #handles = /** @type {(FileSystemFileHandle | undefined)[]} */ ([]);
    /** What each file was when it was read or written. */
    #seen = ['', ''];
    /** @type {Promise<void> | undefined} */
    #loaded;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #soon;
    #writing = Promise.resolve();
    /** @type {Promise<void> | undefined} a writing that has not begun: it will have all changes until then */
    #next;

    /**
     * @param {() => Promise<FileSystemDirectoryHandle>} open
     * @param {Queue} disk
     */
    constructor(open, disk) {
        this.#open = open;
        this.#disk = disk;
    }

    /** Reads them, if they have not been read. */
    load() {
        // A failed attempt can be repeated.
        this.#loaded ??= this.#refresh().catch((error) => {
            this.#loaded = undefined;
            throw error;
        });
        return this.#loaded;
    }

    /** @param {string} path */
    at(path) {
        return this.#byName.get(path);
    }

    /**
     * The entry of a path, which is made if there is none.
     *
     * @param {string} path
     */
    entry(path) {
        const found = this.#byName.get(path);
        if (found !== undefined) return found;
        let ino = numberOf(path);
        for (let i = 0; this.#taken.has(ino); i++) ino = numberOf(`${path}\0${i}`);
        const entry = /** @type {Entry} */ ({ names: [path], ino, isKept: false });
        this.#taken.add(ino);
        this.#byName.set(path, entry);
        return entry;
    }

    /**
     * The number of what is at a path: that of the path, unless it came from elsewhere, or what was there has
     * taken its number with it.
     *
     * @param {string} path
     */
    ino(path) {
        const number = numberOf(path);
        return this.#byName.has(path) || this.#taken.has(number) ? this.entry(path).ino : number;
    }

    /**
     * The time that somebody said a file was modified at, if it has not been modified since.
     *
     * @param {string} path
     * @param {File} file
     */
    saidOf(path, file) {
        const entry = this.#byName.get(path);
        return entry?.seen === file.lastModified ? entry.mtime : undefined;
    }

    /**
     * The file has been modified, be it in the very millisecond in which somebody said when.
     *
     * @param {string} path
     */
    unsay(path) {
        const entry = this.#byName.get(path);
        if (entry?.seen === undefined) return;
        entry.mtime = entry.seen = undefined;
        if (entry.isKept) this.#note(entry.names);
    }

    /**
     * @param {string} path
     * @param {EntryChanges} changes
     */
    change(path, changes) {
        const entry = this.entry(path);
        apply(entry, changes);
        entry.isKept = true;
        this.#note(entry.names);
    }

    /**
     * Writes soon, and what changes until then too. If that fails, it is still to be written, and fails for whoever
     * syncs.
     *
     * @param {string[]} names
     */
    #note(names) {
        for (const name of names) this.#changed.add(name);
        this.#soon ??= setTimeout(() => this.save().catch(() => {}), SOON);
    }

    /**
     * One more name of what is at `path`. Which is true, both or one of them, the directory says.
     *
     * @param {string} path
     * @param {string} name
     */
    addName(path, name) {
        const entry = this.entry(path);
        this.forget(name);
        entry.names.push(name);
        this.#byName.set(name, entry);
        if (entry.isKept) this.#note([name]);
    }

    /**
     * A name is gone. The number is still taken, if it was the last.
     *
     * @param {string} name
     */
    removeName(name) {
        const entry = this.#byName.get(name);
        if (entry === undefined) return undefined;
        this.#byName.delete(name);
        entry.names = entry.names.filter((other) => other !== name);
        if (entry.isKept) this.#note([name]);
        return entry;
    }

    /**
     * What was at a path is not there any more, or another.
     *
     * @param {string} path
     */
    forget(path) {
        const entry = this.removeName(path);
        if (entry?.names.length === 0) this.release(entry.ino);
    }

    /**
     * Nobody has this number any more.
     *
     * @param {number} ino
     */
    release(ino) {
        this.#taken.delete(ino);
    }

    /**
     * The names in a directory.
     *
     * @param {string} path
     */
    below(path) {
        return [...this.#byName.keys()].filter((name) => name.startsWith(`${path}/`));
    }

    /** What has changed until now lasts when the promise is fulfilled. */
    save() {
        clearTimeout(this.#soon);
        this.#soon = undefined;
        if (this.#changed.size === 0) return this.#writing;
        if (this.#next === undefined) {
            this.#next = this.#writing.catch(() => {}).then(() => {
                this.#next = undefined;
                return locked(() => this.#write());
            });
            this.#writing = this.#next;
        }
        return this.#next;
    }

    async #write() {
        await this.#refresh();
        const entries = new Set([...this.#byName.values()].filter(({ isKept }) => isKept));
        const names = [...this.#changed];
        this.#changed.clear();
        if (entries.size === 0 && this.#serial === 0) return;
        const serial = this.#serial + 1;
        const inodes = [...entries].map(({ isKept, ...entry }) => entry);
        const text = JSON.stringify({ serial, inodes }, asText);
        try {
            await this.#put(serial % 2, text);
        } catch (error) {
            for (const name of names) this.#changed.add(name);
            throw error;
        }
        this.#serial = serial;
    }

    /**
     * @param {number} index
     * @param {string} text
     */
    async #put(index, text) {
        const handle = await (await this.#open()).getFileHandle(FILES[index], { create: true });
        await this.#disk(() => replace(handle, new Blob([text])));
        this.#handles[index] = handle;
        this.#seen[index] = stampOf(await handle.getFile());
    }

    /** Reads what others have written. */
    async #refresh() {
        const root = await this.#open();
        const files = await Promise.all(
            FILES.map(async (name, index) => {
                const handle = this.#handles[index] ?? (await root.getFileHandle(name).catch(missing));
                this.#handles[index] = handle;
                return handle?.getFile().catch(missing);
            }),
        );
        /** @type {Written | undefined} */
        let newest;
        for (const [index, file] of files.entries()) {
            if (file === undefined || stampOf(file) === this.#seen[index]) continue;
            const handle = /** @type {FileSystemFileHandle} */ (this.#handles[index]);
            const current = await readText(handle, file).catch(missing);
            if (current === undefined) continue;
            const written = parse(current.text);
            this.#seen[index] = stampOf(current.file);
            if (written !== undefined && written.serial > (newest?.serial ?? this.#serial)) newest = written;
        }
        if (newest !== undefined) this.#adopt(newest);
    }

    /**
     * What others have written counts, but for what we have changed since.
     *
     * @param {Written} written
     */
    #adopt({ serial, inodes }) {
        this.#serial = serial;
        const isOurChange = (/** @type {string} */ name) => this.#changed.has(name);
        for (const [name, { isKept, ino }] of [...this.#byName]) {
            if (!isKept || isOurChange(name)) continue;
            const entry = this.#byName.get(name);
            this.#byName.delete(name);
            if (entry === undefined) continue;
            entry.names = entry.names.filter((other) => other !== name);
            if (entry.names.length === 0) this.#taken.delete(ino);
        }
        const ours = new Map([...this.#byName.values()].map((entry) => [entry.ino, entry]));
        for (const { names: theirs, atime, mtime, ctime, ...rest } of inodes) {
            const names = theirs.filter((/** @type {string} */ name) => !isOurChange(name));
            if (names.length === 0) continue;
            for (const name of names) this.forget(name);
            const times = { atime: timeOf(atime), mtime: timeOf(mtime), ctime: timeOf(ctime) };
            const same = ours.get(rest.ino);
            const entry = same?.isKept ? same : /** @type {any} */ ({ ...rest, ...times, names: [], isKept: true });
            entry.names = [...names, ...entry.names];
            this.#taken.add(entry.ino);
            for (const name of entry.names) this.#byName.set(name, entry);
        }
    }
}

/**
 * @param {string} _
 * @param {unknown} value
 */
const asText = (_, value) => (typeof value === 'bigint' ? `${value}` : value);

/** @param {string | undefined} text */
const timeOf = (text) => (text === undefined ? undefined : BigInt(text));

/** @param {File} file */
const stampOf = ({ size, lastModified }) => `${size} ${lastModified}`;

/** @param {DOMException} error */
function missing(error) {
    if (error.name === 'NotFoundError') return undefined;
    throw error;
}

/**
 * Books that were written to their end, or nothing. No beginning of them can be read, nor what has zeros in it.
 *
 * @param {string} text
 * @returns {Written | undefined}
 */
function parse(text) {
    try {
        const written = JSON.parse(text);
        return Array.isArray(written?.inodes) ? written : undefined;
    } catch {
        return undefined;
    }
}

/** Where pages cannot agree who writes, those of one page can. */
const inTurn = createQueue();

/**
 * @param {() => Promise<void>} run
 * @returns {Promise<void>}
 */
async function locked(run) {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) return inTurn(run);
    let hasBegun = false;
    const request = () =>
        locks.request('suspendable books', () => {
            hasBegun = true;
            return run();
        });
    // A browser may give up what it has not begun.
    return request().catch((error) => {
        if (hasBegun || error.name !== 'AbortError') throw error;
        return request();
    });
}

/**
 * A number that is a path's own, as far as 52 bits can tell.
 *
 * @param {string} path
 */
function numberOf(path) {
    let [high, low] = [0xdeadbeef, 0x41c6ce57];
    for (const character of path) {
        const code = /** @type {number} */ (character.codePointAt(0));
        high = Math.imul(high ^ code, 2654435761);
        low = Math.imul(low ^ code, 1597334677);
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
    return 2 ** 32 * (low & 0xfffff) + (high >>> 0) + 1;
}
