// What every test starts with: the fixture, on the backend that the environment names.

import { readdirSync } from 'node:fs';

import * as fixture from './fixture/pkg/fixture.js';

const snippets = new URL('./fixture/pkg/snippets/', import.meta.url);
const host = readdirSync(snippets).map((folder) => new URL(`${folder}/host.js`, snippets))[0];

/** What the fixture's JavaScript does when Rust calls `hook(name)`. */
export const { hooks } = await import(host.href);

/** Where the modules are that the tests import. */
export const base = new URL('./modules/', import.meta.url);

/** The backend under test. */
export const backend = process.env.SUSPENDABLE_BACKEND;
if (!['jspi', 'jspi-legacy', 'asyncify'].includes(backend)) {
    throw new Error("set SUSPENDABLE_BACKEND to 'jspi' or 'asyncify', or run `make test`");
}

await fixture.init({ backend, base });
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
