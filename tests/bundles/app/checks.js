// What has to work wherever a package has been bundled.

/**
 * Does it all, and says of each part whether it worked.
 *
 * @param {any} fixture the package
 * @param {'jspi' | 'asyncify'} backend
 * @param {string} [base] where `values.mjs` is
 * @returns {Promise<{ what: string, error?: string }[]>}
 */
export async function check(fixture, backend, base) {
    const results = [];
    const inPages = typeof document === 'undefined' ? {} : { [ONLY]: fetchedOne };
    for (const [what, run] of Object.entries({ ...everywhere, ...inPages })) {
        try {
            await run(fixture, backend, base);
            results.push({ what });
        } catch (error) {
            results.push({ what, error: `${error?.stack ?? error}` });
        }
    }
    return results;
}

/** What is asked everywhere. */
const everywhere = {
    async 'it loads, on the backend that was asked for'(fixture, backend, base) {
        await fixture.init({ backend, base });
        equal(fixture.backend, backend);
    },
    async 'a call suspends, and others go on meanwhile'(fixture) {
        const seen = [];
        let resolve;
        const waiting = fixture.wait(new Promise((r) => (resolve = r))).then((value) => seen.push(value));
        await Promise.all([1, 2, 3].map(async (n) => seen.push(await fixture.wait(Promise.resolve(n)))));
        resolve('the first');
        await waiting;
        equal(seen.join(), '1,2,3,the first');
    },
    async 'Rust imports a module, and calls what it exports'(fixture) {
        equal(await fixture.importText('./values.mjs', 'text'), 'text');
        equal(await fixture.importCall('./values.mjs', 'addLater', 40, 2), 42);
    },
    async 'a rejected promise is an error in Rust, and goes on to the caller'(fixture) {
        const reason = new RangeError('on purpose');
        equal(await rejection(fixture.wait(Promise.reject(reason))), reason);
        const error = await rejection(fixture.importCall('./values.mjs', 'failLater', 1, 2));
        equal(`${error.code}: ${error.message}`, 'Rejected: RangeError: failed later');
    },
    async 'a module that is not there is an error that names it'(fixture) {
        const error = await rejection(fixture.importText('./not-there.mjs', 'text'));
        equal(error.code, 'Import');
        equal(error.message.startsWith('cannot import "./not-there.mjs": '), true);
    },
};

const ONLY = 'only the WebAssembly that is needed has been fetched';

function fetchedOne(fixture, backend) {
    const names = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
    const fetched = names.filter((name) => name.endsWith('.wasm'));
    equal(fetched.length, 1);
    equal(fetched[0].includes('asyncify'), backend === 'asyncify');
}

function equal(actual, expected) {
    if (!Object.is(actual, expected)) throw new Error(`expected ${expected}, got ${actual}`);
}

async function rejection(promise) {
    try {
        await promise;
    } catch (reason) {
        return reason;
    }
    throw new Error('expected a rejection');
}
