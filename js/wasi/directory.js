// Directories as descriptors, and the list of one's entries.

import { FILETYPE } from './abi.js';
import { Descriptor } from './descriptor.js';

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {number} type
 * @property {bigint | undefined} ino asked for when the program gets to it
 */

export class Directory extends Descriptor {
    /** What was in it when the program began to list it. @type {Entry[] | undefined} */
    entries;
    /** Somebody has removed it since. */
    isRemoved = false;

    /**
     * @param {string[]} names where it is, from the root
     * @param {number} ceiling how many of these no path can leave
     * @param {bigint} rights
     * @param {bigint} inheriting
     * @param {number} flags
     */
    constructor(names, ceiling, rights, inheriting, flags) {
        super(FILETYPE.DIRECTORY, rights, inheriting, flags);
        this.names = names;
        this.ceiling = ceiling;
    }
}
