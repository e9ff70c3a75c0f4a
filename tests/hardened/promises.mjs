// Calls while nothing of the host's promises works but what the engine does itself: hostile.test.mjs compares. In a
// process of its own where the host's own parts rest on them.

import * as fixture from '../fixture/pkg/fixture.js';
import * as std from '../std/pkg/std-tests.js';

/** What became of each call, and what should. */
export async function withoutPromises(backend) {
    await Promise.all([fixture.init({ backend }), std.init({ backend })]);
    const { Promise: own } = globalThis;
    const { prototype } = own;
    const later = new own((resolve) => setTimeout(resolve, 2, 1000));
    const rejected = own.reject('reason');
    const { signal } = new AbortController();
    const calls = {
        'a promise': [() => fixture.wait(later), '1000'],
        'a promise, with a signal': [() => fixture.wait(later, { signal }), '1000'],
        'a thenable': [() => fixture.wait({ then: (resolve) => resolve('settled') }), 'settled'],
        'a rejection': [() => fixture.callPlain(rejected), 'rejected with reason'],
        'some levels deep': [() => fixture.recurse(100, 5, later), '1015'],
        'a fault': [() => fixture.fault('throw', 0), 'rejected with Error: thrown through Rust'],
        'threads that park': [() => std.parked(50), '50'],
    };
    const became = {};
    const expected = {};
    async function note(what, [call, should]) {
        expected[what] = should;
        try {
            became[what] = `${await call()}`;
        } catch (reason) {
            became[what] = `rejected with ${reason}`;
        }
    }
    const replaced = [
        [own, ['resolve', 'reject', 'all', 'race']],
        [prototype, ['then', 'catch', 'finally']],
    ].flatMap(([object, names]) => names.map((name) => [object, name, Object.getOwnPropertyDescriptor(object, name)]));
    try {
        for (const [object, name, descriptor] of replaced) {
            const value = () => {
                throw new Error(`the host's ${name}`);
            };
            Object.defineProperty(object, name, { ...descriptor, value });
        }
        globalThis.Promise = class {};
        for (const [what, call] of Object.entries(calls)) note(what, call);
        const isDone = () => Object.keys(became).length === Object.keys(calls).length;
        for (let i = 0; i < 1000 && !isDone(); i++) await new own((resolve) => setTimeout(resolve, 2));
    } finally {
        globalThis.Promise = own;
        for (const [object, name, descriptor] of replaced) Object.defineProperty(object, name, descriptor);
    }
    return { became, expected };
}
