// What has to work wherever a package has been put.

/**
 * Does it all, and says of each part whether it worked.
 *
 * @param {any} fixture the package
 * @param {object} options
 * @param {'jspi' | 'asyncify'} options.backend
 * @param {string} [options.base] where `values.mjs` is
 * @param {any} [options.module] where the package cannot know where its files are
 * @param {(specifier: string) => unknown} [options.importModule] for a host that cannot import
 * @returns {Promise<{ what: string, error?: string }[]>}
 */
export async function check(fixture, options) {
    const checks = {
        ...(options.module !== undefined && { 'without `module`, an error says to give it': noModule }),
        'it loads, on the backend that was asked for': load,
        ...(typeof document !== 'undefined' && { 'only the WebAssembly that is needed is fetched': fetchOne }),
        'a call suspends, and others go on meanwhile': suspend,
        'Rust imports a module, and calls what it exports': importModule,
        'a rejected promise is an error in Rust, and goes on to the caller': reject,
        'a module that is not there is an error that names it': importNothing,
        ...(options.importModule && { 'without `importModule`, an error says to give it': noImport }),
    };
    const results = [];
    for (const [what, run] of Object.entries(checks)) {
        try {
            await run(fixture, options);
            results.push({ what });
        } catch (error) {
            results.push({ what, error: `${error}\n${error?.stack}` });
        }
    }
    return results;
}

async function noModule(fixture, { backend }) {
    const error = await rejection(fixture.instantiate({ backend }));
    match(error.message, /give the option `module`/);
}

async function load(fixture, options) {
    await fixture.init(options);
    equal(fixture.backend, options.backend);
}

function fetchOne(fixture, { backend }) {
    const names = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
    const fetched = names.filter((name) => name.endsWith('.wasm'));
    equal(fetched.length, 1);
    equal(fetched[0].includes('asyncify'), backend === 'asyncify');
}

async function suspend(fixture) {
    const seen = [];
    let resolve;
    const waiting = fixture.wait(new Promise((r) => (resolve = r))).then((value) => seen.push(value));
    await Promise.all([1, 2, 3].map(async (n) => seen.push(await fixture.wait(Promise.resolve(n)))));
    resolve('the first');
    await waiting;
    equal(seen.join(), '1,2,3,the first');
}

async function importModule(fixture) {
    equal(await fixture.importText('./values.mjs', 'text'), 'text');
    equal(await fixture.importCall('./values.mjs', 'addLater', 40, 2), 42);
}

async function reject(fixture) {
    const reason = new RangeError('on purpose');
    equal(await rejection(fixture.wait(Promise.reject(reason))), reason);
    const error = await rejection(fixture.importCall('./values.mjs', 'failLater', 1, 2));
    equal(`${error.code}: ${error.message}`, 'Rejected: RangeError: failed later');
}

async function importNothing(fixture) {
    const error = await rejection(fixture.importText('./not-there.mjs', 'text'));
    equal(error.code, 'Import');
    match(error.message, /^cannot import ".\/not-there.mjs": /);
}

async function noImport(fixture, { backend, module }) {
    const { importText } = await fixture.instantiate({ backend, module });
    const error = await rejection(importText('./values.mjs', 'text'));
    equal(error.code, 'Import');
    match(error.message, /^cannot import ".\/values.mjs": .*give `init` the option `importModule`/);
}

function equal(actual, expected) {
    if (!Object.is(actual, expected)) throw new Error(`expected ${expected}, got ${actual}`);
}

function match(text, pattern) {
    if (!pattern.test(text)) throw new Error(`expected ${pattern}, got ${text}`);
}

async function rejection(promise) {
    try {
        await promise;
    } catch (reason) {
        return reason;
    }
    throw new Error('expected a rejection');
}
