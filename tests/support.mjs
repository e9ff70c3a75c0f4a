// What every test starts with: the fixture, on the backend that the environment names.

import { readdirSync } from 'node:fs';

import * as fixture from './fixture/pkg/fixture.js';

const snippets = new URL('./fixture/pkg/snippets/', import.meta.url);
const host = readdirSync(snippets).map((folder) => new URL(`${folder}/host.js`, snippets))[0];

/** What the fixture's JavaScript does when Rust calls `hook(name)`. */
export const { hooks } = await import(host.href);

/** Where the modules are that the tests import. */
export const base = new URL('./modules/', import.meta.url);

const wanted = process.env.SUSPENDABLE_BACKEND;
if (!['auto', 'asyncify', 'jspi', 'jspi-legacy'].includes(wanted)) {
    throw new Error('set SUSPENDABLE_BACKEND to a backend, or run `make test`');
}

/** The backend under test. */
export const backend = wanted === 'auto' ? 'asyncify' : wanted;

/** Whether deep fibers may move to stacks of the engine's. */
export const mayMove = wanted === 'auto' && WebAssembly.Suspending !== undefined;

await fixture.init({ backend: wanted, base });
export { fixture };

/** A few turns of the event loop. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

/** What `promise` is rejected with. */
export async function rejection(promise) {
    try {
        await promise;
    } catch (reason) {
        return reason;
    }
    throw new Error('expected a rejection');
}
