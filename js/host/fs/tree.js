// What a system does with paths, names and open files, as the promise API of Node.js's `fs`, over a store
// that has but inodes: files, directories and links.
//
//   memory      has them in memory
//   directory   finds them in a `FileSystemDirectoryHandle`
//
// The rules are those of Linux, down to the code of each error, and tests compare them with it. What is done
// with paths is done one after the other, so that nothing changes between the walk to a place and what is
// done there; what is done with a file, too.

import { failure } from '../failure.js';
import { LINUX } from './flags.js';
import { createQueue } from './queue.js';
import { kindOf, nanoseconds, newDevice, PERMISSIONS, statsOf, UMASK } from './stats.js';

/**
 * @typedef {Required<import('../../types.js').FileHostHandle>} OpenHandle
 * @typedef {import('../../types.js').FileTime} FileTime
 * @typedef {import('../../types.js').CompleteFileHost} CompleteFileHost
 * @typedef {import('./queue.js').Queue} Queue
 * @typedef {import('./stats.js').Attributes} Attributes
 * @typedef {import('./stats.js').Kind} Kind
 */

/** @typedef {Partial<Pick<Attributes, 'mode' | 'atime' | 'mtime'>>} Changes of what is known of an inode */

/**
 * @typedef {object} Common what all inodes have
 * @property {number} ino
 * @property {() => Promise<Attributes>} attributes
 * @property {(changes: Changes) => Promise<void>} change
 */

/** @typedef {Common & { kind: 'link', target: string }} Link */

/** @typedef {Common & { kind: 'file', open(): Promise<OpenFile> }} File of a store, which may have it open or not */

/**
 * @typedef {object} Contents of an open file, for all who have it open
 * @property {'file'} kind
 * @property {Queue} alone in which all but `close` is called
 * @property {(out: Uint8Array, position: number) => Promise<number>} read
 * @property {(bytes: Uint8Array, position: number | undefined) => Promise<number>} write at the end where
 *     there is no position; returns where the bytes end
 * @property {(length: number) => Promise<void>} truncate
 * @property {() => Promise<void>} sync
 * @property {() => Promise<void>} close
 */

/** @typedef {Common & Contents} OpenFile */

/**
 * @typedef {object} Names of a directory. No rule is checked here: that is done
 * @property {'directory'} kind
 * @property {(name: string, isDirectory: boolean) => Promise<Inode | undefined>} find what is likely a directory
 * @property {() => Promise<[string, Kind][]>} list
 * @property {(name: string, mode: number) => Promise<File>} createFile
 * @property {(name: string, mode: number) => Promise<void>} createDirectory
 * @property {(name: string, target: string) => Promise<void>} createLink
 * @property {(name: string, inode: File | Link) => Promise<void>} link
 * @property {(name: string, inode: Inode) => Promise<void>} remove
 * @property {(name: string, inode: Inode, to: Directory, toName: string, target?: Inode) => Promise<void>} move
 *     over a target, if there is one, that can be removed
 * @property {(name: string, from: File) => Promise<void>} copy over a file that may be there
 * @property {() => Promise<void>} sync makes last what lasts not at once
 * @property {() => Promise<void>} open
 * @property {() => Promise<void>} close
 */

/** @typedef {Common & Names} Directory */

/** @typedef {File | Link | Directory} Inode */

/**
 * @typedef {object} Place where a path leads
 * @property {string} path
 * @property {Directory[]} folders from the root to the one that has the name
 * @property {string[]} names that lead there; the last is the name itself
 * @property {string} last the name; or `/`, `.` or `..`, for what has no name of its own there
 * @property {boolean} isNamed
 * @property {boolean} isFolder whether the path asks for a directory, with a slash at its end
 * @property {Inode | undefined} found
 */

/**
 * Whether a link at the end of a path is followed: by all who ask what is there; where there is a slash behind
 * it, by those who ask for the link; never by those who make, move and remove names.
 *
 * @typedef {'always' | 'slash' | 'never'} Follows
 */

