// The module without wasm-bindgen: JavaScript values are known by numbers, and a specifier is put into
// its memory.

import { readBytes } from '../host.mjs';

/** @param {string} file */
export const bareUrl = (file) => new URL(`./bare/pkg/${file}`, import.meta.url);

/**
 * @param {string} file
 * @param {(bytes: Uint8Array, imports: object) => Promise<any>} instantiate
 * @param {{ wait(promise: unknown): unknown, load(specifier: string): unknown }} host
 */
export async function loadBare(file, instantiate, { wait, load }) {
    let waited;
    let loaded;
    const { instance } = await instantiate(await readBytes(bareUrl(file)), {
        host: { wait: () => wait(waited), load: () => load(loaded) },
    });
    const { suspend, suspend_large, immediate, once, specifier, import_again, memory } = instance.exports;
    const place = await specifier();
    const given = (promise) => (waited = promise);
    async function importAgain(name, times) {
        loaded = name;
        const { written } = new TextEncoder().encodeInto(name, new Uint8Array(memory.buffer, place, 4096));
        return import_again(written, times);
    }
    return {
        suspend: (frames, times, promise) => (given(promise), suspend(frames, times, 0)),
        suspendLarge: (frames, times, promise) => (given(promise), suspend_large(frames, times, 0)),
        immediate,
        once: (promise) => (given(promise), once(0)),
        importModule: (name) => importAgain(name, 1),
        importAgain: async (name, times) => (await importAgain(name, times), times),
        memoryBytes: () => memory.buffer.byteLength,
    };
}
