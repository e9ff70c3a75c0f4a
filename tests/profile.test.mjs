// Packages that are built by profile: what is recorded, and what happens to calls that no profile has seen.
// tests/tool/profiled.mjs builds them.

import { packages, useFixture, useProgram } from './profiled.mjs';
import { assert, backend, base, fixture, isJavaScriptCore, readText, rejection, test } from './support.mjs';
import { asked as ofPrograms } from './running.mjs';

const used = [await fixture.throughTraits(3), 100, 'waited'];

const load = (crate, kind) => import(`../target/guard/${packages[crate][kind]}/${crate}.js`);
const recordedInNode = async (crate) =>
    JSON.parse(await readText(new URL(`../target/guard/${packages[crate].named}/profile.json`, import.meta.url)));

test('what is on the stacks of a library is recorded, as on every other engine', async () => {
    const { instantiate } = await load('fixture', 'named');
    const profile = new Set();
    assert.deepEqual(await useFixture(await instantiate({ backend, profile })), used);
    assert.deepEqual([...profile].sort(), await recordedInNode('fixture'));
});

test('what is on the stack of a program is recorded, as on every other engine', async () => {
    const { run } = await load('program', 'named');
    const profile = new Set();
    assert.equal(await useProgram(run, { backend: ofPrograms, profile }), 'one\ntwo\n');
    assert.deepEqual([...profile].sort(), await recordedInNode('program'));
});

test('profiles of several instances add up', async () => {
    const { instantiate } = await load('fixture', 'named');
    const profile = new Set(['a::function']);
    await (await instantiate({ backend, profile })).churn(1, 2, 3);
    const before = profile.size;
    await (await instantiate({ backend, profile })).throughTraits(3);
    const names = ['a::function', 'fixture::stacks::descend', 'fixture::stacks::walk'];
    for (const name of names) assert.ok(profile.has(name), name);
    assert.ok(profile.size > before);
});

test('a package with its names records nothing unless it is asked to', async () => {
    const { instantiate } = await load('fixture', 'named');
    assert.deepEqual(await useFixture(await instantiate({ backend })), used);
});

const isUnknown = isJavaScriptCore && 'JavaScriptCore does not always name functions of WebAssembly that trap';

test("stack traces of a package with its names say them in Rust's words", { skip: isUnknown }, async () => {
    const { instantiate } = await load('fixture', 'named');
    for (const kind of ['unreachable', 'panic']) {
        const error = await rejection((await instantiate({ backend })).fault(kind, 1));
        assert.match(`${error.stack}\n${error.cause?.stack}`, /\bfixture::faults::go_wrong\b/, kind);
    }
});

test('without names there is no profile', async () => {
    const error = await rejection((await load('fixture', 'profiled')).instantiate({ backend, profile: new Set() }));
    assert.match(String(error), /built without: build the package that it is recorded with with `--keep-names`/);
    const { run } = await load('program', 'profiled');
    assert.match(String(await rejection(run({ profile: new Set(), backend: ofPrograms }))), /`--keep-names`/);
});

test('a profile is a set', async () => {
    const { instantiate } = await load('fixture', 'named');
    const error = await rejection(instantiate({ backend, profile: [] }));
    assert.match(String(error), /TypeError: the option `profile` is no Set/);
});

test('what a profile has seen goes on as ever', async () => {
    const { instantiate } = await load('fixture', 'profiled');
    const instance = await instantiate({ backend });
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, () => useFixture(instance))), Array(20).fill(used));
});

test('what no profile has seen is an error of its own call, if it has to be instrumented', async () => {
    const { instantiate } = await load('fixture', 'profiled');
    const missed = [];
    const instance = await instantiate({ backend, base, onMiss: (name) => missed.push(name) });
    const others = Array.from({ length: 20 }, () => useFixture(instance));
    const waiting = instance.wait(new Promise((resolve) => setTimeout(resolve, 20, 'waited')));
    const calls = [instance.churn(3, 12, 4), instance.churn(4, 9, 1)];
    if (backend === 'asyncify') {
        for (const error of await Promise.all(calls.map(rejection))) {
            assert.ok(error instanceof Error);
            assert.match(error.message, /^`fixture::stacks::\w+` was on the stack of a call .*, which no profile/);
            assert.match(error.message, /with `--include 'fixture::stacks::\w+'`, or with `--profile-full`/);
        }
        assert.equal(missed.length, 2);
        assert.match(missed[0], /^fixture::stacks::/);
        // Nothing else is there to be taken.
        const next = await instantiate({ backend });
        assert.match(String(await rejection(next.churn(3, 12, 4))), /no profile of the build/);
    } else {
        assert.deepEqual(await Promise.all(calls), [instance.churnExpected(3, 12, 4), instance.churnExpected(4, 9, 1)]);
        assert.deepEqual(missed, []);
    }
    assert.deepEqual(await Promise.all(others), Array(20).fill(used));
    assert.equal(await waiting, 'waited');
    assert.equal(await instance.immediate(2, 3), 5);
});

test('the instance after a miss has everything instrumented, if the package carries that', async () => {
    const { instantiate } = await load('fixture', 'full');
    const missed = [];
    const [first, second] = [
        await instantiate({ backend, onMiss: (name) => missed.push(name) }),
        await instantiate({ backend }),
    ];
    const expected = first.churnExpected(3, 12, 4);
    if (backend === 'asyncify') {
        const { message } = await rejection(first.churn(3, 12, 4));
        assert.match(message, /The next instance of this package takes the file in which everything is instrumented/);
        assert.ok(message.includes(`--include '${missed[0]}'`), message);
        // Those that are there already stay what they are.
        assert.match(String(await rejection(second.churn(3, 12, 4))), /no profile of the build/);
        assert.deepEqual(await useFixture(first), used);
    } else {
        assert.equal(await first.churn(3, 12, 4), expected);
    }
    const next = await instantiate({ backend });
    assert.equal(await next.churn(3, 12, 4), expected);
    assert.deepEqual(await useFixture(next), used);
});

test('the run after a miss has everything instrumented, if the package carries that', async () => {
    const missed = [];
    const options = { backend: 'asyncify', onMiss: (name) => missed.push(name) };
    for (const kind of ['profiled', 'full']) {
        missed.length = 0;
        const { run } = await load('program', kind);
        assert.equal(await useProgram(run, options), 'one\ntwo\n');
        const lines = () => useProgram(run, { args: ['lines'], ...options });
        assert.match(String(await rejection(lines())), /was on the stack of a call that suspended, which no profile/);
        assert.equal(missed.length, 1);
        assert.match(missed[0], /std::io::.*Lines/);
        if (kind === 'profiled') assert.match(String(await rejection(lines())), /`--profile-full`/);
        else assert.equal(await lines(), '0: one\n1: two\n');
        assert.equal(await useProgram(run, options), 'one\ntwo\n');
    }
});
