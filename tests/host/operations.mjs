// Random operations on files, which a seed determines, and what they say on one file system: to be compared with
// what they say on another.

import { strict as assert } from 'node:assert';

const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, EXCL: 0o200, TRUNC: 0o1000, APPEND: 0o2000 };
const [DIRECTORY, NOFOLLOW] = [0o200000, 0o400000];
const NAMES = ['a', 'b', 'c', 'ünï'];
const DEEPEST = 4;
const MOST_OPEN = 5;
/** Times before it were set, those behind it were not. */
const LONG_AGO = 1_500_000_000;

/** Numbers from 0 to 1 that a seed determines. */
export function createRandom(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
        const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
        return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
    };
}

/**
 * Operations that a seed determines, and what has come of those before: most should have something to do.
 *
 * @param {number} seed
 */
export function createOperations(seed) {
    const random = createRandom(seed);
    const below = (count) => Math.floor(random() * count);
    const one = (list) => list[below(list.length)];
    /** What there is, as far as operations have told; a link may lead to more. */
    let known = [];
    let folders = [];
    const somewhere = () => `${random() < 0.8 && folders.length > 0 ? one(folders) : ''}/${one(NAMES)}`;
    const path = () => {
        const clean = known.length > 0 && random() < 0.8 ? one(known) : somewhere();
        if (random() < 0.07) return clean + one(['/', '/.', '//', '/..']);
        return random() < 0.07 ? clean.replace('/', one(['/./', `/${one(NAMES)}/../`])) : clean;
    };
    const folder = () => (folders.length > 0 && random() < 0.7 ? one(folders) : path());
    const newPath = () => (random() < 0.8 ? somewhere() : path());

    /** It has been done. */
    function done({ name, args: [first, second] }) {
        const isIn = (path) => path === first || path.startsWith(`${first}/`);
        const moved = (path) => second + path.slice(first.length);
        const isFolder = name === 'mkdir' || (name === 'rename' && folders.includes(first));
        if (name === 'rename') {
            known.push(...known.filter(isIn).map(moved));
            folders.push(...folders.filter(isIn).map(moved));
        }
        if (['unlink', 'rmdir', 'rename'].includes(name)) {
            known = known.filter((path) => !isIn(path));
            folders = folders.filter((path) => !isIn(path));
        }
        const made = ['open', 'mkdir'].includes(name) ? first : second;
        if (!['open', 'mkdir', 'rename', 'copyFile', 'link', 'symlink'].includes(name)) return;
        // Without what was put into it.
        if (/\/\.|\/$|\/\//.test(made)) return;
        known.push(made);
        if (isFolder) folders.push(made);
        known = [...new Set(known)];
        folders = [...new Set(folders)].filter((path) => path.split('/').length <= DEEPEST);
    }

    // Down alone: above a root there is something in one system, and nothing in another.
    const target = () => one([one(NAMES), `${one(NAMES)}/${one(NAMES)}`, `${one(NAMES)}/`, `./${one(NAMES)}/.`]);
    const flags = () => {
        const chances = [[O.CREAT, 0.6], [O.EXCL, 0.15], [O.TRUNC, 0.3], [O.APPEND, 0.3]];
        const options = chances.filter(([, chance]) => random() < chance).map(([option]) => option);
        if (random() < 0.1) options.push(one([DIRECTORY, NOFOLLOW]));
        const all = options.reduce((sum, option) => sum | option, one([O.RDONLY, O.WRONLY, O.RDWR, O.RDWR]));
        // What these do together is not said anywhere, and differs between systems.
        const isUndefined = (all & DIRECTORY && all & O.CREAT) || (all & O.EXCL && !(all & O.CREAT));
        return isUndefined || (all & O.TRUNC && !(all & 3)) ? O.RDWR | O.CREAT : all;
    };
    const time = () => 1_000_000_000 + below(1000) + below(4) / 4;
    const position = () => one([null, null, below(9000)]);
    const mode = () => 0o600 | below(0o200);
    const kinds = {
        open: [15, () => [path(), flags(), mode()]],
        stat: [4, () => [path()]],
        lstat: [4, () => [path()]],
        readdir: [3, () => [folder()]],
        mkdir: [8, () => [newPath(), 0o700 | below(0o100)]],
        rename: [8, () => [path(), random() < 0.5 ? newPath() : path()]],
        copyFile: [3, () => [path(), random() < 0.5 ? newPath() : path()]],
        unlink: [4, () => [path()]],
        rmdir: [3, () => [folder()]],
        realpath: [2, () => [path()]],
        readlink: [2, () => [path()]],
        link: [6, () => [path(), newPath()]],
        symlink: [4, () => [target(), newPath()]],
        chmod: [2, () => [path(), mode()]],
        utimes: [3, () => [path(), time(), time()]],
        lutimes: [2, () => [path(), time(), time()]],
        'file.write': [12, () => [below(MOST_OPEN), `${below(1e6)}`, 1 + below(3) * 600, position()]],
        'file.read': [8, () => [below(MOST_OPEN), below(9000), position()]],
        'file.truncate': [3, () => [below(MOST_OPEN), below(6000)]],
        'file.stat': [3, () => [below(MOST_OPEN)]],
        'file.chmod': [1, () => [below(MOST_OPEN), mode()]],
        'file.utimes': [3, () => [below(MOST_OPEN), time(), time()]],
        'file.sync': [1, () => [below(MOST_OPEN)]],
        'file.close': [3, () => [below(MOST_OPEN)]],
    };
    const bag = Object.entries(kinds).flatMap(([name, [weight]]) => Array(weight).fill(name));
    return {
        next() {
            const name = one(bag);
            return { name, args: kinds[name][1]() };
        },
        done,
    };
}

/** What a `Stats` says that is the same on all. */
function said(stats) {
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'link';
    const seconds = Number(stats.mtimeNs) / 1e9;
    const mtime = seconds < LONG_AGO ? seconds : 'recent';
    const mode = (Number(stats.mode) & 0o7777).toString(8);
    const some = { kind, mode, type: (Number(stats.mode) & ~0o7777).toString(8) };
    // The sizes of directories, and how many names they have, are each system's own business.
    if (kind === 'directory') return some;
    return { ...some, size: Number(stats.size), nlink: Number(stats.nlink), mtime };
}

/**
 * Runs operations, one after the other.
 *
 * @param {any} fs
 * @param {string} root what all paths are in
 */
export function createRun(fs, root) {
    const open = [];
    const at = (path) => root + path;
    const within = (path) => path.slice(root === '/' ? 0 : root.length) || '/';

    const others = {
        async open(path, flags, mode) {
            const file = await fs.open(at(path), flags, mode);
            if (open.length === MOST_OPEN) await open.shift().close();
            open.push(file);
        },
        stat: async (path) => said(await fs.stat(at(path), { bigint: true })),
        lstat: async (path) => said(await fs.lstat(at(path), { bigint: true })),
        async readdir(path) {
            const entries = await fs.readdir(at(path), { withFileTypes: true });
            const text = (entry) => `${entry.name} ${entry.isFile()} ${entry.isDirectory()} ${entry.isSymbolicLink()}`;
            return Array.from(entries, text).sort();
        },
        mkdir: (path, mode) => fs.mkdir(at(path), mode),
        rename: (from, to) => fs.rename(at(from), at(to)),
        async copyFile(from, to) {
            // Node.js removes the target when the source is a directory.
            if ((await fs.stat(at(from))).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
            return fs.copyFile(at(from), at(to));
        },
        unlink: (path) => fs.unlink(at(path)),
        rmdir: (path) => fs.rmdir(at(path)),
        realpath: async (path) => within(await fs.realpath(at(path))),
        readlink: (path) => fs.readlink(at(path)),
        link: (from, to) => fs.link(at(from), at(to)),
        symlink: (target, path) => fs.symlink(target, at(path)),
        chmod: (path, mode) => fs.chmod(at(path), mode),
        // Reading sets the time of access on some systems.
        async utimes(path, ...times) {
            await fs.utimes(at(path), ...times);
            return Number((await fs.stat(at(path), { bigint: true })).atimeNs);
        },
        async lutimes(path, ...times) {
            await fs.lutimes(at(path), ...times);
            return Number((await fs.lstat(at(path), { bigint: true })).atimeNs);
        },
    };

    const files = {
        async write(file, text, times, position) {
            const bytes = new TextEncoder().encode(text.repeat(times));
            const { bytesWritten } = await file.write(bytes, 0, bytes.length, position);
            return bytesWritten;
        },
        async read(file, length, position) {
            const buffer = new Uint8Array(length + 2);
            const { bytesRead } = await file.read(buffer, 1, length, position);
            return new TextDecoder().decode(buffer.subarray(0, bytesRead + 2));
        },
        truncate: (file, length) => file.truncate(length),
        stat: async (file) => said(await file.stat({ bigint: true })),
        chmod: (file, mode) => file.chmod(mode),
        async utimes(file, ...times) {
            await file.utimes(...times);
            return Number((await file.stat({ bigint: true })).atimeNs);
        },
        sync: (file) => file.sync(),
        async close(file) {
            open.splice(open.indexOf(file), 1);
            await file.close();
        },
    };

    return {
        /** What an operation returns, or the code of its error. */
        async step({ name, args }) {
            const [, ofFile] = /^file\.(.*)$/.exec(name) ?? [];
            if (ofFile !== undefined && open.length === 0) return { error: 'no file is open' };
            try {
                if (ofFile === undefined) return { value: await others[name](...args) };
                const [file, ...rest] = args;
                return { value: await files[ofFile](open[file % open.length], ...rest) };
            } catch (error) {
                assert.ok(error.code, `an error without a code: ${error.stack}`);
                return { error: error.code };
            }
        },
        async closeAll() {
            for (const file of open.splice(0)) await file.close();
        },
    };
}

/**
 * All that is in a directory: what each path leads to, and which have the same inode as the first of them.
 *
 * @param {any} fs
 * @param {string} root
 */
export async function treeOf(fs, root) {
    const tree = {};
    const inodes = new Map();
    async function visit(path) {
        const stats = await fs.lstat(root + path, { bigint: true });
        const node = said(stats);
        if (stats.isDirectory()) {
            const names = await fs.readdir(root + path);
            for (const name of names.sort()) await visit(path === '/' ? `/${name}` : `${path}/${name}`);
        } else if (stats.isSymbolicLink()) node.target = await fs.readlink(root + path);
        else {
            const file = await fs.open(root + path, O.RDONLY);
            const buffer = new Uint8Array(Number(stats.size) + 10);
            const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
            node.text = new TextDecoder().decode(buffer.subarray(0, bytesRead));
            await file.close();
        }
        if (!inodes.has(stats.ino)) inodes.set(stats.ino, path);
        node.same = inodes.get(stats.ino);
        tree[path] = node;
    }
    await visit('/');
    return tree;
}
