// A `FileSystemDirectoryHandle` (of OPFS, or one that the user picked) as a file system.
//
//   tree     what is done with paths and names
//   node     a file that is open
//   books    what such a directory has not: links, permissions, times that are set
//
// It can change at any time, by other pages and by the user: each name is looked up when it is asked for, and the
// books count as far as what is there agrees with them.
//
// What takes several steps is done in such an order that a page may be closed between any two. Before something is
// moved, the books say that it has both names; the one that is there is the right one.

import { failure } from '../failure.js';
import { apply, Books, isOurs, textOf } from './books.js';
import { attributesOf, DIRECTORY_MODE, FILE_MODE, Node } from './node.js';
import { createQueue } from './queue.js';
import { readText } from './read.js';
import { replace } from './save.js';
import { fromMilliseconds, now } from './stats.js';
import { createTree } from './tree.js';

/**
 * @typedef {import('../../types.js').CompleteFileHost} CompleteFileHost
 * @typedef {import('./books.js').Entry} Entry
 * @typedef {import('./queue.js').Queue} Queue
 * @typedef {import('./stats.js').Attributes} Attributes
 * @typedef {import('./stats.js').Kind} Kind
 * @typedef {import('./tree.js').Changes} Changes
 * @typedef {import('./tree.js').Directory} Directory
 * @typedef {import('./tree.js').File} TreeFile
 * @typedef {import('./tree.js').Inode} Inode
 * @typedef {import('./tree.js').Link} TreeLink
 */

/** @param {any} value */
export const isDirectoryHandle = (value) => value?.kind === 'directory' && typeof value.getFileHandle === 'function';

/**
 * @param {() => Promise<FileSystemDirectoryHandle>} open
 * @returns {CompleteFileHost}
 */
export function openDirectory(open) {
    /** @type {Promise<FileSystemDirectoryHandle> | undefined} */
    let opened;
    const root = () => {
        // A failed attempt can be repeated.
        opened ??= open().catch((error) => {
            opened = undefined;
            throw error;
        });
        return opened;
    };
    // What is being saved shows among the entries of its directory, in some engines: one or the other.
    const disk = createQueue();
    const shared = { root, disk, books: new Books(root, disk), nodes: new Map(), folders: new Set() };
    return createTree(async () => {
        await shared.books.load();
        return new Folder(shared, '', await root());
    });
}

/**
 * @typedef {object} Shared what all inodes of a directory know
 * @property {() => Promise<FileSystemDirectoryHandle>} root
 * @property {Queue} disk
 * @property {Books} books
 * @property {Map<string, Node>} nodes the files that are open, or still have to be written, by where their bytes are
 * @property {Set<Folder>} folders that are open
 */

/** @implements {TreeFile} */
class StoredFile {
    kind = /** @type {const} */ ('file');
    #shared;
    #handle;

    /**
     * @param {Shared} shared
     * @param {string} path where its bytes are
     * @param {FileSystemFileHandle} handle
     */
    constructor(shared, path, handle) {
        this.#shared = shared;
        this.#handle = handle;
        this.path = path;
    }

    get ino() {
        return this.#shared.books.ino(this.path);
    }

    get node() {
        return this.#shared.nodes.get(this.path);
    }

    async attributes() {
        if (this.node !== undefined) return this.node.attributes();
        const { books } = this.#shared;
        const file = await this.#handle.getFile().catch(explain);
        const times = { modified: fromMilliseconds(file.lastModified), said: books.saidOf(this.path, file) };
        return { ...attributesOf(books.at(this.path), this.ino, times, FILE_MODE), size: file.size };
    }

