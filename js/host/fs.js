// Files: what Rust asks of the promise API of Node.js's `fs`, whoever has it.
//
//   fs               whose it is; buffers; results as numbers
//   fs/root          that of a directory of the host's own, which no path leaves
//   fs/directory     that of a `FileSystemDirectoryHandle`
//   fs/pages           a file that has been written and not saved yet
//   fs/flags         how a file is opened
//   failure          errors like the system's

import { isDirectoryHandle, openDirectory } from './fs/directory.js';
import { failure } from './failure.js';
import { LINUX } from './fs/flags.js';
import { openRoot } from './fs/root.js';

/**
 * @typedef {import('../types.js').Host} Host
 * @typedef {import('../types.js').FileHost} FileHost
 * @typedef {import('../types.js').FileHostHandle} FileHostHandle
 * @typedef {import('../types.js').FileConstants} FileConstants
 */

/** What a file is opened for: the bits that Rust has for it. */
const [READ, WRITE, APPEND, TRUNCATE, CREATE, NEW] = [1, 2, 4, 8, 16, 32];

/** What kinds of files there are, in Rust. */
const [FILE, DIRECTORY, LINK, OTHER, UNKNOWN] = [0, 1, 2, 3, 4];

/** How many bytes a buffer has at least, and how many buffers are kept. */
const SMALLEST = 64 * 1024;
const SPARE = 4;

/**
 * All that are open. What a fiber had that has ended by a fault stays open, as all that it owned stays, even
 * when nobody has its instance any more: Node.js takes it for an error if the garbage collector closes a file.
 */
const open = new Set();

/**
 * One instance's files.
 *
 * @param {Host} host
 */
