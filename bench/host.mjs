// What differs between hosts.

/** @param {URL} url */
export async function readBytes(url) {
    if (url.protocol !== 'file:') return new Uint8Array(await (await fetch(url)).arrayBuffer());
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
}

/** Whether `collectGarbage` does something. */
export const canCollect = globalThis.gc !== undefined || globalThis.Bun !== undefined;

/** Collects all garbage, where a program may ask for it. */
export function collectGarbage() {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
}

/** The memory of the whole process, in bytes; undefined where nobody says. */
export function residentBytes() {
    collectGarbage();
    return globalThis.process?.memoryUsage?.().rss;
}
