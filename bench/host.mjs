// What differs between hosts.

/** @param {URL} url */
export async function readBytes(url) {
    if (url.protocol !== 'file:') return new Uint8Array(await (await fetch(url)).arrayBuffer());
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
}

/** The memory of the whole process, in bytes; undefined where nobody says. */
export function residentBytes() {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    return globalThis.process?.memoryUsage?.().rss;
}