export function create(host) {
    /** @type {Files | undefined} */
    let files;
    /** Buffers that nobody reads or writes: one whose wait was given up is not among them. */
    const spare = /** @type {Uint8Array[]} */ ([]);

    const chosen = () => (files ??= choose(host.options.fs));

    /**
     * @param {string} name
     * @param {any[]} args
     */
    function call(name, ...args) {
        const api = /** @type {any} */ (chosen().api);
        if (typeof api[name] !== 'function') {
            throw failure('ENOSYS', `the \`fs\` that \`init\` was given has no function \`${name}\``);
        }
        return api[name](...args);
    }

    /** The process whose files these are, if they are the host's own. */
    const owner = () => (chosen().startsAtRoot ? undefined : globalThis.process);

    /** @param {string} path */
    function at(path) {
        const isRelative = chosen().startsAtRoot && path !== '' && !path.startsWith('/');
        return isRelative ? `/${path}` : path;
    }

    /** @param {string} name */
    const withPath = (name) => (/** @type {string} */ path) => call(name, at(path));
    /** @param {string} name */
    const withPaths = (name) => (/** @type {string} */ from, /** @type {string} */ to) => call(name, at(from), at(to));

    /** @param {number} length */
    function take(length) {
        const found = spare.pop();
        return found !== undefined && found.length >= length ? found : new Uint8Array(Math.max(length, SMALLEST));
    }

    /**
     * How many bytes of `length` a host says it has moved, and its buffer back.
     *
     * @param {unknown} count
     * @param {Uint8Array} buffer
     * @param {number} length
     */
    function moved(count, buffer, length) {
        const moved = Number(count);
        if (!(Number.isInteger(moved) && moved >= 0 && moved <= Math.min(length, buffer.length))) {
            throw failure('EIO', `a host that was given ${length} bytes says that it has moved ${count}`);
        }
        if (spare.length < SPARE) spare.push(buffer);
        return moved;
    }

    return {
        /**
         * @param {string} path
         * @param {number} wanted
         * @param {number} mode
         */
        open: (path, wanted, mode) => call('open', at(path), flags(wanted, chosen().constants), mode),
        /**
         * @param {string} path
         * @param {boolean} follows
         */
        stat: (path, follows) => call(follows ? 'stat' : 'lstat', at(path), { bigint: true }),
        /** @param {string} path */
        readdir: (path) => call('readdir', at(path), { withFileTypes: true }),
        mkdir: withPath('mkdir'),
        unlink: withPath('unlink'),
        rmdir: withPath('rmdir'),
        realpath: withPath('realpath'),
        readlink: withPath('readlink'),
        /**
         * @param {string} path
         * @param {number} mode
         */
        chmod: (path, mode) => call('chmod', at(path), mode),
        rename: withPaths('rename'),
        copyFile: withPaths('copyFile'),
        link: withPaths('link'),
        /**
         * Where a link leads is looked at when it is followed.
         *
         * @param {string} target
         * @param {string} path
         */
        symlink: (target, path) => call('symlink', target, at(path)),
        /**
         * @param {string} path
         * @param {number} accessed
         * @param {number} modified
         * @param {boolean} follows
         */
        utimes: (path, accessed, modified, follows) => call(follows ? 'utimes' : 'lutimes', at(path), accessed, modified),
        currentDirectory: () => owner()?.cwd() ?? '/',
        temporaryDirectory: () => owner()?.getBuiltinModule('node:os').tmpdir() ?? '/tmp',

        take,
        /** @param {Uint8Array} bytes in WebAssembly's memory, which may have moved when they are written */
        taken(bytes) {
            const buffer = take(bytes.length);
            buffer.set(bytes);
            return buffer;
        },
        /**
         * @param {FileHostHandle} file
         * @param {Uint8Array} buffer
         * @param {number} length
         * @param {number} position negative: the host's own
         */
        read: (file, buffer, length, position) => file.read(buffer, 0, length, position < 0 ? null : position),
        /**
         * @param {any} result
         * @param {Uint8Array} buffer
         * @param {Uint8Array} out
         */
        wasRead(result, buffer, out) {
            const count = moved(result.bytesRead, buffer, out.length);
            out.set(buffer.subarray(0, count));
            return count;
        },
        /**
         * @param {FileHostHandle} file
         * @param {Uint8Array} buffer
         * @param {number} length
         * @param {number} position negative: the host's own, or the end
         */
        write: (file, buffer, length, position) => file.write(buffer, 0, length, position < 0 ? null : position),
        /**
         * @param {any} result
         * @param {Uint8Array} buffer
         * @param {number} length
         */
        wasWritten: (result, buffer, length) => moved(result.bytesWritten, buffer, length),
        /**
         * @param {FileHostHandle} file
         * @param {number} length
         */
        truncate: (file, length) => file.truncate(length),
        /**
         * @param {FileHostHandle} file
         * @param {boolean} all
         */
        sync: (file, all) => (all ? file.sync() : file.datasync()),
        /** @param {FileHostHandle} file */
        statFile: (file) => file.stat({ bigint: true }),
        /**
         * @param {FileHostHandle} file
         * @param {number} mode
         */
        chmodFile: (file, mode) => file.chmod(mode),
        /**
         * @param {FileHostHandle} file
         * @param {number} accessed
         * @param {number} modified
         */
        utimesFile: (file, accessed, modified) => file.utimes(accessed, modified),
        /** @param {FileHostHandle} file */
        opened: (file) => void open.add(file),
        /**
         * Nobody waits for it, and nobody hears of a failure.
         *
         * @param {FileHostHandle} file
         */
        close(file) {
            open.delete(file);
            new Promise((resolve) => resolve(file.close())).catch(() => {});
        },

        numbers,
        listed,
    };
}

/**
 * @typedef {object} Files
 * @property {FileHost} api
 * @property {FileConstants} constants
 * @property {boolean} startsAtRoot whether relative paths begin at `/`; otherwise they are the host's business
 */

/**
 * Those of Node.js, Deno and Bun.
 *
 * @returns {FileHost | undefined}
 */
function nodeFiles() {
    const { process } = globalThis;
    const isNode = process?.versions?.node !== undefined && process.getBuiltinModule !== undefined;
    return isNode ? /** @type {any} */ (process.getBuiltinModule('node:fs/promises')) : undefined;
}

/** The host's own, if it has some. */
export function ownFiles() {
    const own = nodeFiles();
    return own === undefined ? undefined : withUnlink(own);
}

/**
 * @param {import('../types.js').InitOptions['fs']} given
 * @returns {Files}
 */
