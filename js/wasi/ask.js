// What hosts have not is an error like any other.

import { failure } from '../host/failure.js';

/**
 * Calls a function of a host's, or of a file of its.
 *
 * @template {string} Name
 * @template {unknown[]} Args
 * @param {{ [name in Name]?: (...args: Args) => Promise<unknown> }} of
 * @param {Name} name
 * @param {Args} args
 */
export async function ask(of, name, ...args) {
    if (typeof of[name] !== 'function') throw failure('ENOTSUP', `the files of this host have no function \`${name}\``);
    await of[name](...args);
}
