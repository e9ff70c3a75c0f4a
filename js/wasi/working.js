// The working directory, and what libc makes of paths.
//
// A program's libc drops the slash of an absolute path before it looks for the directory that the path begins in, so
// `/` and `.` are the same to it, and the last one of them is taken: with a working directory, all paths come
// relative to that. Those that were absolute are told apart here where nothing can go wrong by it: if the working
// directory has nothing of the first name,
//
//   a path that begins with all of the working directory's own names is absolute;
//   a file that is read or looked at is the one at `/`, if there is one.
//
// Whatever else was absolute is not found. It is not taken for one at `/`, as a relative `tmp` could be removed
// with all that is in it, or be made where nobody looks for it.

import { startsWith } from './tree.js';

/**
 * @typedef {import('./directory.js').Directory} Directory
 * @typedef {import('./tree.js').Tree} Tree
 * @typedef {import('./tree.js').Place} Place
 */

const ROOT = { names: [], ceiling: 0 };

/**
 * Where a path leads that was not found in the working directory, if it leads somewhere.
 *
 * @param {Tree} tree
 * @param {Directory} directory
 * @param {string} path
 * @param {boolean} follows
 * @param {boolean} onlyReads
 * @returns {Promise<Place | undefined>}
 */
export async function fromRoot(tree, directory, path, follows, onlyReads) {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const [first] = names;
    if (first === undefined || first === '..') return undefined;
    if ((await tree.lstat([...directory.names, first])) !== undefined) return undefined;
    if (startsWith(names, directory.names)) return tree.walk(ROOT, path, follows);
    if (!onlyReads) return undefined;
    const place = await tree.walk(ROOT, path, follows).catch(() => undefined);
    return place?.stats === undefined || place.stats.isDirectory() ? undefined : place;
}
