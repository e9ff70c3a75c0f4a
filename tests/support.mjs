// What every test starts with: the fixture, on the backend of the row.

import { wanted } from './portable.mjs';
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
