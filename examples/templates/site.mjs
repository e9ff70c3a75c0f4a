// The site: where its files come from, and where its pages go. Both take their time.

import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** The pages that have been written, by their names. */
export const pages = new Map();

/** The text of a file, or nothing. */
export async function load(path) {
    try {
        return await readFile(new URL(`site/${path}`, import.meta.url), 'utf8');
    } catch (error) {
        if (error.code === 'ENOENT') return undefined;
        throw error;
    }
}

/** Adds to a page. */
export async function write(page, html) {
    await setImmediate();
    pages.set(page, (pages.get(page) ?? '') + html);
}
