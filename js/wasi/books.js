// What is kept here because hosts lose it.
//
//   inodes   where a host has none: a number for each path, which goes with what is renamed
//   times    hosts take them as a double, in seconds, which is not exact to the nanosecond: what was set holds as
//            long as the host still says what it made of it

/**
 * @typedef {import('./tree.js').Place} Place
 * @typedef {import('./tree.js').Mount} Mount
 * @typedef {import('./types.js').WasiStats} Stats
 */

/** @typedef {Record<'atime' | 'mtime', { set: bigint, seen: bigint }>} SetTimes */

export class Books {
    /** By the path. @type {Map<string, bigint>} */
    #inodes = new Map();
    /** No host's own are that large. */
    #nextInode = 1n << 62n;
    /** By the identity. @type {Map<string, SetTimes>} */
    #times = new Map();

    /**
     * @param {string[]} names
     * @param {Stats} stats
     */
    inode(names, stats) {
        if (stats.ino !== undefined && BigInt(stats.ino) !== 0n) return BigInt(stats.ino);
        const path = pathOf(names);
        let inode = this.#inodes.get(path);
        if (inode === undefined) {
            inode = this.#nextInode++;
            this.#inodes.set(path, inode);
        }
        return inode;
    }

    /**
     * What is the same for all names of a file, and for no other file.
     *
     * @param {Mount} mount
     * @param {string[]} names
     * @param {Stats} stats
     */
    identity(mount, names, stats) {
        return `${mount.number}:${stats.dev ?? ''}:${this.inode(names, stats)}`;
    }

    /**
     * What had a path has none any more, nor has what was in it.
     *
     * @param {string[]} names
     */
    removed(names) {
        this.#move(names, undefined);
    }

    /**
     * @param {string[]} from
     * @param {string[]} to
     */
    renamed(from, to) {
        this.#move(to, undefined);
        this.#move(from, to);
    }

    /**
     * @param {string[]} from
     * @param {string[] | undefined} to
     */
    #move(from, to) {
        const old = pathOf(from);
        for (const [path, inode] of [...this.#inodes]) {
            if (path !== old && !path.startsWith(`${old}/`)) continue;
            this.#inodes.delete(path);
            if (to !== undefined) this.#inodes.set(pathOf(to) + path.slice(old.length), inode);
        }
    }

    /**
     * @param {string} identity
     * @param {SetTimes} times
     */
    setTimes(identity, times) {
        const { atime, mtime } = times;
        // Whole seconds come back as they were.
        if (atime.set === atime.seen && mtime.set === mtime.seen) this.#times.delete(identity);
        else this.#times.set(identity, times);
    }

    /**
     * A time in nanoseconds.
     *
     * @param {string} identity
     * @param {Stats} stats
     * @param {'atime' | 'mtime'} name
     */
    time(identity, stats, name) {
        const says = nanoseconds(stats, name) ?? 0n;
        const known = this.#times.get(identity)?.[name];
        return known?.seen === says ? known.set : says;
    }
}

/** @param {string[]} names */
const pathOf = (names) => `/${names.join('/')}`;

/**
 * @param {Stats} stats
 * @param {'atime' | 'mtime' | 'ctime'} name
 */
export function nanoseconds(stats, name) {
    const exact = stats[`${name}Ns`];
    if (typeof exact === 'bigint') return exact;
    const rough = stats[`${name}Ms`];
    return rough === undefined ? undefined : BigInt(Math.floor(Number(rough) * 1000)) * 1000n;
}
