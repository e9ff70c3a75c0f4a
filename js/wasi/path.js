// The functions of paths: `path_*`. Each comes behind everything that has been written and closed.

import { FDFLAGS, FILETYPE, OFLAGS, RIGHT, RIGHTS, SYMLINK_FOLLOW } from './abi.js';
import { ask } from './ask.js';
import { Directory } from './directory.js';
import { File, FileNode } from './file.js';
import { failure } from '../host/failure.js';
import { giveStats, setTimes, timed, typeOf } from './stats.js';
import { fromRoot } from './working.js';
import { startsWith } from './tree.js';

/**
 * @typedef {import('./program.js').Program} Program
 * @typedef {import('./tree.js').Place} Place
 * @typedef {import('./types.js').WasiStats} Stats
 */

/** @param {Program} program */
export function create(program) {
    const { memory, table, tree, files, books } = program;

    /**
     * @param {number} fd
     * @param {number} pointer
     * @param {number} length
     * @param {boolean} [follows]
     * @param {boolean} [onlyReads]
     */
    function walk(fd, pointer, length, follows = false, onlyReads = false) {
        const directory = table.kind(fd >>> 0, Directory, 'ENOTDIR');
        // The program's memory is its own again as soon as this returns.
        const path = memory.text(pointer, length);
        return walkTo(directory, path, follows, onlyReads);
    }

    /**
     * @param {Directory} directory
     * @param {string} path
     * @param {boolean} follows
     * @param {boolean} onlyReads
     */
    async function walkTo(directory, path, follows, onlyReads) {
        // Others may have been told by a name, and changed what has been read ahead.
        files.epoch++;
        await files.settled();
        if (directory.isRemoved) throw failure('ENOENT', `no such file or directory: its directory has gone: ${path}`);
        try {
            const place = await tree.walk(directory, path, follows);
            if (place.stats !== undefined || directory.preopened !== '.') return place;
            return (await fromRoot(tree, directory, path, follows, onlyReads)) ?? place;
        } catch (error) {
            if (directory.preopened !== '.' || /** @type {any} */ (error).code !== 'ENOENT') throw error;
            const place = await fromRoot(tree, directory, path, follows, onlyReads);
            if (place === undefined) throw error;
            return place;
        }
    }

    /**
     * What has to be there.
     *
     * @param {Place} place
     * @returns {Stats}
     */
    function there({ stats, names, isFolder }) {
        if (stats === undefined) throw failure('ENOENT', `no such file or directory: ${names.join('/')}`);
        if (isFolder && !stats.isDirectory()) throw failure('ENOTDIR', `not a directory: ${names.join('/')}`);
        return stats;
    }

    /**
     * What has a name of its own, which can be taken from it.
     *
     * @param {Place} place
     */
    function named({ names }) {
        if (tree.isMount(names)) throw failure('EBUSY', `something is mounted there: /${names.join('/')}`);
    }

    /**
     * What can be made anew.
     *
     * @param {Place} place
     */
    function free({ stats, isFolder, names }) {
        if (stats !== undefined) {
            if (isFolder && !stats.isDirectory()) throw failure('ENOTDIR', `not a directory: ${names.join('/')}`);
            throw failure('EEXIST', `file already exists: ${names.join('/')}`);
        }
    }

    /**
     * @param {Place} place
     * @param {number} oflags
     * @param {number} fdflags
     * @param {bigint} rights
     * @param {bigint} inheriting
     */
    async function openFile(place, oflags, fdflags, rights, inheriting) {
        const { mount, names, stats } = place;
        const of = mount.constants;
        const truncates = (oflags & OFLAGS.TRUNC) !== 0;
        const appends = (fdflags & FDFLAGS.APPEND) !== 0;
        const reads = (rights & (RIGHT.FD_READ | RIGHT.FD_READDIR)) !== 0n;
        const writes = (rights & RIGHTS.WRITING) !== 0n || truncates;
        let flags = writes ? (reads ? of.O_RDWR : of.O_WRONLY) : of.O_RDONLY;
        flags |= of.O_NOFOLLOW ?? 0;
        const once =
            ((oflags & OFLAGS.CREAT) !== 0 ? of.O_CREAT : 0) |
            ((oflags & OFLAGS.EXCL) !== 0 ? of.O_EXCL : 0) |
            (truncates && !appends ? of.O_TRUNC : 0);
        const handle = await mount.api.open(place.path, flags | once | (appends ? of.O_APPEND : 0), 0o666);
        // Deno refuses to open a file for both.
        if (truncates && appends) await ask(handle, 'truncate', 0);
        const known = stats ?? (await handle.stat({ bigint: true }));
        const key = books.identity(mount, names, known);
        const node = files.nodes.get(key) ?? new FileNode(files, key);
        files.nodes.set(key, node);
        if (truncates) node.version++;
        if (truncates || node.users === 0) node.size = truncates ? 0 : Number(known.size);
        return new File({
            files,
            node,
            handle,
            place: { mount, names },
            type: typeOf(known),
            flags: fdflags,
            rights: rights & RIGHTS.FILE,
            inheriting,
            async reopen(appends) {
                const { mount, names } = this.place;
                const path = mount.pathOf(names);
                const again = await mount.api.open(path, flags | (appends ? of.O_APPEND : 0));
                const stats = await again.stat({ bigint: true });
                if (books.identity(mount, names, stats) === key) return again;
                await again.close();
                throw failure('ENOTSUP', `whether it appends cannot be changed: it is not the same file now: ${path}`);
            },
        });
    }

    /**
     * @param {Place} place
     * @param {Directory} from
     * @param {number} oflags
     * @param {number} fdflags
     * @param {bigint} rights
     * @param {bigint} inheriting
     */
    function openDirectory({ names }, from, oflags, fdflags, rights, inheriting) {
        const path = names.join('/');
        if ((oflags & OFLAGS.EXCL) !== 0) throw failure('EEXIST', `file already exists: ${path}`);
        const creates = (oflags & OFLAGS.CREAT) !== 0 && (oflags & OFLAGS.DIRECTORY) === 0;
        if (creates || (oflags & OFLAGS.TRUNC) !== 0 || (rights & RIGHT.FD_WRITE) !== 0n) {
            throw failure('EISDIR', `is a directory: ${path}`);
        }
        // Who may go up from where it came from may go up from here as well.
        const ceiling = from.ceiling < from.names.length ? from.ceiling : names.length;
        return new Directory(names, ceiling, rights & RIGHTS.DIRECTORY, inheriting, fdflags);
    }

    /**
     * @param {Directory} from
     * @param {Place} place
     * @param {number} oflags
     * @param {number} fdflags
     * @param {bigint} rights
     * @param {bigint} inheriting
     */
    async function open(from, place, oflags, fdflags, rights, inheriting) {
        const { stats, isFolder, names } = place;
        const path = names.join('/');
        const wantsFolder = (oflags & OFLAGS.DIRECTORY) !== 0;
        if (stats === undefined) {
            if ((oflags & OFLAGS.CREAT) === 0) throw failure('ENOENT', `no such file or directory: ${path}`);
            if (isFolder) throw failure('EISDIR', `is a directory: ${path}`);
            if (wantsFolder) throw failure('EINVAL', `a directory is not created by being opened: ${path}`);
        } else if ((oflags & OFLAGS.CREAT) !== 0 && (oflags & OFLAGS.EXCL) !== 0) {
            throw failure('EEXIST', `file already exists: ${path}`);
        } else if (stats.isSymbolicLink?.()) {
            throw failure(wantsFolder ? 'ENOTDIR' : 'ELOOP', `a symbolic link, which is not followed: ${path}`);
        } else if (stats.isDirectory()) {
            return openDirectory(place, from, oflags, fdflags, rights, inheriting);
        } else if (wantsFolder || isFolder) {
            throw failure('ENOTDIR', `not a directory: ${path}`);
        }
        return openFile(place, oflags, fdflags, rights, inheriting);
    }

    /** What is open knows where it is now. */
    function moved(/** @type {string[]} */ from, /** @type {string[]} */ to) {
        books.renamed(from, to);
        for (const descriptor of table) {
            if (descriptor instanceof Directory) {
                if (sameNames(descriptor.names, to)) descriptor.isRemoved = true;
                if (!startsWith(descriptor.names, from)) continue;
                descriptor.names = [...to, ...descriptor.names.slice(from.length)];
                if (descriptor.ceiling >= from.length) descriptor.ceiling += to.length - from.length;
            } else if (descriptor instanceof File && startsWith(descriptor.place.names, from)) {
                const { mount, names } = descriptor.place;
                descriptor.place = { mount, names: [...to, ...names.slice(from.length)] };
            }
        }
    }

    return {
        /** @type {(fd: number, pointer: number, length: number) => Promise<number>} */
        async path_create_directory(fd, pointer, length) {
            const place = await walk(fd, pointer, length);
            if (place.stats !== undefined) throw failure('EEXIST', `file already exists: ${place.names.join('/')}`);
            await ask(place.mount.api, 'mkdir', place.path);
            return 0;
        },
        /** @type {(fd: number, flags: number, pointer: number, length: number, out: number) => Promise<number>} */
        async path_filestat_get(fd, flags, pointer, length, out) {
            const place = await walk(fd, pointer, length, (flags & SYMLINK_FOLLOW) !== 0, true);
            giveStats(program, out, place, there(place));
            return 0;
        },
        /**
         * @type {(fd: number, flags: number, pointer: number, length: number,
         *     accessed: bigint, modified: bigint, which: number) => Promise<number>}
         */
        async path_filestat_set_times(fd, flags, pointer, length, accessed, modified, which) {
            const place = await walk(fd, pointer, length, (flags & SYMLINK_FOLLOW) !== 0);
            there(place);
            await setTimes(program, timed(place), accessed, modified, which);
            return 0;
        },
        /**
         * @type {(oldFd: number, flags: number, oldPointer: number, oldLength: number,
         *     newFd: number, newPointer: number, newLength: number) => Promise<number>}
         */
        async path_link(oldFd, flags, oldPointer, oldLength, newFd, newPointer, newLength) {
            if ((flags & SYMLINK_FOLLOW) !== 0) throw failure('EINVAL', 'a link is made to what has the name itself');
            const [from, to] = await Promise.all([
                walk(oldFd, oldPointer, oldLength),
                walk(newFd, newPointer, newLength),
            ]);
            if (there(from).isDirectory()) throw failure('EPERM', `is a directory: ${from.names.join('/')}`);
            free(to);
            if (to.isFolder) throw failure('ENOENT', `no such directory: ${to.names.join('/')}`);
            if (from.mount !== to.mount) throw failure('EXDEV', 'a link does not leave what is mounted');
            await ask(from.mount.api, 'link', from.path, to.path);
            return 0;
        },
        /**
         * @type {(fd: number, lookup: number, pointer: number, length: number, oflags: number,
         *     rights: bigint, inheriting: bigint, fdflags: number, out: number) => Promise<number>}
         */
        async path_open(fd, lookup, pointer, length, oflags, rights, inheriting, fdflags, out) {
            const directory = table.kind(fd >>> 0, Directory, 'ENOTDIR');
            const isNew = OFLAGS.CREAT | OFLAGS.EXCL;
            const follows = (lookup & SYMLINK_FOLLOW) !== 0 && (oflags & isNew) !== isNew;
            const [base, inherited] = [BigInt.asUintN(64, rights), BigInt.asUintN(64, inheriting)];
            const onlyReads = (oflags & (OFLAGS.CREAT | OFLAGS.TRUNC)) === 0 && (base & RIGHTS.WRITING) === 0n;
            const place = await walk(fd, pointer, length, follows, onlyReads);
            const opened = await open(directory, place, oflags, fdflags, base, inherited & directory.inheriting);
            memory.setU32(out, table.add(opened));
            return 0;
        },
        /**
         * @type {(fd: number, pointer: number, length: number, to: number, size: number,
         *     out: number) => Promise<number>}
         */
        async path_readlink(fd, pointer, length, to, size, out) {
            const place = await walk(fd, pointer, length, false, true);
            if (!there(place).isSymbolicLink?.()) throw failure('EINVAL', `no symbolic link: ${place.names.join('/')}`);
            const target = new TextEncoder().encode(await tree.readlink(place.names));
            const part = target.subarray(0, size >>> 0);
            memory.bytes(to, part.length).set(part);
            memory.setU32(out, part.length);
            return 0;
        },
        /** @type {(fd: number, pointer: number, length: number) => Promise<number>} */
        async path_remove_directory(fd, pointer, length) {
            const place = await walk(fd, pointer, length);
            const { names, mount, path } = place;
            if (!there(place).isDirectory()) throw failure('ENOTDIR', `not a directory: ${names.join('/')}`);
            named(place);
            await ask(mount.api, 'rmdir', path);
            books.removed(names);
            for (const one of table) if (one instanceof Directory && sameNames(one.names, names)) one.isRemoved = true;
            return 0;
        },
        /**
         * @type {(oldFd: number, oldPointer: number, oldLength: number,
         *     newFd: number, newPointer: number, newLength: number) => Promise<number>}
         */
        async path_rename(oldFd, oldPointer, oldLength, newFd, newPointer, newLength) {
            const [from, to] = await Promise.all([
                walk(oldFd, oldPointer, oldLength),
                walk(newFd, newPointer, newLength),
            ]);
            const isFolder = there(from).isDirectory();
            named(from);
            named(to);
            if (from.mount !== to.mount) throw failure('EXDEV', 'nothing is renamed out of what is mounted');
            if (to.isFolder && !isFolder) throw failure('ENOTDIR', `not a directory: ${from.names.join('/')}`);
            if (to.stats !== undefined && to.stats.isDirectory() !== isFolder) {
                throw failure(isFolder ? 'ENOTDIR' : 'EISDIR', `one is a directory: ${to.names.join('/')}`);
            }
            if (sameNames(from.names, to.names)) return 0;
            await ask(from.mount.api, 'rename', from.path, to.path);
            moved(from.names, to.names);
            return 0;
        },
        /**
         * @type {(targetPointer: number, targetLength: number, fd: number, pointer: number,
         *     length: number) => Promise<number>}
         */
        async path_symlink(targetPointer, targetLength, fd, pointer, length) {
            const target = memory.text(targetPointer, targetLength);
            const place = await walk(fd, pointer, length);
            if (target === '') throw failure('ENOENT', 'a symbolic link leads somewhere');
            if (target.startsWith('/')) throw failure('ENOTCAPABLE', `an absolute link leads out: ${target}`);
            free(place);
            if (place.isFolder) throw failure('ENOENT', `no such directory: ${place.names.join('/')}`);
            await ask(place.mount.api, 'symlink', target, place.path);
            return 0;
        },
        /** @type {(fd: number, pointer: number, length: number) => Promise<number>} */
        async path_unlink_file(fd, pointer, length) {
            const place = await walk(fd, pointer, length);
            if (place.stats?.isDirectory()) throw failure('EISDIR', `is a directory: ${place.names.join('/')}`);
            there(place);
            await ask(place.mount.api, 'unlink', place.path);
            books.removed(place.names);
            return 0;
        },
    };
}

/**
 * @param {string[]} a
 * @param {string[]} b
 */
const sameNames = (a, b) => a.length === b.length && startsWith(a, b);
