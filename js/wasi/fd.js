// The functions of descriptors: `fd_*`.

import { FDFLAGS, FILETYPE } from './abi.js';
import { Directory } from './directory.js';
import { File } from './file.js';
import { failure } from '../host/failure.js';
import { giveNoStats, giveStats, setTimes, timed, typeOf } from './stats.js';

/**
 * @typedef {import('./program.js').Program} Program
 * @typedef {import('./directory.js').Entry} Entry
 * @typedef {import('./memory.js').Vectors} Vectors
 */

/** What is there from the beginning is a directory (0), or something else that has no number. */
const NO_DIRECTORY = 1;

/** How many entries of a directory are looked at together. */
const TOGETHER = 32;

/** @param {Program} program */
export function create(program) {
    const { memory, table, files, tree, books } = program;
    const encoder = new TextEncoder();

    /** @param {number} fd */
    const get = (fd) => table.get(fd >>> 0);

    /**
     * A descriptor of a file.
     *
     * @param {number} fd
     */
    function file(fd) {
        const found = get(fd);
        if (found instanceof File) return found;
        if (found instanceof Directory) throw failure('EISDIR', 'the descriptor is a directory');
        throw failure('EINVAL', 'the descriptor is no file');
    }

    /**
     * @param {bigint} offset
     */
    function position(offset) {
        const number = Number(BigInt.asUintN(64, offset));
        if (!Number.isSafeInteger(number)) throw failure('EINVAL', `no file is that long: ${number}`);
        return number;
    }

    /**
     * @param {Vectors} vectors
     * @param {number} out
     * @param {Uint8Array} bytes
     */
    function give(vectors, out, bytes) {
        memory.scatter(vectors, bytes);
        memory.setU32(out, bytes.length);
        return 0;
    }

    /**
     * Reads what comes next. What has to arrive is waited for before: a read of what is there needs no promise.
     *
     * @param {import('./descriptor.js').Descriptor} from
     * @param {Vectors} vectors
     * @param {number} out
     * @returns {number | Promise<number>}
     */
    function read(from, vectors, out) {
        const arrival = vectors.length === 0 ? undefined : from.arrival();
        if (arrival !== undefined) {
            files.epoch++;
            return arrival.then(() => read(from, vectors, out));
        }
        const bytes = from.read(vectors.length);
        if (bytes instanceof Uint8Array) return give(vectors, out, bytes);
        if (!(from instanceof File)) files.epoch++;
        return bytes.then((bytes) => give(vectors, out, bytes));
    }

    /**
     * @param {number} out
     * @param {number | Promise<number>} written
     * @returns {number | Promise<number>}
     */
    function wrote(out, written) {
        if (typeof written !== 'number') return written.then((count) => wrote(out, count));
        memory.setU32(out, written);
        return 0;
    }

    /**
     * What a directory has in it, `.` and `..` first.
     *
     * @param {Directory} directory
     * @returns {Promise<Entry[]>}
     */
    async function list({ names, ceiling }) {
        const mount = tree.mountOf(names);
        /** @type {Map<string, Entry>} */
        const found = new Map();
        const stats = await tree.lstat(names);
        if (stats === undefined) throw failure('ENOENT', 'the directory has gone');
        const entries = mount === undefined ? [] : await entriesOf(mount, names);
        for (const entry of entries) {
            const [name, type] = typeof entry === 'string' ? [entry, undefined] : [String(entry.name), typeOf(entry)];
            found.set(name, { name, type: type ?? FILETYPE.UNKNOWN, ino: undefined });
        }
        for (const name of tree.mountedIn(names)) found.set(name, { name, type: FILETYPE.DIRECTORY, ino: undefined });
        const up = names.length > ceiling ? names.slice(0, -1) : names;
        const above = await tree.lstat(up);
        // Where the host has no inodes, nobody has to ask it for those of all entries.
        if (stats.ino === undefined) {
            for (const entry of found.values()) entry.ino = books.inode([...names, entry.name], NO_STATS);
        }
        return [
            { name: '.', type: FILETYPE.DIRECTORY, ino: books.inode(names, stats) },
            { name: '..', type: FILETYPE.DIRECTORY, ino: books.inode(up, above ?? NO_STATS) },
            ...found.values(),
        ];
    }

    /**
     * @param {import('./tree.js').Mount} mount
     * @param {string[]} names
     */
    async function entriesOf(mount, names) {
        try {
            return await mount.api.readdir(mount.pathOf(names), { withFileTypes: true });
        } catch (error) {
            // A directory that is only there because something is mounted in it.
            if (/** @type {any} */ (error).code === 'ENOENT' && tree.mountedIn(names).size > 0) return [];
            throw error;
        }
    }

    /**
     * Their inodes, which a listing has not. What has gone in the meantime keeps a number that nobody else has.
     *
     * @param {Directory} directory
     * @param {Entry[]} entries
     */
    async function lookAt({ names }, entries) {
        const unknown = entries.filter(({ ino }) => ino === undefined);
        await Promise.all(
            unknown.map(async (entry) => {
                const inside = [...names, entry.name];
                const stats = await tree.lstat(inside).catch(() => undefined);
                entry.ino = books.inode(inside, stats ?? NO_STATS);
                if (stats !== undefined && entry.type === FILETYPE.UNKNOWN) entry.type = typeOf(stats);
            }),
        );
    }

    /**
     * @param {Directory} directory
     * @param {number} pointer
     * @param {number} length
     * @param {bigint} cookie
     * @param {number} out
     */
    async function readdir(directory, pointer, length, cookie, out) {
        await files.settled();
        if (directory.isRemoved) throw failure('ENOENT', 'the directory has gone');
        if (cookie === 0n || directory.entries === undefined) directory.entries = await list(directory);
        const { entries } = directory;
        let used = 0;
        for (let index = Number(BigInt.asUintN(64, cookie)); index < entries.length && used < length; index++) {
            const entry = entries[index];
            if (entry.ino === undefined) await lookAt(directory, entries.slice(index, index + TOGETHER));
            const name = encoder.encode(entry.name);
            const bytes = new Uint8Array(24 + name.length);
            const view = new DataView(bytes.buffer);
            view.setBigUint64(0, BigInt(index + 1), true);
            view.setBigUint64(8, BigInt.asUintN(64, entry.ino ?? 0n), true);
            view.setUint32(16, name.length, true);
            view.setUint8(20, entry.type);
            bytes.set(name, 24);
            // An entry that does not fit is cut: the buffer is full, so there is more.
            const part = bytes.subarray(0, length - used);
            memory.bytes(pointer + used, part.length).set(part);
            used += part.length;
        }
        memory.setU32(out, used);
        return 0;
    }

    return {
        /** @type {(fd: number, iovs: number, count: number, out: number) => number | Promise<number>} */
        fd_read(fd, iovs, count, out) {
            return read(get(fd), memory.vectors(iovs, count), out);
        },
        /**
         * @type {(fd: number, iovs: number, count: number, offset: bigint,
         *     out: number) => number | Promise<number>}
         */
        fd_pread(fd, iovs, count, offset, out) {
            const descriptor = get(fd);
            const vectors = memory.vectors(iovs, count);
            const bytes = descriptor.pread(vectors.length, position(offset));
            if (bytes instanceof Uint8Array) return give(vectors, out, bytes);
            return bytes.then((bytes) => give(vectors, out, bytes));
        },
        /** @type {(fd: number, iovs: number, count: number, out: number) => number | Promise<number>} */
        fd_write(fd, iovs, count, out) {
            const descriptor = get(fd);
            return wrote(out, descriptor.write(memory.gather(memory.vectors(iovs, count)), program.isPanicking));
        },
        /**
         * @type {(fd: number, iovs: number, count: number, offset: bigint,
         *     out: number) => number | Promise<number>}
         */
        fd_pwrite(fd, iovs, count, offset, out) {
            const descriptor = get(fd);
            return wrote(out, descriptor.pwrite(memory.gather(memory.vectors(iovs, count)), position(offset)));
        },
        /** @type {(fd: number, offset: bigint, whence: number, out: number) => number | Promise<number>} */
        fd_seek(fd, offset, whence, out) {
            const sought = get(fd).seek(Number(offset), whence);
            /** @param {number} position */
            const give = (position) => {
                memory.setU64(out, BigInt(position));
                return 0;
            };
            return typeof sought === 'number' ? give(sought) : sought.then(give);
        },
        /** @type {(fd: number, out: number) => number} */
        fd_tell(fd, out) {
            memory.setU64(out, BigInt(get(fd).position));
            return 0;
        },
        /** @type {(fd: number) => Promise<number>} */
        async fd_sync(fd) {
            const descriptor = get(fd);
            if (descriptor instanceof Directory) await files.settled();
            else await file(fd).sync(true);
            return 0;
        },
        /** @type {(fd: number) => Promise<number>} */
        async fd_datasync(fd) {
            const descriptor = get(fd);
            if (descriptor instanceof Directory) await files.settled();
            else await file(fd).sync(false);
            return 0;
        },
        /** @type {(fd: number, offset: bigint, length: bigint, advice: number) => number} */
        fd_advise(fd, offset, length, advice) {
            if (!(get(fd) instanceof File)) throw failure('EBADF', 'advice is for files');
            if (advice < 0 || advice > 5) throw failure('EINVAL', `no such advice: ${advice}`);
            return 0;
        },
        /** @type {(fd: number, offset: bigint, length: bigint) => Promise<number>} */
        async fd_allocate(fd, offset, length) {
            const opened = file(fd);
            if (length === 0n) throw failure('EINVAL', 'nothing is to be allocated');
            await opened.allocate(position(offset) + position(length));
            return 0;
        },
        /** @type {(fd: number) => number} */
        fd_close(fd) {
            table.remove(fd >>> 0).close();
            return 0;
        },
        /** @type {(from: number, to: number) => number} */
        fd_renumber(from, to) {
            const [moved, replaced] = [get(from), get(to)];
            if (moved === replaced) return 0;
            replaced.close();
            table.remove(from >>> 0);
            table.set(to >>> 0, moved);
            return 0;
        },
        /** @type {(fd: number, out: number) => number} */
        fd_fdstat_get(fd, out) {
            const { type, flags, rights, inheriting } = get(fd);
            memory.bytes(out, 24).fill(0);
            memory.setU8(out, type);
            memory.setU16(out + 2, flags);
            memory.setU64(out + 8, rights);
            memory.setU64(out + 16, inheriting);
            return 0;
        },
        /** @type {(fd: number, flags: number) => number} */
        fd_fdstat_set_flags(fd, flags) {
            const descriptor = get(fd);
            const CHANGED = FDFLAGS.APPEND | FDFLAGS.NONBLOCK;
            if (((flags ^ descriptor.flags) & ~CHANGED) !== 0) {
                throw failure('EINVAL', 'whether writes are synchronous is said when a file is opened');
            }
            descriptor.flags = flags;
            return 0;
        },
        /** @type {(fd: number, rights: bigint, inheriting: bigint) => number} */
        fd_fdstat_set_rights(fd, rights, inheriting) {
            const descriptor = get(fd);
            const [base, inherited] = [BigInt.asUintN(64, rights), BigInt.asUintN(64, inheriting)];
            if ((base & ~descriptor.rights) !== 0n || (inherited & ~descriptor.inheriting) !== 0n) {
                throw failure('ENOTCAPABLE', 'rights can be dropped, and not be had back');
            }
            descriptor.rights = base;
            descriptor.inheriting = inherited;
            return 0;
        },
        /** @type {(fd: number, out: number) => number | Promise<number>} */
        fd_filestat_get(fd, out) {
            const descriptor = get(fd);
            if (descriptor instanceof File) return fileStats(descriptor, out);
            if (descriptor instanceof Directory) return directoryStats(descriptor, out);
            giveNoStats(program, out, descriptor.type);
            return 0;
        },
        /** @type {(fd: number, size: bigint) => Promise<number>} */
        async fd_filestat_set_size(fd, size) {
            await file(fd).truncate(position(size));
            return 0;
        },
        /** @type {(fd: number, accessed: bigint, modified: bigint, flags: number) => Promise<number>} */
        async fd_filestat_set_times(fd, accessed, modified, flags) {
            const descriptor = get(fd);
            if (descriptor instanceof Directory) {
                await setTimes(program, timed(await placeOf(descriptor)), accessed, modified, flags);
            } else {
                await setTimes(program, file(fd), accessed, modified, flags);
            }
            return 0;
        },
        /** @type {(fd: number, pointer: number, length: number, cookie: bigint, out: number) => Promise<number>} */
        async fd_readdir(fd, pointer, length, cookie, out) {
            const directory = table.kind(fd >>> 0, Directory, 'ENOTDIR');
            return readdir(directory, pointer >>> 0, length >>> 0, cookie, out);
        },
        /** @type {(fd: number, out: number) => number} */
        fd_prestat_get(fd, out) {
            if (get(fd).isGiven) {
                memory.setU32(out, NO_DIRECTORY);
                memory.setU32(out + 4, 0);
                return 0;
            }
            const name = preopened(fd);
            memory.setU32(out, 0);
            memory.setU32(out + 4, name.length);
            return 0;
        },
        /** @type {(fd: number, pointer: number, length: number) => number} */
        fd_prestat_dir_name(fd, pointer, length) {
            const name = preopened(fd);
            if (length >>> 0 < name.length) throw failure('ENAMETOOLONG', 'the name of the directory is longer');
            memory.bytes(pointer, name.length).set(name);
            return 0;
        },
    };

    /** @param {number} fd */
    function preopened(fd) {
        const { preopened } = get(fd);
        if (preopened === undefined) throw failure('EBADF', 'the descriptor was not there in the beginning');
        return encoder.encode(preopened);
    }

    /**
     * @param {File} opened
     * @param {number} out
     */
    async function fileStats(opened, out) {
        const stats = await opened.stat();
        giveStats(program, out, opened.place, stats);
        return 0;
    }

    /** @param {Directory} directory */
    async function placeOf({ names, isRemoved }) {
        await files.settled();
        const mount = tree.mountOf(names);
        const stats = isRemoved ? undefined : await tree.lstat(names);
        if (stats === undefined || mount === undefined) throw failure('ENOENT', 'the directory has gone');
        return { names, mount, path: mount.pathOf(names), stats, isFolder: true };
    }

    /**
     * @param {Directory} directory
     * @param {number} out
     */
    async function directoryStats(directory, out) {
        const place = await placeOf(directory);
        giveStats(program, out, place, place.stats);
        return 0;
    }
}

/** What an entry is of which nothing is known, or nothing any more. */
const NO_STATS = { size: 0, isFile: () => false, isDirectory: () => false };
