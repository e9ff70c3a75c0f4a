// The tree of files that the program sees: what is mounted where, and where a path leads in it.
//
// A place is known by its names from the program's root, none of which is a symbolic link. A path is walked from
// a directory's place, one name after the other, as the system walks it; the host is given what came out, a path
// without links. What leads out of the directory that it began in is refused: an absolute path, `..` above it,
// links to either. So nothing outside of what was mounted can be named at all.
//
// As in `fs/root`, that holds against the program and against what lies in a directory, and not against another
// process that puts a link there between the walk and the host's call.

import { choose, ownFiles } from '../host/fs.js';
import { failure } from '../host/failure.js';
import { LINUX } from '../host/fs/flags.js';

/**
 * @typedef {import('./types.js').WasiFileHost} FileHost
 * @typedef {import('./types.js').WasiStats} Stats
 * @typedef {import('./types.js').WasiOptions} Options
 * @typedef {import('../types.js').FileConstants} FileConstants
 */

/**
 * A place in the tree.
 *
 * @typedef {object} Place
 * @property {string[]} names from the root
 * @property {Mount} mount
 * @property {string} path what the mount's host calls it
 * @property {Stats | undefined} stats of what is there, itself a link or not
 * @property {boolean} isFolder whether the path asked for a directory
 */

/** How many links a path may lead through, as on Linux. */
const MOST_LINKS = 40;

/** How many names are walked one by one, before it is quicker to ask whether there is a link among them. */
const FEW = 2;

/** What a directory is that is only there because something is mounted in it. */
const MADE_UP = { size: 0n, isFile: () => false, isDirectory: () => true, isSymbolicLink: () => false };

export class Tree {
    /** By their depth, the deepest first. @type {Mount[]} */
    #mounts;

    /** @param {Options['fs']} given */
    constructor(given) {
        const all = isMounts(given) ? Object.entries(given) : [/** @type {const} */ (['/', given])];
        const mounts = all.map(([path, fs], index) => new Mount(normal(path), fs, index));
        /** In the order in which they were given. */
        this.mounts = mounts;
        this.#mounts = [...mounts].sort((a, b) => b.names.length - a.names.length);
        const paths = new Set(mounts.map(({ names }) => names.join('/')));
        if (paths.size < mounts.length) throw new TypeError('the option `fs` mounts two things at the same path');
    }

    /** @param {string[]} names */
    mountOf(names) {
        return this.#mounts.find((mount) => startsWith(names, mount.names));
    }

    /** @param {string[]} names */
    isMount(names) {
        return this.#mounts.some((mount) => mount.names.length === names.length && startsWith(names, mount.names));
    }

    /**
     * The names of what is mounted in a directory, or somewhere below.
     *
     * @param {string[]} names
     */
    mountedIn(names) {
        const all = this.mounts.map((mount) => mount.names);
        const inside = all.filter((path) => path.length > names.length && startsWith(path, names));
        return new Set(inside.map((path) => path[names.length]));
    }

    /**
     * What is at a place, if something is.
     *
     * @param {string[]} names
     * @returns {Promise<Stats | undefined>}
     */
    async lstat(names) {
        const mount = this.mountOf(names);
        if (mount?.opening !== undefined) await mount.opening;
        try {
            if (mount !== undefined) return await mount.api.lstat(mount.pathOf(names), { bigint: true });
        } catch (error) {
            if (/** @type {any} */ (error).code !== 'ENOENT') throw error;
        }
        return this.mountedIn(names).size > 0 ? MADE_UP : undefined;
    }

    /**
     * Where a path leads.
     *
     * @param {{ names: string[], ceiling: number }} from a directory, and how many of its names cannot be left
     * @param {string} path
     * @param {boolean} follows whether the last name is followed if it is a link
     * @returns {Promise<Place>}
     */
    async walk({ names, ceiling }, path, follows) {
        if (path === '') throw failure('ENOENT', 'no such file or directory: the path is empty');
        if (path.includes('\0')) throw failure('EINVAL', 'a path has no NUL in it');
        if (path.startsWith('/')) throw failure('ENOTCAPABLE', `an absolute path leads out of the directory: ${path}`);
        const leadsOut = () => failure('ENOTCAPABLE', `the path leads out of the directory: ${path}`);
        let done = [...names];
        let isFolder = asksForFolder(path);
        let links = 0;
        /** Of what `done` leads to, if that has been looked at. @type {Stats | null | undefined} */
        let stats = null;
        const todo = namesOf(path).reverse();
        if (todo.length > FEW && !todo.includes('..')) {
            const parent = [...done, ...todo.slice(1).reverse()];
            // What is found by a path that has turned out to have links is not looked at.
            const [isThere, last] = await Promise.all([this.#hasNoLinks(parent), this.#glance([...parent, todo[0]])]);
            if (isThere) {
                done = parent;
                todo.length = 1;
                stats = last;
            }
        }
        for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
            if (name === '..') {
                if (done.length <= ceiling) throw leadsOut();
                done.pop();
                stats = null;
                continue;
            }
            done.push(name);
            const isLast = todo.length === 0;
            stats ??= await this.lstat(done);
            if (stats === undefined) {
                if (isLast) break;
                throw failure('ENOENT', `no such file or directory: ${path}`);
            }
            if (stats.isSymbolicLink?.()) {
                if (isLast && !follows && !isFolder) break;
                if (++links > MOST_LINKS) throw failure('ELOOP', `too many symbolic links: ${path}`);
                const target = await this.readlink(done);
                if (target.startsWith('/')) {
                    if (ceiling > 0) throw leadsOut();
                    done = [];
                } else {
                    done.pop();
                }
                if (isLast && asksForFolder(target)) isFolder = true;
                todo.push(...namesOf(target).reverse());
                stats = null;
            } else if (isLast) {
                break;
            } else if (!stats.isDirectory()) {
                throw failure('ENOTDIR', `not a directory: ${path}`);
            } else {
                stats = null;
            }
        }
        if (stats === null) stats = await this.lstat(done);
        const mount = this.mountOf(done);
        if (mount === undefined) throw failure('ENOTCAPABLE', `nothing is mounted there: /${done.join('/')}`);
        return { names: done, mount, path: mount.pathOf(done), stats, isFolder };
    }

    /**
     * What is at a place, if that is known without more.
     *
     * @param {string[]} names
     */
    #glance(names) {
        return this.lstat(names).then(
            (stats) => stats ?? null,
            () => null,
        );
    }

