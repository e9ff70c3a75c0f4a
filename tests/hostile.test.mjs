// Hostile hosts: what JavaScript can hand over, and put in the place of its own classes. A call has of it what `await`
// would have; the instance goes on, and keeps nothing.

import {
    assert,
    backend,
    base,
    compile,
    context,
    fixture,
    hooks,
    inProcess,
    isJavaScriptCore,
    inTime,
    origin,
    readBytes,
    test,
    turn,
} from './support.mjs';

const module = await compile('fixture');
const instantiate = (options) => fixture.instantiate({ backend, module, ...options });

/** What becomes of a promise, in an object: a reason may be a promise itself, or something that nobody may touch. */
async function outcome(promise) {
    try {
        return { value: await promise };
    } catch (reason) {
        return { reason };
    }
}

/** The error that a promise is rejected with. */
async function failure(promise) {
    const { reason } = await inTime(outcome(promise));
    assert.ok(reason instanceof Error, 'it fails, with an error');
    return reason;
}

/** A proxy for something that throws whatever is asked of it. */
function revoked(target = {}) {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
}

const thrower = (text) => () => {
    throw new Error(text);
};

/** A promise with a property of its own. */
const odd = (name, descriptor, promise = Promise.resolve('value')) => Object.defineProperty(promise, name, descriptor);

class Subclass extends Promise {}

const THINGS = {
    'settles at once': () => ({ then: (resolve) => resolve('value') }),
    'settles later': () => ({ then: (resolve) => setTimeout(resolve, 1, 'value') }),
    'settles twice': () => ({ then: (resolve, reject) => [resolve(1), resolve(2), reject(3)] }),
    'rejects, and settles again': () => ({ then: (resolve, reject) => [reject(1), resolve(2), reject(3)] }),
    'settles twice, later': () => ({ then: (resolve, reject) => setTimeout(() => [resolve(1), reject(2)], 1) }),
    'throws from then': () => ({ then: thrower('then') }),
    'throws from then when it has settled': () => ({ then: (resolve) => [resolve(1), thrower('then')()] }),
    'throws from then, and settles later': () => ({ then: (resolve) => [setTimeout(resolve, 1, 1), thrower('then')()] }),
    'has a getter of then that throws': () => Object.defineProperty({}, 'then', { get: thrower('getter') }),
    'settles to a thenable': () => ({ then: (resolve) => resolve({ then: (resolve) => resolve('inner') }) }),
    'settles to itself, three times': () => {
        let left = 3;
        const thenable = { then: (resolve) => resolve(left-- > 0 ? thenable : 'value') };
        return thenable;
    },
    'has no prototype': () => Object.assign(Object.create(null), { then: (resolve) => resolve('value') }),
    'is a function': () => Object.assign(() => {}, { then: (resolve) => resolve('value') }),
    'says to be a promise': () => Object.create(Promise.prototype),
    'is a subclass': () => Subclass.resolve('value'),
    'is a subclass, and rejects': () => Subclass.reject('reason'),
    'is a promise with a then of its own': () => odd('then', { value: thrower('then') }),
    'is a promise with a constructor that throws': () => odd('constructor', { get: thrower('constructor') }),
    'is a promise with another constructor': () => odd('constructor', { value: Subclass }, Promise.reject('reason')),
    'is a promise with no constructor': () => odd('constructor', { value: undefined }),
    'is a proxy of a promise': () => new Proxy(Promise.resolve('value'), {}),
    'is a proxy that is revoked': () => revoked(),
    'is a promise in a proxy that is revoked': () => revoked(Promise.resolve()),
    'rejects with a proxy that is revoked': () => Promise.reject(revoked()),
    'rejects with a thenable': () => Promise.reject({ then: (resolve) => resolve('not this') }),
    'settles to a proxy that is revoked then': () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        const promise = Promise.resolve(proxy);
        revoke();
        return promise;
    },
};

/** What an outcome looks like, as far as it can be looked at. */
const shown = (outcome) =>
    Object.entries(outcome).map(([what, value]) => {
        try {
            return `${what} ${value}`;
        } catch {
            return `${what} that cannot be shown`;
        }
    });

