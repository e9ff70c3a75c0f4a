// Parts of a file, and what it is without them.

import { gzipSync } from 'node:zlib';

/** @param {Uint8Array} bytes */
export const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** @typedef {{ start: number, end: number }} Part in a file, from its beginning */

/**
 * What the parts are `for`, the largest first.
 *
 * @template {Part & { for: string }} T
 * @param {T[]} parts of a file
 * @param {(some: T[]) => Uint8Array} without the file without some of them
 */
export function sumUp(parts, without) {
    const groups = Map.groupBy(parts, (part) => part.for);
    const all = gzipped(without([]));
    const sums = [...groups].map(([name, some]) => ({
        name,
        bytes: some.reduce((sum, { start, end }) => sum + end - start, 0),
        gzip: all - gzipped(without(some)),
    }));
    return sums.sort((a, b) => b.gzip - a.gzip);
}
