// What is known of a file, and how Node.js says it: a `Stats`, a `Dirent`. Times are nanoseconds since 1970; one that
// is not known is missing.

import { failure } from '../failure.js';

/**
 * @typedef {import('../../types.js').FileHostStats} FileHostStats
 * @typedef {import('../../types.js').FileTime} FileTime
 */

/** @typedef {'file' | 'directory' | 'link'} Kind */

/**
 * @typedef {object} Attributes
 * @property {number} ino
 * @property {number} nlink
 * @property {number} mode the permissions alone
 * @property {number} size
 * @property {bigint} [atime]
 * @property {bigint} [mtime]
 * @property {bigint} [ctime]
 * @property {bigint} [birthtime]
 */

/** What is new has these permissions of those that are asked for, as nearly everywhere. */
export const UMASK = 0o022;

/** The bits of a mode that are permissions. */
export const PERMISSIONS = 0o7777;

const KINDS = { file: 0o100000, directory: 0o040000, link: 0o120000 };
const MILLISECOND = 1_000_000n;
const BLOCK = 512;

/** Each file system is a device of its own: programs take files of one device and inode for the same. */
let devices = 0;
export const newDevice = () => ++devices;

export const now = () => BigInt(Date.now()) * MILLISECOND;

/** @param {number} milliseconds */
export const fromMilliseconds = (milliseconds) => BigInt(Math.floor(milliseconds)) * MILLISECOND;

/**
 * A time as Node.js takes it. A number of seconds is exact to the microsecond, and what is more of it is chance.
 *
 * @param {FileTime} time
 */
export function nanoseconds(time) {
    const seconds = time instanceof Date ? time.getTime() / 1000 : Number(time);
    if (!Number.isFinite(seconds)) throw failure('EINVAL', `no time: ${time}`);
    const whole = Math.floor(seconds);
    return BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e6)) * 1000n;
}

/** @param {Kind} kind */
export const kindOf = (kind) => ({
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isSymbolicLink: () => kind === 'link',
});

/**
 * @param {Kind} kind
 * @param {number} device
 * @param {Attributes} known
 * @param {boolean} [bigint] whether numbers are of that type, and nanoseconds are said
 * @returns {FileHostStats}
 */
export function statsOf(kind, device, known, bigint = false) {
    const { ino, nlink, mode, size } = known;
    const numbers = { dev: device, ino, nlink, mode: KINDS[kind] | mode, size, uid: 0, gid: 0, rdev: 0 };
    const all = { ...numbers, blksize: 4096, blocks: Math.ceil(size / BLOCK) };
    const stats = /** @type {any} */ (kindOf(kind));
    for (const [name, value] of Object.entries(all)) stats[name] = bigint ? BigInt(value) : value;
    for (const name of /** @type {const} */ (['atime', 'mtime', 'ctime', 'birthtime'])) {
        const time = known[name];
        if (time === undefined) continue;
        if (bigint) stats[`${name}Ns`] = time;
        stats[`${name}Ms`] = bigint ? time / MILLISECOND : Number(time) / 1e6;
    }
    return stats;
}
