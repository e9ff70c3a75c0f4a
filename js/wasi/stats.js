// What is known of a file, as the program gets it.

import { FILETYPE, FSTFLAGS } from './abi.js';
import { nanoseconds } from './books.js';
import { realtime } from './clock.js';
import { failure } from '../host/failure.js';

/**
 * @typedef {import('./program.js').Program} Program
 * @typedef {import('./tree.js').Mount} Mount
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
 * @param {Program} program
 * @param {object} file
 * @param {{ mount: Mount, names: string[] }} file.place
 * @param {() => Promise<Stats>} file.stat
 * @param {(accessed: number, modified: number) => Promise<unknown>} file.utimes
 * @param {bigint} accessed
 * @param {bigint} modified
 * @param {number} flags
 */
export async function setTimes({ books }, { place, stat, utimes }, accessed, modified, flags) {
    const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = FSTFLAGS;
    const both = (/** @type {number} */ bits) => (flags & bits) === bits;
    if (both(ATIM | ATIM_NOW) || both(MTIM | MTIM_NOW)) throw failure('EINVAL', 'a time is given, and is to be now');
    const before = await stat();
    const identity = books.identity(place.mount, place.names, before);
    /** @type {(name: 'atime' | 'mtime', isGiven: number, isNow: number, given: bigint) => bigint} */
    const wanted = (name, isGiven, isNow, given) => {
        if (isGiven) return BigInt.asUintN(64, given);
        return isNow ? realtime() : books.time(identity, before, name);
    };
    const [atime, mtime] = [
        wanted('atime', flags & ATIM, flags & ATIM_NOW, accessed),
        wanted('mtime', flags & MTIM, flags & MTIM_NOW, modified),
    ];
    await utimes(Number(atime) / 1e9, Number(mtime) / 1e9);
    const after = await stat();
    books.setTimes(identity, {
        atime: { set: atime, seen: nanoseconds(after, 'atime') ?? 0n },
        mtime: { set: mtime, seen: nanoseconds(after, 'mtime') ?? 0n },
    });
}