for (const [what, make] of Object.entries(THINGS)) {
    const isLate =
        what.endsWith('revoked then') && backend === 'jspi-legacy' && 'with that API, a value is looked at once more';
    test(`what ${what} is to a call what it is to await`, { skip: isLate }, async () => {
        const live = fixture.liveValues();
        const expected = shown(await outcome((async () => await make())()));
        assert.deepEqual(shown(await inTime(outcome(fixture.wait(make())))), expected);
        assert.deepEqual(shown(await inTime(outcome(fixture.callPlain(make())))), expected);
        assert.equal(fixture.liveValues(), live);
    });
}

test('the then of a thenable is called once', async () => {
    for (const like of [Object.prototype, Promise.prototype, null]) {
        for (const how of [0, 1]) {
            let calls = 0;
            const then = (...settle) => settle[how]((calls += 1));
            const thenable = Object.assign(Object.create(like), { then });
            assert.deepEqual(await outcome(fixture.wait(thenable)), how ? { reason: 1 } : { value: 1 });
            assert.equal(calls, 1);
        }
    }
});

test('what never settles keeps its own call, until that is given up', async () => {
    const controller = new AbortController();
    const calls = Array.from({ length: 100 }, () => outcome(fixture.wait({ then() {} }, { signal: controller.signal })));
    assert.equal(await fixture.churn(1, 10, 5), fixture.churnExpected(1, 10, 5));
    controller.abort('given up');
    for (const call of calls) assert.deepEqual(await inTime(call), { reason: 'given up' });
});

test('what is thrown is the reason, even if it could be waited for', async () => {
    const thenable = { then: (resolve) => resolve('not this') };
    for (const thrown of [revoked(), Promise.resolve('not this'), thenable, new Proxy({}, {})]) {
        const { reason } = await inTime(outcome(fixture.passReason(thrown, true)));
        assert.ok(Object.is(reason, thrown));
    }
});

test('a call that ends with a thenable has ended, whatever becomes of that', async () => {
    const instance = await instantiate();
    for (let i = 0; i < 20; i++) {
        let reject;
        let goOn;
        Object.defineProperty(Array.prototype, 'then', { configurable: true, value: (_, no) => (reject = no) });
        const first = outcome(instance.waitAll([Promise.resolve(1)]));
        for (let j = 0; j < 100 && reject === undefined; j++) await undefined;
        delete Array.prototype.then;
        // This one has the memory that the first had. A fault would take its signal.
        const controller = new AbortController();
        const waits = [new Promise((resolve) => (goOn = resolve)), new Promise(() => {})];
        const second = outcome(instance.waitAll(waits, { signal: controller.signal }));
        reject('late');
        assert.deepEqual(await inTime(first), { reason: 'late' });
        goOn();
        await turn();
        controller.abort('given up');
        assert.deepEqual(await inTime(second), { reason: 'given up' });
    }
});

const watched = (target, run) => new Proxy(target, { getPrototypeOf: () => (run(), null) });

/** Code of the host's that runs wherever somebody looks at a value. */
const WATCHED = {
    'the prototype of a value': (run) => ({ then: (resolve) => resolve(watched({}, run)) }),
    'the prototype of a thenable': (run) => watched({ then: (resolve) => resolve(1) }, run),
    'the then of a thenable': (run) => Object.defineProperty({}, 'then', { get: () => (run(), (resolve) => resolve(1)) }),
    'the constructor of a promise': (run) => odd('constructor', { get: () => (run(), Promise) }),
};

const isNode22 = globalThis.process?.version.startsWith('v22.');

for (const [what, make] of Object.entries(WATCHED)) {
    const breaks = isNode22 && backend === 'jspi-legacy' && !what.startsWith('the prototype') && 'Node.js 22 ends there with that API';
    test(`calls from code that runs when somebody looks at ${what}`, { skip: breaks }, async () => {
        const inner = [];
        const faulted = [];
        const thing = make(() => {
            inner.push(fixture.churn(3, 100, 5));
            fixture.scribble(100);
            assert.throws(() => fixture.faultOutside('panic'), WebAssembly.RuntimeError);
            faulted.push(failure(fixture.fault('unreachable', 0)));
        });
        hooks.looked = () => thing;
        const [, canBlock] = await inTime(fixture.callHook('looked'));
        assert.equal(canBlock, true, 'and the stack of the call is what it was');
        for (const value of await Promise.all(inner)) assert.equal(value, fixture.churnExpected(3, 100, 5));
        await Promise.all(faulted);
    });
}

