// What every test starts with: the fixture, on the backend of the row.

import { inProcess, readBytes, wanted } from './portable.mjs';
import * as fixture from './fixture/pkg/fixture.js';

export * from './portable.mjs';

/** Where the modules are that the tests import. */
export const base = new URL('./modules/', import.meta.url);

/** The backend under test. */
export const backend = wanted === 'auto' ? 'asyncify' : wanted;

await fixture.init({ backend: wanted, base });
export { fixture };

/** What the fixture's JavaScript does when Rust calls `hook(name)`. */
export const hooks = fixture.hooks();

/** Seconds: far more than any test takes. */
const PATIENCE = 120;

/** A few turns of the event loop. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

/**
 * The module of a package, for several instances: compiling takes some engines long.
 *
 * @param {string} name
 * @param {string} [folder]
 */
export async function compile(name, folder = name) {
    const file = backend === 'asyncify' ? `${name}.asyncify.wasm` : `${name}.wasm`;
    return WebAssembly.compile(await readBytes(new URL(`./${folder}/pkg/${file}`, import.meta.url)));
}

/** The engine of Bun and WebKit. */
export const isJavaScriptCore = globalThis.Bun !== undefined || /AppleWebKit(?!.*Chrome)/.test(globalThis.navigator?.userAgent);

/** Why there is no private file system of the origin's here. */
export const noOpfs =
    (inProcess && 'OPFS is for pages') ||
    (navigator.storage?.getDirectory === undefined && 'the engine has no OPFS') ||
    (await navigator.storage.getDirectory().then(() => false, (error) => `no OPFS here: ${error.name}`));

/** What `promise` is rejected with. */
export async function rejection(promise) {
    try {
        await promise;
    } catch (reason) {
        return reason;
    }
    throw new Error('expected a rejection');
}

/**
 * What comes of `promise`. A test that would wait for ever fails, and the next one begins.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function inTime(promise) {
    let timer;
    const tooLate = new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`still waiting after ${PATIENCE} s`)), PATIENCE * 1000);
    });
    return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}