/** How many links a path may lead through, and bytes a name may have, as on Linux. */
const MOST_LINKS = 40;
const LONGEST = 255;

/**
 * @param {() => Promise<Directory>} openRoot
 * @returns {CompleteFileHost}
 */
export function createTree(openRoot) {
    const device = newDevice();
    const inTurn = createQueue();

    /**
     * @param {string} path
     * @param {Follows} follows
     * @param {boolean} [creates] whether a file is made there, which no name with a slash behind it is of
     * @returns {Promise<Place>}
     */
    async function walk(path, follows, creates = false) {
        const end = (/** @type {string} */ code, /** @type {string} */ text) => failure(code, `${text}: ${path}`);
        if (path === '') throw failure('ENOENT', 'no such file or directory: the path is empty');
        if (path.includes('\0')) throw failure('EINVAL', 'a path has no zero character in it');
        const root = await openRoot();
        let folders = [root];
        let names = /** @type {string[]} */ ([]);
        let isFolder = path.endsWith('/');
        let links = 0;
        const todo = namesOf(path).reverse();
        let last = '/';
        for (;;) {
            const name = todo.pop();
            const folder = folders[folders.length - 1];
            if (name === undefined) return { path, folders, names, last, isNamed: false, isFolder, found: folder };
            last = name;
            if (name === '.') continue;
            if (name === '..') {
                if (names.pop() !== undefined) folders.pop();
                continue;
            }
            const isLast = todo.length === 0;
            if (name.length > LONGEST / 3 && new TextEncoder().encode(name).length > LONGEST) {
                throw end('ENAMETOOLONG', 'a name is too long');
            }
            if (isLast && isFolder && creates) throw end('EISDIR', 'this asks for a directory');
            const found = await folder.find(name, !isLast || isFolder);
            const isFollowed = !isLast || follows === 'always' || (follows === 'slash' && isFolder);
            if (found?.kind === 'link' && isFollowed) {
                if (++links > MOST_LINKS) throw end('ELOOP', 'too many symbolic links');
                if (found.target.startsWith('/')) [folders, names] = [[root], []];
                if (isLast && found.target.endsWith('/')) isFolder = true;
                todo.push(...namesOf(found.target).reverse());
                last = '/';
                continue;
            }
            names.push(name);
            if (isLast) return { path, folders, names, last, isNamed: true, isFolder, found };
            if (found === undefined) throw end('ENOENT', 'no such file or directory');
            if (found.kind !== 'directory') throw end('ENOTDIR', 'not a directory');
            folders.push(found);
        }
    }

    /**
     * @param {Place} place
     * @returns {Inode} what is there, or fails
     */
    function present({ path, found, isFolder }) {
        if (found === undefined) throw failure('ENOENT', `no such file or directory: ${path}`);
        if (isFolder && found.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${path}`);
        return found;
    }

    /**
     * @param {string} path
     * @param {Follows} [follows]
     */
    const find = async (path, follows = 'always') => present(await walk(path, follows));

    /**
     * A name that is to be made.
     *
     * @param {string} path
     * @param {boolean} isDirectory
     */
    async function vacant(path, isDirectory) {
        const place = await walk(path, 'never');
        if (place.found !== undefined) throw failure('EEXIST', `file already exists: ${path}`);
        if (place.isFolder && !isDirectory) throw failure('ENOENT', `no such directory: ${path}`);
        return place;
    }

    /** @param {Place} place */
    const folderOf = ({ folders }) => folders[folders.length - 1];

    /**
     * @param {string} path
     * @param {number} flags
     * @param {number} mode
     * @returns {Promise<() => OpenHandle | Promise<OpenHandle>>}
     */
    async function open(path, flags, mode) {
        const has = (/** @type {number} */ flag) => (flags & flag) !== 0;
        const creates = has(LINUX.O_CREAT);
        const isNew = creates && has(LINUX.O_EXCL);
        if (creates && has(LINUX.O_DIRECTORY)) throw failure('EINVAL', `a directory is made by \`mkdir\`: ${path}`);
        const place = await walk(path, isNew ? 'never' : has(LINUX.O_NOFOLLOW) ? 'slash' : 'always', creates);
        if (isNew && place.found !== undefined) throw failure('EEXIST', `file already exists: ${path}`);
        let found = place.found;
        if (found === undefined && creates) found = await folderOf(place).createFile(place.last, mode & ~UMASK);
        found ??= present(place);
        if (found.kind === 'directory') {
            if (creates || has(LINUX.O_WRONLY | LINUX.O_RDWR | LINUX.O_TRUNC)) {
                throw failure('EISDIR', `is a directory: ${path}`);
            }
            await found.open();
            const directory = found;
            return () => openDirectory(directory);
        }
        if (place.isFolder || has(LINUX.O_DIRECTORY)) throw failure('ENOTDIR', `not a directory: ${path}`);
        if (found.kind === 'link') throw failure('ELOOP', `a symbolic link, which is not followed: ${path}`);
        const file = await found.open();
        return async () => {
            if (has(LINUX.O_TRUNC)) await file.alone(() => file.truncate(0));
            return openFile(file, flags);
        };
    }

    /**
     * @param {OpenFile} file
     * @param {number} flags
     * @returns {OpenHandle}
     */
    function openFile(file, flags) {
        const access = flags & (LINUX.O_WRONLY | LINUX.O_RDWR);
        const appends = (flags & LINUX.O_APPEND) !== 0;
        const opened = openInode(file, file.alone, () => file.close());
        let own = 0;
        return {
            ...opened.handle,
            read: (buffer, offset, length, position = null) =>
                opened.alone(async () => {
                    if (access === LINUX.O_WRONLY) throw failure('EBADF', 'the file is not open for reading');
                    const bytesRead = await file.read(buffer.subarray(offset, offset + length), position ?? own);
                    if (position === null) own += bytesRead;
                    return { bytesRead, buffer };
                }),
            write: (buffer, offset, length, position = null) =>
                opened.alone(async () => {
                    if (access === LINUX.O_RDONLY) throw failure('EBADF', 'the file is not open for writing');
                    const bytes = buffer.subarray(offset, offset + length);
                    const end = await file.write(bytes, appends ? undefined : (position ?? own));
                    if (position === null) own = end;
                    return { bytesWritten: bytes.length, buffer };
                }),
            truncate: (length = 0) =>
                opened.alone(async () => {
                    if (access === LINUX.O_RDONLY) throw failure('EINVAL', 'the file is not open for writing');
                    await file.truncate(Math.max(0, length));
                }),
            sync: () => opened.alone(() => file.sync()),
            datasync: () => opened.alone(() => file.sync()),
        };
    }

    /**
     * @param {Directory} directory
     * @returns {OpenHandle}
     */
    function openDirectory(directory) {
        const opened = openInode(directory, createQueue(), () => directory.close());
        const sync = () => opened.alone(() => directory.sync());
        /** @type {(code: string) => () => Promise<never>} */
        const fail = (code) => () => opened.alone(() => Promise.reject(failure(code, 'is a directory')));
        const [read, write, truncate] = ['EISDIR', 'EBADF', 'EINVAL'].map(fail);
        return { ...opened.handle, read, write, truncate, sync, datasync: sync };
    }

    /**
     * What can be done with all that is open.
     *
     * @param {OpenFile | Directory} inode
     * @param {Queue} queue
     * @param {() => Promise<void>} close
     */
    function openInode(inode, queue, close) {
        let isOpen = true;
        /**
         * @template T
         * @param {() => Promise<T>} run
         */
        const alone = async (run) => {
            if (!isOpen) throw failure('EBADF', 'the file is closed');
            return queue(run);
        };
        /** @type {(changes: Changes) => Promise<void>} */
        const change = (changes) => alone(async () => inode.change(await whole(inode, changes)));
        const handle = {
            stat: (/** @type {Options} */ options) =>
                alone(async () => statsOf(inode.kind, device, await inode.attributes(), options?.bigint)),
            chmod: (/** @type {number} */ mode) => change({ mode: mode & PERMISSIONS }),
            utimes: async (/** @type {FileTime} */ atime, /** @type {FileTime} */ mtime) => change(times(atime, mtime)),
            utimesNs: (/** @type {bigint | undefined} */ atime, /** @type {bigint | undefined} */ mtime) =>
                change({ atime, mtime }),
            close: async () => {
                if (!isOpen) throw failure('EBADF', 'the file is closed');
                isOpen = false;
                await close();
            },
        };
        return { alone, handle };
    }

    /**
     * @param {string} path
     * @param {Follows} follows
     * @param {Options} options
     */
    async function stat(path, follows, options) {
        const inode = await inTurn(() => find(path, follows));
        // Not in turn: what a file is may have to be fetched.
        return statsOf(inode.kind, device, await inode.attributes(), options?.bigint);
    }

    /**
     * @param {string} path
     * @param {Changes} changes
     * @param {Follows} [follows]
     */
    const change = (path, changes, follows) =>
        inTurn(async () => {
            const inode = await find(path, follows);
            await inode.change(await whole(inode, changes));
        });

    /** @param {string} path */
    async function unlink(path) {
        const place = await walk(path, 'never');
        if (!place.isNamed) throw failure('EISDIR', `is a directory: ${path}`);
        const found = present(place);
        if (found.kind === 'directory') throw failure('EISDIR', `is a directory: ${path}`);
        await folderOf(place).remove(place.last, found);
    }

    /** @param {string} path */
    async function rmdir(path) {
        const place = await walk(path, 'never');
        if (!place.isNamed) {
            const code = place.last === '/' ? 'EBUSY' : place.last === '.' ? 'EINVAL' : 'ENOTEMPTY';
            throw failure(code, `the path ends in no name of a directory: ${path}`);
        }
        const found = present(place);
        if (found.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${path}`);
        await mustBeEmpty(found, path);
        await folderOf(place).remove(place.last, found);
    }

    /**
     * @param {Directory} directory
     * @param {string} path
     */
    async function mustBeEmpty(directory, path) {
        if ((await directory.list()).length > 0) throw failure('ENOTEMPTY', `directory not empty: ${path}`);
    }

    /**
     * @param {string} fromPath
     * @param {string} toPath
     */
    async function rename(fromPath, toPath) {
        const [from, to] = [await walk(fromPath, 'never'), await walk(toPath, 'never')];
        for (const { isNamed, path } of [from, to]) {
            if (!isNamed) throw failure('EBUSY', `this has no name of its own: ${path}`);
        }
        const source = present(from);
        const isIn = (/** @type {Place} */ place, /** @type {Inode} */ inode) =>
            place.folders.some(({ ino }) => ino === inode.ino);
        if (to.isFolder && source.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${fromPath}`);
        if (isIn(to, source)) throw failure('EINVAL', `cannot be moved into itself: ${fromPath}`);
        const target = to.found;
        if (target !== undefined) {
            if (isIn(from, target)) throw failure('ENOTEMPTY', `directory not empty: ${toPath}`);
            if (target.ino === source.ino) return;
            if (source.kind === 'directory') {
                if (target.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${toPath}`);
                await mustBeEmpty(target, toPath);
            } else if (target.kind === 'directory') throw failure('EISDIR', `is a directory: ${toPath}`);
        }
        await folderOf(from).move(from.last, source, folderOf(to), to.last, target);
    }

    /**
     * @param {string} fromPath
     * @param {string} toPath
     */
    async function link(fromPath, toPath) {
        const source = await find(fromPath, 'slash');
        const to = await vacant(toPath, false);
        if (source.kind === 'directory') throw failure('EPERM', `directories have one name each: ${fromPath}`);
        await folderOf(to).link(to.last, source);
    }

    /**
     * @param {string} fromPath
     * @param {string} toPath
     */
    async function copyFile(fromPath, toPath) {
        const source = await find(fromPath);
        const to = await walk(toPath, 'always', true);
        if (source.kind === 'directory') throw failure('EISDIR', `is a directory: ${fromPath}`);
        if (to.found?.kind === 'directory') throw failure('EISDIR', `is a directory: ${toPath}`);
        if (to.found?.ino === source.ino) return;
        await folderOf(to).copy(to.last, /** @type {File} */ (source));
    }

    /**
     * @param {string} path
     * @param {{ withFileTypes?: boolean } | undefined} options
     */
    async function readdir(path, options) {
        const found = await find(path);
        if (found.kind !== 'directory') throw failure('ENOTDIR', `not a directory: ${path}`);
        const entries = await found.list();
        if (!options?.withFileTypes) return entries.map(([name]) => name);
        return entries.map(([name, kind]) => ({ name, parentPath: path, ...kindOf(kind) }));
    }

    return {
        constants: LINUX,
        open: async (path, flags = LINUX.O_RDONLY, mode = 0o666) => (await inTurn(() => open(path, flags, mode)))(),
        stat: (path, options) => stat(path, 'always', options),
        lstat: (path, options) => stat(path, 'slash', options),
        readdir: /** @type {CompleteFileHost['readdir']} */ ((path, options) => inTurn(() => readdir(path, options))),
        mkdir: (path, mode = 0o777) =>
            inTurn(async () => {
                const place = await vacant(path, true);
                await folderOf(place).createDirectory(place.last, mode & ~UMASK);
            }),
        rename: (from, to) => inTurn(() => rename(from, to)),
        copyFile: (from, to) => inTurn(() => copyFile(from, to)),
        unlink: (path) => inTurn(() => unlink(path)),
        rmdir: (path) => inTurn(() => rmdir(path)),
        realpath: (path) =>
            inTurn(async () => {
                const place = await walk(path, 'always');
                present(place);
                return `/${place.names.join('/')}`;
            }),
        readlink: (path) =>
            inTurn(async () => {
                const found = await find(path, 'slash');
                if (found.kind !== 'link') throw failure('EINVAL', `no symbolic link: ${path}`);
                return found.target;
            }),
        link: (from, to) => inTurn(() => link(from, to)),
        symlink: (target, path) =>
            inTurn(async () => {
                if (target === '') throw failure('ENOENT', 'the target of a symbolic link is empty');
                const place = await vacant(path, false);
                await folderOf(place).createLink(place.last, target);
            }),
        chmod: (path, mode) => change(path, { mode: mode & PERMISSIONS }),
        utimes: async (path, atime, mtime) => change(path, times(atime, mtime)),
        lutimes: async (path, atime, mtime) => change(path, times(atime, mtime), 'slash'),
        utimesNs: (path, atime, mtime, follows = true) => change(path, { atime, mtime }, follows ? 'always' : 'slash'),
    };
}

/** @typedef {{ bigint?: boolean } | undefined} Options of `stat` */

/** @param {string} path */
const namesOf = (path) => path.split('/').filter((name) => name !== '');

/**
 * @param {FileTime} atime
 * @param {FileTime} mtime
 */
const times = (atime, mtime) => ({ atime: nanoseconds(atime), mtime: nanoseconds(mtime) });

/**
 * A time that is not known is guessed from the other one, and stays what it was said to be when that is set.
 *
 * @param {Common} inode
 * @param {Changes} changes
 * @returns {Promise<Changes>}
 */
async function whole(inode, changes) {
    if (changes.mtime === undefined || changes.atime !== undefined) return changes;
    return { ...changes, atime: (await inode.attributes()).atime };
}