test('errors tell of values that nobody can look at', async () => {
    const values = {
        bare: Object.create(null),
        nameless: { constructor: { name: { toString: thrower('name') } } },
        hidden: Object.defineProperty({}, 'constructor', { get: thrower('constructor') }),
        revoked: revoked(),
    };
    const reasons = {
        bare: '[object object]',
        revoked: '[object object]',
        textless: '[object Object]',
        symbol: 'Symbol(symbol)',
    };
    const thrown = { ...values, textless: { toString: thrower('text') }, symbol: Symbol('symbol') };
    const instance = await instantiate({
        importModule(specifier) {
            if (specifier === 'values') return values;
            throw thrown[specifier];
        },
    });
    for (const name of Object.keys(values)) {
        const error = await failure(instance.importText('values', name));
        assert.deepEqual([error.code, error.message], ['WrongType', 'expected a value of type String, found object']);
    }
    for (const [name, described] of Object.entries(reasons)) {
        const error = await failure(instance.importText(name, 'x'));
        assert.equal(error.message, `cannot import "${name}": ${described}`);
        assert.ok(Object.is(error.cause, thrown[name]));
    }
    assert.equal(await instance.churn(1, 2, 3), instance.churnExpected(1, 2, 3));
});

for (const namespace of [undefined, null, 5, 'text', revoked(), Object.create(null)]) {
    test(`a module that is ${shown({ found: namespace })}`, async () => {
        const instance = await instantiate({ importModule: async () => namespace });
        const { code } = await failure(instance.importText('module', 'missing'));
        assert.match(code, /^(Rejected|MissingExport|Import)$/);
        assert.equal(await instance.churn(1, 2, 3), instance.churnExpected(1, 2, 3));
    });
}

/** The classes of another realm. */
async function otherRealm() {
    if (inProcess) return (await import('node:vm')).runInNewContext('globalThis');
    const frame = document.createElement('iframe');
    document.body.append(frame);
    return frame.contentWindow;
}

test('another realm', { skip: context === 'worker' && 'a worker has no other realm' }, async () => {
    const realm = await otherRealm();
    const reason = new realm.RangeError('theirs');
    const bytes = new realm.Uint8Array([1, 2, 255]);
    const namespace = {
        bytes,
        buffer: bytes.buffer,
        floats: new realm.Float64Array([0.5]),
        numbers: new realm.Array(1, 2.5),
        later: (a, b) => realm.Promise.resolve(a + b),
        fails: () => realm.Promise.reject(reason),
        object: new realm.Object(),
    };
    assert.ok(!(bytes instanceof Uint8Array), 'it is another realm');
    const theirs = await realm.WebAssembly.compile(await readBytes(new URL(`./fixture/pkg/${name}`, import.meta.url)));
    const instance = await instantiate({ module: theirs, importModule: () => namespace });
    assert.equal(await instance.get_bytes('module', 'bytes'), '[1, 2, 255]');
    assert.equal(await instance.get_bytes('module', 'buffer'), '[1, 2, 255]');
    assert.equal(await instance.get_optional_bytes('module', 'bytes'), 'Some([1, 2, 255])');
    assert.equal(await instance.get_floats('module', 'floats'), '[0.5]');
    assert.equal(await instance.get_floats('module', 'numbers'), '[1.0, 2.5]');
    assert.equal(await instance.importCall('module', 'later', 20, 22), 42);
    assert.equal((await failure(instance.importCall('module', 'fails', 1, 2))).cause, reason);
    const { message } = await failure(instance.get_f64('module', 'object'));
    assert.equal(message, 'expected a value of type f64, found Object');
    assert.equal(await instance.wait(realm.Promise.resolve('value')), 'value');
    assert.deepEqual(await outcome(instance.wait(realm.Promise.reject(reason))), { reason });
    assert.deepEqual(await instance.echo_bytes(bytes), new Uint8Array([1, 2, 255]));
});

const name = backend === 'asyncify' ? 'fixture.asyncify.wasm' : 'fixture.wasm';

