// What is known of a file, as the program gets it.

import { FILETYPE, FSTFLAGS } from './abi.js';
import { ask } from './ask.js';
import { nanoseconds } from './books.js';
import { realtime } from './clock.js';
import { failure } from '../host/failure.js';

/**
 * @typedef {import('./program.js').Program} Program
 * @typedef {import('./tree.js').Mount} Mount
 * @typedef {import('./tree.js').Place} Place
 * @typedef {import('./types.js').WasiStats} Stats
 */

/** @param {any} entry a `Stats` or a `Dirent` */
export function typeOf(entry) {
    if (entry.isFile()) return FILETYPE.REGULAR_FILE;
    if (entry.isDirectory()) return FILETYPE.DIRECTORY;
    if (entry.isSymbolicLink?.()) return FILETYPE.SYMBOLIC_LINK;
    if (entry.isCharacterDevice?.()) return FILETYPE.CHARACTER_DEVICE;
    if (entry.isBlockDevice?.()) return FILETYPE.BLOCK_DEVICE;
    return entry.isSocket?.() ? FILETYPE.SOCKET_STREAM : FILETYPE.UNKNOWN;
}

/**
 * @param {Program} program
 * @param {number} pointer
 * @param {{ mount: Mount, names: string[] }} place
 * @param {Stats} stats
 */
export function giveStats({ memory, books }, pointer, { mount, names }, stats) {
    const identity = books.identity(mount, names, stats);
    const modified = books.time(identity, stats, 'mtime');
    memory.setU64(pointer, stats.dev === undefined ? BigInt(mount.number + 1) : BigInt(stats.dev));
    memory.setU64(pointer + 8, books.inode(names, stats));
    memory.setU64(pointer + 16, BigInt(typeOf(stats)));
    memory.setU64(pointer + 24, BigInt(stats.nlink ?? 1));
    memory.setU64(pointer + 32, BigInt(stats.size));
    memory.setU64(pointer + 40, books.time(identity, stats, 'atime'));
    memory.setU64(pointer + 48, modified);
    memory.setU64(pointer + 56, nanoseconds(stats, 'ctime') ?? modified);
}

/**
 * A stream has no size and no times.
 *
 * @param {Program} program
 * @param {number} pointer
 * @param {number} type
 */
export function giveNoStats({ memory }, pointer, type) {
    memory.bytes(pointer, 64).fill(0);
    memory.setU8(pointer + 16, type);
}

/**
 * Something whose times can be set.
 *
 * @typedef {object} Timed
 * @property {{ mount: Mount, names: string[] }} place
 * @property {() => Promise<Stats>} stat
 * @property {(accessed: number, modified: number) => Promise<unknown>} utimes in seconds
 * @property {((accessed?: bigint, modified?: bigint) => Promise<unknown>) | undefined} utimesNs in nanoseconds
 */

/**
 * What has a place. The walk there has followed what is to be followed.
 *
 * @param {Place} place
 * @returns {Timed}
 */
export function timed({ mount, names, path, stats }) {
    const { api } = mount;
    const isLink = stats?.isSymbolicLink?.() === true;
    return {
        place: { mount, names },
        stat: () => api.lstat(path, { bigint: true }),
        utimes: (accessed, modified) => ask(api, isLink ? 'lutimes' : 'utimes', path, accessed, modified),
        utimesNs: api.utimesNs && ((accessed, modified) => ask(api, 'utimesNs', path, accessed, modified, false)),
    };
}

/**
 * @param {Program} program
 * @param {Timed} file
 * @param {bigint} accessed
 * @param {bigint} modified
 * @param {number} flags
 */
export async function setTimes({ books }, file, accessed, modified, flags) {
    const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = FSTFLAGS;
    const both = (/** @type {number} */ bits) => (flags & bits) === bits;
    if (both(ATIM | ATIM_NOW) || both(MTIM | MTIM_NOW)) throw failure('EINVAL', 'a time is given, and is to be now');
    /** @type {(isGiven: number, isNow: number, given: bigint) => bigint | undefined} */
    const wanted = (isGiven, isNow, given) => (isGiven ? BigInt.asUintN(64, given) : isNow ? realtime() : undefined);
    const [newAtime, newMtime] = [
        wanted(flags & ATIM, flags & ATIM_NOW, accessed),
        wanted(flags & MTIM, flags & MTIM_NOW, modified),
    ];
    if (file.utimesNs !== undefined) {
        await file.utimesNs(newAtime, newMtime);
        return;
    }
    const before = await file.stat();
    const identity = books.identity(file.place.mount, file.place.names, before);
    const atime = newAtime ?? books.time(identity, before, 'atime');
    const mtime = newMtime ?? books.time(identity, before, 'mtime');
    await file.utimes(Number(atime) / 1e9, Number(mtime) / 1e9);
    const after = await file.stat();
    books.setTimes(identity, {
        atime: { set: atime, seen: nanoseconds(after, 'atime') ?? 0n },
        mtime: { set: mtime, seen: nanoseconds(after, 'mtime') ?? 0n },
    });
}
