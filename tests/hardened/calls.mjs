// What a program does in a process that allows less than others, and what became of it: hostile.test.mjs compares.

import * as fixture from '../fixture/pkg/fixture.js';

const CALLS = {
    suspends: () => fixture.churn(1, 20, 3),
    waits: () => fixture.wait({ then: (resolve) => resolve('waited') }),
    fails: () => fixture.wait(Promise.reject('reason')),
    imports: () => fixture.importText('./values.mjs', 'text'),
    'imports what is missing': () => fixture.importText('./not-there.mjs', 'text'),
    'gets what is missing': () => fixture.importText('./values.mjs', 'txet'),
    'gets another type': () => fixture.get_f64('./values.mjs', 'text'),
    'calls what fails': () => fixture.importCall('./values.mjs', 'failLater', 1, 2),
    panics: () => fixture.fault('panic', 1),
    'blocks outside': () => fixture.blockOutside(),
    'calls JavaScript of many kinds': async () => JSON.stringify(await fixture.importStyles()),
    'has objects': async () => (await fixture.Counter.open('counter')).describeAs('has'),
    'runs futures': () => fixture.futureYields(),
    'passes structures': async () => JSON.stringify(await fixture.mirror('./values.mjs')),
    'is given up': () => fixture.wait(new Promise(() => {}), { signal: AbortSignal.abort('given up') }),
    'asks for what is not': () => fixture.instantiate({ backend: 'another' }),
};

/**
 * What became of each call, by its name.
 *
 * @param {object} options of `init`
 */
export async function report(options) {
    const became = {};
    const calls = { begins: () => fixture.init({ base: new URL('../modules/', import.meta.url), ...options }), ...CALLS };
    for (const [what, call] of Object.entries(calls)) {
        try {
            const value = await call();
            became[what] = what === 'begins' ? value.backend : value;
        } catch (error) {
            const { name, code, message = error } = error;
            // The engine's own words are its own; paths are anywhere.
            became[what] = `${name} ${code}: ${String(message).split('\n')[0].replace(/: \w*Error.*/, '')}`;
            if (what === 'begins') break;
        }
    }
    return became;
}