test('a file that is something else', async () => {
    const page = `${origin}/tests/page.html`;
    const { message } = await failure(fixture.instantiate({ module: page }));
    assert.equal(message, `cannot load ${page}: what is there is no WebAssembly, but text/html;charset=utf-8`);
    const text = await readBytes(new URL('./page.html', import.meta.url));
    const { reason } = await outcome(fixture.instantiate({ module: text }));
    assert.ok(reason instanceof WebAssembly.CompileError);
    const own = new URL('./page.html', import.meta.url);
    const said = (await failure(fixture.instantiate({ module: own }))).message;
    assert.ok(said.startsWith(`cannot load ${own}: what is there is no WebAssembly`), said);
    for (const module of [null, 5, {}, [], Symbol('module'), new Uint8Array(), revoked()]) {
        await failure(fixture.instantiate({ module }));
    }
});

test('init with a file that the server has not, and then with one that it has', async () => {
    const fresh = await import('./fixture/pkg/fixture.js?missing');
    const missing = `${origin}/tests/fixture/pkg/missing.wasm`;
    const { message } = await failure(fresh.init({ module: missing }));
    assert.equal(message, `cannot load ${missing}: the server answered 404 Not Found`);
    const there = { backend, module: `${origin}/tests/fixture/pkg/${name}` };
    assert.equal((await fresh.init(there)).backend, backend);
    assert.equal(await fresh.churn(1, 2, 3), fixture.churnExpected(1, 2, 3));
});

test('init at once and again: the first that is asked for counts, and a failure can be repeated', async () => {
    const fresh = await import('./fixture/pkg/fixture.js?hostile');
    const both = [fresh.init({ module: '/not/there.wasm' }), fresh.init({ backend, module })];
    const [wrong, same] = await Promise.all(both.map(outcome));
    assert.ok(wrong.reason instanceof Error);
    assert.equal(wrong.reason, same.reason, 'both wait for the same');
    assert.throws(() => fresh.immediate(1, 2), /not ready/);
    const options = { backend, module, importModule: () => ({ x: 'first' }) };
    const first = fresh.init(options);
    // It is its own copy that it goes by.
    options.importModule = () => ({ x: 'changed' });
    options.module = '/not/there.wasm';
    const [one, other] = await Promise.all([first, fresh.init({ importModule: () => ({ x: 'second' }) })]);
    assert.equal(one, other);
    assert.equal(await fresh.init({ module: '/not/there.wasm' }), one);
    assert.equal(await fresh.importText('module', 'x'), 'first');
});

test('with importModule, nothing else loads a module', async () => {
    const asked = [];
    let nested;
    const allowed = { run: () => instance.importText(nested, 'x') };
    const options = {
        base,
        importModule(specifier) {
            asked.push(specifier);
            if (specifier === 'allowed') return allowed;
            throw new Error('forbidden');
        },
    };
    const instance = await instantiate(options);
    delete options.importModule;
    globalThis.hostileLoads = 0;
    const source = 'globalThis.hostileLoads += 1; export const x = 1';
    const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const far = `${origin}/http/endless?id=hostile`;
    const specifiers = [
        `data:text/javascript,${source}`,
        blob,
        'node:fs',
        'fs',
        './values.mjs',
        new URL('values.mjs', base).href,
        far,
        `${origin}/http/redirect?to=${encodeURIComponent(far)}`,
        `data:text/javascript,import ${JSON.stringify(far)}`,
        '',
        ' allowed',
        'allowed#',
    ];
    for (const specifier of specifiers) {
        const error = await failure(instance.importText(specifier, 'x'));
        assert.deepEqual([error.code, error.cause.message], ['Import', 'forbidden'], specifier);
        // From a module that is allowed as well, and with attributes.
        nested = specifier;
        assert.equal((await failure(instance.importCall('allowed', 'run', 0, 0))).cause.code, 'Import');
        assert.equal((await failure(instance.importJson(specifier))).code, 'Import');
        assert.throws(() => instance.importOutside(specifier, 'x'), { code: 'CannotBlock' });
    }
    assert.deepEqual(new Set(asked), new Set([...specifiers, 'allowed']));
    assert.equal(globalThis.hostileLoads, 0);
    assert.equal(await (await fetch(`${origin}/http/sent?id=hostile`)).text(), '', 'nobody has asked the server');
    URL.revokeObjectURL(blob);
});

