// A directory of the host's own as the root of all paths.
//
// A path is walked from the root, one name after the other, as the system walks it for a process whose
// root that is (`chroot`): `..` of the root is the root, and a symbolic link is followed inside: an
// absolute one begins at the root again. The host is then given a path in which nothing is a link.
//
// Between the walk and the host's call, others outside of this program can put a link where there was
// none. At the last name of a file that is opened, that is found out (`O_NOFOLLOW`); in the middle of a
// path it is not. So the root holds against the program that is inside, and against what lies in the
// directory, and not against somebody who changes that directory at the same time.

import { failure } from '../failure.js';

/** @typedef {import('../../types.js').FileHost} FileHost */

/** How many links a path may lead through, as on Linux. */
const MOST_LINKS = 40;

/**
 * @param {FileHost} fs the host's own
 * @param {string | URL} given
 * @returns {FileHost}
 */
export function openRoot(fs, given) {
    const { process } = /** @type {typeof globalThis & { process: NodeJS.Process }} */ (globalThis);
    const { fileURLToPath } = process.getBuiltinModule('node:url');
    const { join, resolve } = process.getBuiltinModule('node:path');
    const isUrl = given instanceof URL || given.startsWith('file:');
    const directory = resolve(isUrl ? fileURLToPath(given) : given);
    const names = process.platform === 'win32' ? namesOfWindows : namesOf;
    const noFollow = fs.constants?.O_NOFOLLOW ?? 0;
    // What not every `FileHost` has, the host's own has.
    const { symlink, utimes, lutimes } = /** @type {Required<FileHost>} */ (fs);

    /**
     * The names that lead to `path` from the root, none of them a link; the last may be one, unless it
     * is followed, or may not be there.
     *
     * @param {string} path
     * @param {boolean} follows
     */
    async function walk(path, follows) {
        if (path === '') throw failure('ENOENT', 'no such file or directory: the path is empty');
        const root = await fs.realpath(directory);
        /** @type {string[]} */
        let done = [];
        const todo = names(path).reverse();
        // What ends in `/` is a directory, and links to it are followed.
        const isDirectory = /[/\\]\.?$/.test(path);
        let links = 0;
        for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
            if (name === '..') {
                done.pop();
                continue;
            }
            done.push(name);
            const isLast = todo.length === 0;
            if (isLast && !follows && !isDirectory) break;
            const here = join(root, ...done);
            const stats = await fs.lstat(here).catch((/** @type {any} */ error) => {
                if (isLast && error.code === 'ENOENT') return undefined;
                throw error;
            });
            if (stats?.isSymbolicLink?.()) {
                if (++links > MOST_LINKS) throw failure('ELOOP', `too many symbolic links: ${path}`);
                const target = String(await fs.readlink(here));
                if (/^[/\\]/.test(target)) done = [];
                else done.pop();
                todo.push(...names(target).reverse());
            } else if (!isLast && !stats?.isDirectory()) {
                throw failure('ENOTDIR', `not a directory: ${path}`);
            }
        }
        return { done, here: join(root, ...done) + (isDirectory && done.length > 0 ? '/' : '') };
    }

    /** @param {string} path */
    const target = async (path) => (await walk(path, true)).here;

    /**
     * The place of an entry, which is not followed, and is not the root.
     *
     * @param {string} path
     */
    async function entry(path) {
        const { done, here } = await walk(path, false);
        if (done.length === 0) throw failure('EBUSY', `this is the root: ${path}`);
        return here;
    }

    return {
        constants: fs.constants,
        async open(path, flags, mode) {
            const isNew = (Number(flags) & Number(fs.constants?.O_EXCL)) !== 0;
            const isLinkRefused = (Number(flags) & Number(noFollow)) !== 0;
            const { here } = await walk(path, !isNew && !isLinkRefused);
            return fs.open(here, Number(flags) | noFollow, mode);
        },
        stat: async (path, options) => fs.stat(await target(path), options),
        lstat: async (path, options) => fs.lstat((await walk(path, false)).here, options),
        readdir: async (path, options) => fs.readdir(await target(path), options),
        mkdir: async (path, options) => fs.mkdir((await walk(path, false)).here, options),
        rename: async (from, to) => fs.rename(await entry(from), await entry(to)),
        copyFile: async (from, to) => fs.copyFile(await target(from), await target(to)),
        unlink: async (path) => fs.unlink(await entry(path)),
        rmdir: async (path) => fs.rmdir(await entry(path)),
        async realpath(path) {
            const { done, here } = await walk(path, true);
            await fs.lstat(here);
            return `/${done.join('/')}`;
        },
        readlink: async (path) => fs.readlink((await walk(path, false)).here),
        link: async (from, to) => fs.link(await entry(from), await entry(to)),
        /** Where a link leads is looked at when it is followed. */
        symlink: async (to, path) => symlink(to, (await walk(path, false)).here),
        chmod: async (path, mode) => fs.chmod(await target(path), mode),
        utimes: async (path, atime, mtime) => utimes(await target(path), atime, mtime),
        lutimes: async (path, atime, mtime) => lutimes((await walk(path, false)).here, atime, mtime),
    };
}

/** @param {string} path */
const namesOf = (path) => path.split('/').filter((name) => name !== '' && name !== '.');

/**
 * Both slashes divide names there, a colon leads to another drive or stream, and what names end in may
 * be dropped.
 *
 * @param {string} path
 */
function namesOfWindows(path) {
    const names = path.split(/[/\\]/).filter((name) => name !== '' && name !== '.');
    const bad = names.find((name) => name !== '..' && /:|[. ]$/.test(name));
    if (bad !== undefined) throw failure('ENOENT', `no such file or directory: a name like ${bad} leads elsewhere`);
    return names;
}