    /** @param {Changes} changes */
    async change({ mtime, ...changes }) {
        if (this.node !== undefined) return this.node.change({ mtime, ...changes });
        const seen = mtime === undefined ? {} : { mtime, seen: (await this.#handle.getFile()).lastModified };
        this.#shared.books.change(this.path, { ...changes, ...seen });
    }

    async open() {
        const { nodes, books, disk } = this.#shared;
        let node = this.node;
        if (node === undefined) {
            const forget = (/** @type {Node} */ closed) => {
                if (nodes.get(closed.path) === closed) nodes.delete(closed.path);
            };
            const file = await this.#handle.getFile().catch(explain);
            node = new Node({ disk, books, handle: this.#handle, file, path: this.path, forget });
            nodes.set(this.path, node);
        }
        return node.open();
    }

    /** The bytes as they are now. */
    async blob() {
        const { node } = this;
        if (node !== undefined) await node.alone(() => node.sync());
        return this.#handle.getFile();
    }

    /** @param {Blob} bytes */
    async become(bytes) {
        if (this.node !== undefined) return this.node.replace(bytes);
        await this.#shared.disk(() => replace(this.#handle, bytes));
        this.#shared.books.unsay(this.path);
    }
}

/** @implements {TreeLink} */
class StoredLink {
    kind = /** @type {const} */ ('link');
    #books;
    #entry;

    /**
     * @param {Books} books
     * @param {string} path
     * @param {Entry} entry
     * @param {string} target
     */
    constructor(books, path, entry, target) {
        this.#books = books;
        this.#entry = entry;
        this.path = path;
        this.ino = entry.ino;
        this.target = target;
    }

    async attributes() {
        const size = new TextEncoder().encode(this.target).length;
        return { ...attributesOf(this.#entry, this.ino, { said: this.#entry.mtime }, LINK_MODE), size };
    }

    /** @param {Changes} changes */
    async change(changes) {
        this.#books.change(this.path, changes);
    }
}

const LINK_MODE = 0o777;

/** @implements {Directory} */
class Folder {
    kind = /** @type {const} */ ('directory');
    #shared;
    #handle;
    /** @type {Entry | undefined} what the books said, if it is open and there no more */
    #removed;

    /**
     * @param {Shared} shared
     * @param {string} path without a slash at its end
     * @param {FileSystemDirectoryHandle} handle
     */
    constructor(shared, path, handle) {
        this.#shared = shared;
        this.#handle = handle;
        this.path = path;
    }

    /** Its name in the books. */
    get #name() {
        return this.path || '/';
    }

    get ino() {
        return this.#removed?.ino ?? this.#shared.books.ino(this.#name);
    }

    /** Who has it open asks for what is known of it, and finds that where it is moved to. */
    async open() {
        this.#shared.folders.add(this);
    }

    async close() {
        this.#shared.folders.delete(this);
    }

    /** @returns {Promise<Attributes>} */
    async attributes() {
        const entry = this.#removed ?? this.#shared.books.at(this.#name);
        return { ...attributesOf(entry, this.ino, { said: entry?.mtime }, DIRECTORY_MODE), nlink: 1 };
    }

    /** @param {Changes} changes */
    async change(changes) {
        const { books } = this.#shared;
        if (this.#removed === undefined) books.change(this.#name, changes);
        else apply(this.#removed, changes);
    }

    async sync() {
        await this.#shared.books.save();
    }

    /** Its names have changed: the time that was said of it is over. */
    #touch() {
        if (this.#shared.books.at(this.#name)?.mtime !== undefined) {
            this.#shared.books.change(this.#name, { mtime: now() });
        }
    }

    /** @param {string} name */
    #pathOf(name) {
        return `${this.path}/${name}`;
    }

    /**
     * A name that can be made.
     *
     * @param {string} name
     */
    #newPathOf(name) {
        const path = this.#pathOf(name);
        if (isOurs(path)) throw failure('EPERM', `this name is that of the books of the file system: ${name}`);
        return path;
    }

    /**
     * @param {string} name
     * @param {boolean} isDirectory
     * @returns {Promise<StoredFile | StoredLink | Folder | undefined>}
     */
    async find(name, isDirectory) {
        const path = this.#pathOf(name);
        const { books } = this.#shared;
        const found = isOurs(path) ? undefined : await look(this.#handle, name, isDirectory);
        if (found === undefined) {
            books.forget(path);
            return undefined;
        }
        if (isFile(found)) return this.#fileAt(path, found);
        const entry = books.at(path);
        if (entry?.target !== undefined) books.forget(path);
        return new Folder(this.#shared, path, found);
    }

    /**
     * What a file is: a file, a link, or a further name of a file whose bytes are elsewhere.
     *
     * @param {string} path
     * @param {FileSystemFileHandle} handle
     */
    async #fileAt(path, handle) {
        const { books } = this.#shared;
        const entry = books.at(path);
        if (entry?.target !== undefined) {
            if (await isNameAlone(handle, entry, path)) return new StoredLink(books, path, entry, entry.target);
            books.forget(path);
        } else if (entry !== undefined && entry.names.length > 1) {
            const bytes = await this.#bytesOf(entry);
            if (bytes !== undefined && (bytes.path === path || (await isNameAlone(handle, entry, path)))) return bytes;
            books.forget(path);
        }
        return new StoredFile(this.#shared, path, handle);
    }

    /**
     * Where the bytes of a file are that has several names.
     *
     * @param {Entry} entry
     */
    async #bytesOf(entry) {
        for (const path of entry.names) {
            const handle = await this.#shared.root().then((root) => fileAt(root, path));
            if (handle === undefined) this.#shared.books.forget(path);
            else if (!(await isNameAlone(handle, entry, path))) return new StoredFile(this.#shared, path, handle);
        }
        return undefined;
    }

    async list() {
        const { disk, books } = this.#shared;
        const kinds = /** @type {[string, Kind][]} */ ([]);
        for (const [name, handle] of await disk(() => entriesOf(this.#handle))) {
            const path = this.#pathOf(name);
            if (isOurs(path)) continue;
            const entry = books.at(path);
            const isLink = isFile(handle) && entry?.target !== undefined && (await isNameAlone(handle, entry, path));
            kinds.push([name, isLink ? 'link' : handle.kind]);
        }
        return kinds;
    }

    /**
     * @param {string} name
     * @param {number} mode
     */
    async createFile(name, mode) {
        const path = this.#newPathOf(name);
        const handle = await this.#handle.getFileHandle(name, { create: true }).catch(explain);
        this.#created(path, mode, FILE_MODE);
        return new StoredFile(this.#shared, path, handle);
    }

    /**
     * @param {string} name
     * @param {number} mode
     */
    async createDirectory(name, mode) {
        const path = this.#newPathOf(name);
        await this.#handle.getDirectoryHandle(name, { create: true }).catch(explain);
        // Of a directory that others have removed.
        for (const old of this.#shared.books.below(path)) this.#shared.books.forget(old);
        this.#created(path, mode, DIRECTORY_MODE);
    }

    /**
     * @param {string} path
     * @param {number} mode
     * @param {number} usual
     */
    #created(path, mode, usual) {
        const { books } = this.#shared;
        books.forget(path);
        if (mode !== usual) books.change(path, { mode });
        this.#touch();
    }

    /**
     * @param {string} name
     * @param {string} target
     */
    async createLink(name, target) {
        const path = this.#newPathOf(name);
        const { books } = this.#shared;
        books.forget(path);
        books.change(path, { target, atime: now(), mtime: now(), making: path });
        await this.#writeName(name, path);
    }

    /**
     * @param {string} name
     * @param {TreeFile | TreeLink} inode
     */
    async link(name, inode) {
        const path = this.#newPathOf(name);
        const { books } = this.#shared;
        const { path: old } = /** @type {StoredFile | StoredLink} */ (inode);
        books.change(old, { making: path });
        books.addName(old, path);
        await this.#writeName(name, path);
    }

    /**
     * The books say what the name is, and then it is there.
     *
     * @param {string} name
     * @param {string} path
     */
    async #writeName(name, path) {
        const { books, disk } = this.#shared;
        const entry = books.entry(path);
        try {
            await books.save();
            const handle = await this.#handle.getFileHandle(name, { create: true }).catch(explain);
            await disk(() => replace(handle, new Blob([textOf(entry)])));
            // Written with the next change: until then an empty file is one that is being made.
            entry.making = undefined;
        } catch (error) {
            books.forget(path);
            await this.#handle.removeEntry(name).catch(() => {});
            throw error;
        }
        this.#touch();
    }

    /**
     * @param {string} name
     * @param {Inode} inode
     */
    async remove(name, inode) {
        const path = this.#pathOf(name);
        await this.#vacate(path, inode);
        // Its bytes may have gone to another name.
        await this.#handle.removeEntry(name).catch(ignoreMissing);
        this.#shared.books.forget(path);
        this.#touch();
    }

    /**
     * What a name has to leave before it is gone, or others have it: the bytes, to another name of the file, or to
     * those who have it open.
     *
     * @param {string} path
     * @param {Inode} inode
     */
    async #vacate(path, inode) {
        const { books, folders } = this.#shared;
        const open = [...folders].filter((folder) => folder.path === path && folder.#removed === undefined);
        for (const folder of open) folder.#removed = { ...books.entry(path), names: [] };
        // The number is still that of what is open.
        if (open.length > 0) books.removeName(path);
        if (!(inode instanceof StoredFile) || inode.path !== path) return;
        const { node } = inode;
        const others = books.at(path)?.names.filter((other) => other !== path) ?? [];
        for (const other of others) {
            if (await this.#moveBytes(path, other)) {
                // The books must not take what comes to this name for the bytes of the others.
                books.forget(path);
                return books.save();
            }
            books.forget(other);
        }
        if (node === undefined) return;
        const entry = books.entry(path);
        await node.absorb(entry);
        books.removeName(path);
        this.#shared.nodes.delete(path);
    }

    /**
     * @param {string} from
     * @param {string} to a further name of the same file, if it is still there
     */
    async #moveBytes(from, to) {
        const root = await this.#shared.root();
        const entry = this.#shared.books.entry(from);
        const handle = await fileAt(root, to);
        if (handle === undefined || !(await isNameAlone(handle, entry, to))) return false;
        const [source, target] = [await parentOf(root, from), await parentOf(root, to)];
        await moveFile(this.#shared, source, from, target, to);
        return true;
    }

    /**
     * @param {string} name
     * @param {Inode} inode
     * @param {Directory} toDirectory
     * @param {string} toName
     * @param {Inode} [target]
     */
    async move(name, inode, toDirectory, toName, target) {
        const { books } = this.#shared;
        const to = /** @type {Folder} */ (toDirectory);
        const [from, path] = [this.#pathOf(name), to.#newPathOf(toName)];
        if (target !== undefined) await to.#vacate(path, target);
        // Without its entry, a name alone would be a file: it goes first.
        const isFileItself = target instanceof StoredFile && target.path === path;
        if (target !== undefined && !isFileItself) await to.#handle.removeEntry(toName);
        books.forget(path);
        for (const old of books.below(path)) books.forget(old);

        // Numbers stay what they are.
        const entry = books.entry(from);
        entry.making = path;
        const names = [from, ...books.below(from)];
        for (const old of names) books.addName(old, path + old.slice(from.length));
        if (names.some((old) => books.at(old)?.isKept)) await books.save();
        if (inode instanceof Folder) await moveFolder(this.#shared, this.#handle, from, to.#handle, path);
        else await moveFile(this.#shared, this.#handle, from, to.#handle, path);
        entry.making = undefined;
        for (const old of [...books.below(from), from]) books.forget(old);
        for (const folder of this.#shared.folders) {
            const isMoved = folder.#removed === undefined && `${folder.path}/`.startsWith(`${from}/`);
            if (isMoved) folder.path = path + folder.path.slice(from.length);
        }
        this.#touch();
        to.#touch();
    }

    /**
     * @param {string} name
     * @param {TreeFile} source
     */
    async copy(name, source) {
        const from = /** @type {StoredFile} */ (source);
        const { mode } = await from.attributes();
        const found = (await this.find(name, false)) ?? (await this.createFile(name, mode));
        const to = /** @type {StoredFile} */ (found);
        await to.become(await from.blob());
        if ((await to.attributes()).mode !== mode) await to.change({ mode });
    }
}

/**
 * @param {Shared} shared
 * @param {FileSystemDirectoryHandle} source
 * @param {string} from
 * @param {FileSystemDirectoryHandle} target
 * @param {string} to
 */
async function moveFile({ nodes, books, disk }, source, from, target, to) {
    const node = nodes.get(from);
    await (node?.alone ?? atOnce)(async () => {
        const handle = await source.getFileHandle(nameOf(from));
        const file = await handle.getFile();
        const entry = books.entry(from);
        const isName = entry.isKept && (await isNameAlone(handle, entry, from));
        const said = books.saidOf(from, file) ?? fromMilliseconds(file.lastModified);
        const moved = await moveTo(disk, source, nameOf(from), target, nameOf(to));
        // Where it had to be copied, it is still as old as it was.
        const { lastModified } = await moved.getFile();
        if (lastModified !== file.lastModified && !isName) Object.assign(entry, { mtime: said, seen: lastModified });
        // Everybody may have closed it in the meantime.
        if (node === undefined || nodes.get(from) !== node) return;
        nodes.delete(from);
        nodes.set(to, node);
        await node.movedTo(moved, to);
    });
}

/** @param {() => Promise<void>} run */
const atOnce = (run) => run();

/**
 * @param {Shared} shared
 * @param {FileSystemDirectoryHandle} source
 * @param {string} from
 * @param {FileSystemDirectoryHandle} target
 * @param {string} to
 */
async function moveFolder(shared, source, from, target, to) {
    const old = await source.getDirectoryHandle(nameOf(from));
    const made = await target.getDirectoryHandle(nameOf(to), { create: true });
    for (const [name, handle] of await shared.disk(() => entriesOf(old))) {
        const [oldPath, path] = [`${from}/${name}`, `${to}/${name}`];
        // Its number has to come with it.
        if (shared.books.at(path) === undefined) shared.books.addName(oldPath, path);
        if (isFile(handle)) await moveFile(shared, old, oldPath, made, path);
        else await moveFolder(shared, old, oldPath, made, path);
    }
    await source.removeEntry(nameOf(from));
}

/**
 * @param {Queue} disk
 * @param {FileSystemDirectoryHandle} source
 * @param {string} from
 * @param {FileSystemDirectoryHandle} target
 * @param {string} to
 * @returns {Promise<FileSystemFileHandle>}
 */
async function moveTo(disk, source, from, target, to) {
    const file = /** @type {any} */ (await source.getFileHandle(from));
    if (file.move !== undefined) {
        try {
            await file.move(target, to);
            return await target.getFileHandle(to);
        } catch {
            // Not every engine moves every file, nor over another.
        }
    }
    const made = await target.getFileHandle(to, { create: true }).catch(explain);
    const bytes = await (await source.getFileHandle(from)).getFile();
    await disk(() => replace(made, bytes));
    await source.removeEntry(from);
    return made;
}

/**
 * What is in a directory under a name, if there is something.
 *
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @param {boolean} isDirectory what is likely
 */
async function look(folder, name, isDirectory) {
    const ways = [() => folder.getFileHandle(name), () => folder.getDirectoryHandle(name)];
    const [likely, other] = isDirectory ? ways.reverse() : ways;
    try {
        return await likely();
    } catch (error) {
        const { name: kind } = /** @type {Error} */ (error);
        if (kind === 'NotFoundError') return undefined;
        return kind === 'TypeMismatchError' ? other().catch(explain) : explain(error);
    }
}

/**
 * @param {FileSystemDirectoryHandle} root
 * @param {string} path
 */
async function parentOf(root, path) {
    let folder = root;
    for (const name of path.split('/').slice(1, -1)) folder = await folder.getDirectoryHandle(name);
    return folder;
}

/**
 * The file at a path, if it is one.
 *
 * @param {FileSystemDirectoryHandle} root
 * @param {string} path
 */
async function fileAt(root, path) {
    try {
        return await (await parentOf(root, path)).getFileHandle(nameOf(path));
    } catch (error) {
        if (!['NotFoundError', 'TypeMismatchError'].includes(/** @type {Error} */ (error).name)) throw error;
        return undefined;
    }
}

/**
 * Whether a file is what the books have left there for a name.
 *
 * @param {FileSystemFileHandle} handle
 * @param {Entry} entry
 * @param {string} path
 */
async function isNameAlone(handle, entry, path) {
    const file = await handle.getFile().catch(explain);
    if (file.size === 0) return entry.making === path;
    const text = textOf(entry);
    if (file.size !== new TextEncoder().encode(text).length) return false;
    return (await readText(handle, file).catch(explain)).text === text;
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
 * @param {FileSystemDirectoryHandle | FileSystemFileHandle} handle
 * @returns {handle is FileSystemFileHandle}
 */
const isFile = (handle) => handle.kind === 'file';

/** @param {string} path */
const nameOf = (path) => path.slice(path.lastIndexOf('/') + 1);

/** The codes of what a directory says by names. */
const CODES = new Map([
    ['NotFoundError', 'ENOENT'],
    ['TypeMismatchError', 'ENOTDIR'],
    // Of a name that no file can have.
    ['TypeError', 'EINVAL'],
]);

/**
 * @param {unknown} error
 * @returns {never}
 */
function explain(error) {
    const { name, message } = /** @type {Error} */ (error);
    const code = CODES.get(name);
    throw code === undefined ? error : failure(code, message, { cause: error });
}

/** @param {DOMException} error */
function ignoreMissing(error) {
    if (error.name !== 'NotFoundError') throw error;
}