// A trap in the middle of an allocation damages the instance, as it does any module; others must not notice.
const losesPromises = isJavaScriptCore && 'JavaScriptCore rejects promises that nobody has got';
test("calls at the end of the engine's stack", { skip: losesPromises }, async () => {
    const instance = await instantiate();
    const calls = [];
    let left = 3000;
    function deeper() {
        try {
            deeper();
        } catch {
            // From here on there is room for a little more in each.
        }
        for (let i = 0; i < 3 && left > 0; i++) {
            left -= 1;
            try {
                calls.push(instance.immediate(1, 2));
            } catch {
                // It did not begin.
            }
        }
    }
    while (left > 0) deeper();
    for (const { value = 3 } of await inTime(Promise.all(calls.map(outcome)))) assert.equal(value, 3);
    const all = Array.from({ length: 300 }, (_, i) => fixture.churn(i, 10, 3));
    assert.deepEqual(await inTime(Promise.all(all)), all.map((_, i) => fixture.churnExpected(i, 10, 3)));
});

/** What tests/hardened prints, in a process of this engine with these arguments. */
async function inProcessWith(...args) {
    const { execFile } = await import('node:child_process');
    const { promisify } = await import('node:util');
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
}

const noProcess = !inProcess && 'a page starts no process';
const isNode = inProcess && globalThis.Deno === undefined && globalThis.Bun === undefined;
const path = (relative) => decodeURI(new URL(relative, import.meta.url).pathname);
const main = path('./hardened/main.mjs');
const others = globalThis.Deno ? ['run', '--allow-all', '--no-lock', '--quiet'] : ['run', '--no-install'];
const flags = isNode ? process.execArgv : others;

const usesPromises = backend === 'jspi-legacy' && 'with that API, the engine itself goes by what stands there';
test("promises are the engine's own, whatever stands in their place", { skip: usesPromises }, async () => {
    const { became, expected } = inProcess
        ? await inProcessWith(...flags, main, backend, 'promises')
        : await (await import('./hardened/promises.mjs')).withoutPromises(backend);
    assert.deepEqual(became, expected);
});

for (const [how, what] of [
    ['frozen', 'all intrinsics frozen'],
    ['replaced', 'another Promise'],
]) {
    test(`a program with ${what}`, { skip: noProcess }, async () => {
        const ordinary = await inProcessWith(...flags, main, backend);
        assert.equal(ordinary.begins, backend);
        assert.deepEqual(await inProcessWith(...flags, main, backend, how), ordinary);
    });
}

/** As Node.js 20 and 22 call it. */
const permission =
    isNode && ['--permission', '--experimental-permission'].find((flag) => process.allowedNodeEnvironmentFlags.has(flag));

const notNode = noProcess || (!isNode && 'that is for Node.js');

for (const flag of ['--frozen-intrinsics', '--disallow-code-generation-from-strings', '--permission']) {
    test(`a program with ${flag}`, { skip: notNode }, async () => {
        const more = flag === '--permission' ? [permission, `--allow-fs-read=${path('./')}`] : [flag];
        const ordinary = await inProcessWith(...flags, main, backend);
        assert.deepEqual(await inProcessWith(...flags, ...more, main, backend), ordinary);
    });
}

test('a program that may not read its WebAssembly says so', { skip: notNode }, async () => {
    const scripts = ['package.json', 'fixture.js', 'runtime.js', 'runtime/', 'snippets/'];
    const readable = ['./hardened/', ...scripts.map((name) => `./fixture/pkg/${name}`)];
    const allowed = readable.map((name) => `--allow-fs-read=${path(name)}`);
    const { begins } = await inProcessWith(...flags, permission, ...allowed, main, backend);
    assert.match(begins, /^Error ERR_ACCESS_DENIED: /);
});

const notDeno = globalThis.Deno === undefined && 'that is for Deno';

test('a program in Deno without permissions', { skip: notDeno }, async () => {
    const ordinary = await inProcessWith(...flags, main, 'asyncify');
    const found = await inProcessWith('run', '--no-prompt', '--no-lock', '--quiet', path('./hardened/deno.mjs'));
    assert.deepEqual(found, ordinary);
});

/** Collects garbage, where the engine lets one. */
async function collector() {
    if (globalThis.Bun !== undefined) return () => Bun.gc(true);
    if (!inProcess) return undefined;
    (await import('node:v8')).setFlagsFromString('--expose-gc');
    return globalThis.gc ?? (await import('node:vm')).runInNewContext('gc');
}