export function choose(given) {
    const own = nodeFiles();
    const { promises: wanted = given } = /** @type {any} */ (given ?? { promises: own });
    if (own !== undefined && wanted?.open === own.open) return files(withUnlink(wanted), false);
    if (given === undefined) {
        const storage = globalThis.navigator?.storage;
        if (storage?.getDirectory !== undefined) return files(openDirectory(() => storage.getDirectory()));
        const why = 'there are no files here (pages have some where their address is secure)';
        throw failure('ENOSYS', `${why}: give \`init\` the option \`fs\``);
    }
    if (typeof given === 'string' || given instanceof URL) {
        if (own !== undefined) return files(openRoot(withUnlink(own), given));
        throw failure('ENOSYS', 'the option `fs` of `init` is a path, and this host has no files');
    }
    if (isDirectoryHandle(given)) return files(openDirectory(async () => wanted));
    if (typeof wanted?.open === 'function') return files(wanted);
    throw failure('EINVAL', 'the option `fs` is no path, no directory and no promise API of `fs`');
}

/**
 * @param {FileHost} api
 * @param {boolean} startsAtRoot
 * @returns {Files}
 */
function files(api, startsAtRoot = true) {
    return { api, constants: { ...LINUX, ...api.constants }, startsAtRoot };
}

/**
 * Deno's `unlink` removes directories that are empty.
 *
 * @param {FileHost} own
 * @returns {FileHost}
 */
function withUnlink(own) {
    if (!('Deno' in globalThis)) return own;
    return {
        ...own,
        async unlink(path) {
            if ((await own.lstat(path)).isDirectory()) throw failure('EISDIR', `this is a directory: ${path}`);
            return own.unlink(path);
        },
    };
}

/**
 * @param {number} wanted
 * @param {FileConstants} of
 */
function flags(wanted, of) {
    const isWritten = (wanted & (WRITE | APPEND)) !== 0;
    let flags = !isWritten ? of.O_RDONLY : wanted & READ ? of.O_RDWR : of.O_WRONLY;
    if (wanted & APPEND) flags |= of.O_APPEND;
    if (wanted & TRUNCATE) flags |= of.O_TRUNC;
    if (wanted & (CREATE | NEW)) flags |= of.O_CREAT;
    if (wanted & NEW) flags |= of.O_EXCL;
    return flags;
}

/** @param {any} entry a `Stats` or a `Dirent` */
function kind(entry) {
    if (entry.isFile()) return FILE;
    if (entry.isDirectory()) return DIRECTORY;
    return entry.isSymbolicLink?.() ? LINK : OTHER;
}

/**
 * What a `Stats` says: kind, length, mode, and three times, each in seconds and nanoseconds. What it does
 * not say stays as it is.
 *
 * @param {any} stats
 * @param {Float64Array} out
 */
function numbers(stats, out) {
    const known = [kind(stats), Number(stats.size)];
    known[2] = Number(stats.mode);
    for (const [index, name] of ['mtime', 'atime', 'birthtime'].entries()) {
        const [nanoseconds, milliseconds] = [stats[`${name}Ns`], stats[`${name}Ms`]];
        const place = 3 + 2 * index;
        if (typeof nanoseconds === 'bigint') {
            const rest = BigInt.asUintN(64, ((nanoseconds % SECOND) + SECOND) % SECOND);
            known[place] = Number((nanoseconds - rest) / SECOND);
            known[place + 1] = Number(rest);
        } else if (milliseconds !== undefined) {
            known[place] = Math.floor(Number(milliseconds) / 1000);
            known[place + 1] = Math.floor((Number(milliseconds) - known[place] * 1000) * 1e6);
        }
    }
    // A hole is something that is not known.
    known.forEach((value, place) => (out[place] = value));
}

const SECOND = 1_000_000_000n;

/**
 * The names in a directory, each with its kind.
 *
 * @param {any} entries
 */
function listed(entries) {
    const list = [];
    for (const entry of entries) {
        if (typeof entry === 'string') list.push(entry, UNKNOWN);
        else list.push(String(entry.name), kind(entry));
    }
    return list;
}