    /**
     * Whether a directory is where its path says. The host knows that better than we who walk.
     *
     * @param {string[]} names
     */
    async #hasNoLinks(names) {
        const mount = this.mountOf(names);
        if (mount === undefined || this.mountedIn(mount.names).size > 0) return false;
        await mount.opening;
        const path = mount.pathOf(names);
        if (typeof mount.api.realpath !== 'function') return false;
        return mount.api.realpath(path).then(
            (/** @type {string} */ real) => real === path,
            () => false,
        );
    }

    /** @param {string[]} names */
    async readlink(names) {
        const mount = /** @type {Mount} */ (this.mountOf(names));
        return String(await mount.api.readlink(mount.pathOf(names)));
    }
}

/** What is mounted at a path. */
export class Mount {
    /** @type {{ api: FileHost, constants: FileConstants } | undefined} */
    #files;
    #given;
    /** The path of the root; once it has been found, if that takes time. */
    #root = '';
    /** @type {unknown} */
    #failure;
    /** Until the root has been found. @type {Promise<void> | undefined} */
    opening;

    /**
     * @param {string[]} names
     * @param {unknown} given
     * @param {number} number
     */
    constructor(names, given, number) {
        this.names = names;
        this.number = number;
        this.#given = /** @type {any} */ (given);
        // Without files of the host's, programs run that need none.
        if (given !== undefined) this.#choose();
    }

    #choose() {
        const isPath = typeof this.#given === 'string' || this.#given instanceof URL;
        const own = isPath ? ownFiles() : undefined;
        // A directory of the host's own is walked here: `choose` would walk it again.
        if (own === undefined) return (this.#files = /** @type {any} */ (choose(this.#given)));
        const { process } = /** @type {typeof globalThis & { process: NodeJS.Process }} */ (globalThis);
        const { resolve } = process.getBuiltinModule('node:path');
        const { fileURLToPath } = process.getBuiltinModule('node:url');
        const isUrl = typeof this.#given !== 'string' || this.#given.startsWith('file:');
        const directory = resolve(isUrl ? fileURLToPath(this.#given) : this.#given);
        this.opening = own.realpath(directory).then(
            (root) => {
                this.opening = undefined;
                this.#root = root.replace(/\/$/, '');
            },
            (error) => {
                this.opening = undefined;
                this.#failure = error;
            },
        );
        const constants = /** @type {any} */ ({ ...LINUX, ...own.constants });
        return (this.#files = { api: /** @type {any} */ (own), constants });
    }

    get api() {
        return (this.#files ?? this.#choose()).api;
    }

    get constants() {
        return (this.#files ?? this.#choose()).constants;
    }

    /**
     * What the host calls a place.
     *
     * @param {string[]} names from the root of the tree
     */
    pathOf(names) {
        if (this.opening !== undefined) throw new Error('the root has not been found yet');
        if (this.#failure !== undefined) throw this.#failure;
        const inside = names.slice(this.names.length);
        if (globalThis.process?.platform === 'win32') inside.forEach(checkForWindows);
        return `${this.#root}/${inside.join('/')}`;
    }
}

/**
 * Names in which Windows sees more than a name.
 *
 * @param {string} name
 */
function checkForWindows(name) {
    if (!/[\\:]|[. ]$/.test(name)) return;
    throw failure('ENOENT', `no such file or directory: a name like ${name} leads elsewhere`);
}

/**
 * Whether this is an object whose keys are paths; or has none, where nothing is mounted.
 *
 * @param {any} given
 * @returns {given is Record<string, unknown>}
 */
function isMounts(given) {
    if (typeof given !== 'object' || given === null) return false;
    const isPlain = Object.getPrototypeOf(given) === Object.prototype;
    return isPlain && Object.keys(given).every((key) => key.startsWith('/'));
}

/** @param {string} path */
const namesOf = (path) => path.split('/').filter((name) => name !== '' && name !== '.');

/**
 * The names of an absolute path in which `..` means what it says.
 *
 * @param {string} path
 */
export function normal(path) {
    const names = /** @type {string[]} */ ([]);
    for (const name of namesOf(path)) {
        if (name === '..') names.pop();
        else names.push(name);
    }
    return names;
}

/**
 * Whether a path can only be a directory's.
 *
 * @param {string} path
 */
const asksForFolder = (path) => /(^|\/)\.{0,2}$/.test(path);

/**
 * @param {string[]} names
 * @param {string[]} first
 */
export const startsWith = (names, first) => first.every((name, index) => names[index] === name);