const collect = await collector();
const cannotCollect = collect === undefined && 'the engine shows no garbage collector';
const keepsStacks =
    backend !== 'asyncify' && globalThis.Bun === undefined && 'V8 keeps whatever is on a stack that is suspended';
const reusesStacks = backend === 'wasmfx' && 'it keeps stacks for further calls';

for (const [what, use, keeps] of [
    ['that nobody has called', async () => {}],
    ['whose calls have ended', (instance) => instance.churn(1, 10, 3), reusesStacks],
    ['whose calls have faulted', (instance) => outcome(instance.fault('panic', 1))],
    ['with calls that never end', (instance) => void instance.wait(new Promise(() => {})), keepsStacks],
    ['with calls that wait for each other', (instance) => void instance.waitForBaton(), keepsStacks],
]) {
    test(`an instance ${what} is collected`, { skip: cannotCollect || keeps }, async () => {
        const count = 20;
        const instances = [];
        for (let i = 0; i < count; i++) {
            const instance = await instantiate();
            for (let j = 0; j < 10; j++) await use(instance);
            instances.push(new WeakRef(instance));
        }
        const alive = () => instances.filter((instance) => instance.deref() !== undefined).length;
        for (let i = 0; i < 50 && alive() > count / 4; i++) {
            await turn();
            collect();
        }
        // What looks like an address keeps what is there, in Bun.
        assert.ok(alive() <= count / 4, `${alive()} of ${count} are there`);
    });
}

const hasNoBound = backend === 'asyncify' && 'as many calls may be in flight as there is memory for';
const noPlaces = cannotCollect || keepsStacks || hasNoBound;

test('instances that are collected give their places back', { skip: noPlaces }, async () => {
    // More than there are places for.
    for (let i = 0; i < 12; i++) {
        const instance = await instantiate();
        for (let j = 0; j < 1000; j++) instance.wait(new Promise(() => {}));
        await turn();
        collect();
    }
    for (let i = 0; i < 20; i++) {
        await turn();
        collect();
    }
    assert.equal(await inTime(fixture.churn(1, 10, 3)), fixture.churnExpected(1, 10, 3));
});

/** A million takes a page, and engines whose calls are experiments, a minute. */
const isQuick = inProcess && backend !== 'jspi-legacy';
const MANY = isQuick ? 1_000_000 : 50_000;

/** How calls fail without an end of their own: each returns an `Err`. */
const FAILURES = {
    'a rejection': (instance) => instance.wait(Promise.reject('reason')),
    'a thenable that throws': (instance) => instance.wait({ then: thrower('then') }),
    'a value of another type': (instance) => instance.callPlainText(5),
    'an export that is missing': (instance) => instance.importText('module', 'missing'),
    'a module that is missing': (instance) => instance.importText('missing', 'x'),
    'a signal that is aborted': (instance) => instance.wait(5, { signal: AbortSignal.abort('aborted') }),
    'options that are none': (instance) => instance.wait(5, { signal: 5 }),
    'an argument that is none': async (instance) => instance.immediate(Symbol('no number'), 1),
};

test(`${MANY} calls in turn, and ${MANY / 10} that fail, leave everything where it was`, async () => {
    const instance = await instantiate({
        importModule(specifier) {
            if (specifier === 'module') return {};
            throw new Error('missing');
        },
    });
    const fail = Object.values(FAILURES);
    const waits = { then: (resolve) => resolve(7) };
    const promise = Promise.resolve(7);
    async function round(count) {
        for (let i = 0; i < count; i++) {
            if (i % 4 === 0) assert.equal(await instance.wait(i % 8 === 0 ? promise : waits), 7);
            else if ((await instance.immediate(i, 1)) !== i + 1) assert.fail(`call ${i}`);
        }
        for (let i = 0; i < count / 10; i++) assert.ok('reason' in (await outcome(fail[i % fail.length](instance))));
    }
    await round(5000);
    const before = [instance.memoryPages(), instance.liveValues(), instance.stackAddress()];
    await round(MANY);
    assert.deepEqual([instance.memoryPages(), instance.liveValues(), instance.stackAddress()], before);
});
