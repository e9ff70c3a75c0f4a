// #[suspending].

import { assert, fixture, rejection, test, turn } from './support.mjs';

test('functions, methods, getters, static methods, namespaces', async () => {
    assert.deepEqual(await fixture.importStyles(), [
        'text',
        new Uint8Array([1, 2, 3]),
        undefined,
        ['hello, world', 'later, world', [1, 2]],
        0.5,
    ]);
});

test('a plain value does not suspend', async () => {
    for (const value of [1, 'text', null, undefined, { key: 1 }, { then: 'not a function' }]) {
        assert.equal(fixture.callPlainOutside(value), value);
        assert.equal(await fixture.callPlain(value), value);
    }
    assert.throws(() => fixture.callPlainOutside(Promise.resolve(1)), { code: 'CannotBlock' });
});

test('a thenable is waited for', async () => {
    assert.equal(await fixture.callPlain({ then: (resolve) => resolve('thenable') }), 'thenable');
    const getter = {
        get then() {
            throw new Error('from the getter');
        },
    };
    assert.match(String(await rejection(fixture.callPlain(getter))), /from the getter/);
});

test('what a promise settles to is checked', async () => {
    assert.equal(await fixture.callPlainText(Promise.resolve('text')), 'text');
    const error = await rejection(fixture.callPlainText(Promise.resolve(1)));
    assert.match(error.message, /type String, found number/);
});

for (const reason of [new Error('reason'), 'text', undefined, null, 0]) {
    for (const thrown of [false, true]) {
        const how = thrown ? 'an exception' : 'a rejection';
        test(`${how} with ${reason} is the Err, or ends the call`, async () => {
            assert.equal(await fixture.catchReason(reason, thrown), reason);
            assert.equal(await rejection(fixture.passReason(reason, thrown)), reason);
        });
    }
}

/** What `numbers` in the fixture makes, in a typed array. */
function numbers(Kind, seed) {
    const convert = Kind.name.startsWith('Big') ? BigInt : Number;
    const hash = (i) => (Math.imul(seed, 0x9e3779b1) ^ Math.imul(i, 0x85ebca77)) >>> 0;
    const wrapped = Uint32Array.from({ length: seed % 50 }, (_, i) => hash(i));
    // Through bytes, for a clamped array would clamp them.
    const source = Kind === Uint8ClampedArray ? Uint8Array.from(wrapped) : wrapped;
    return Kind.from(source, convert);
}

/** In the order of the fixture, which has `isize` and `usize` in the middle. */
const KINDS = [
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
];

/** What JavaScript has of the arguments that are slices, copies of one, or text. */
function others(seed) {
    const text = `text ${seed}`;
    return [
        numbers(Uint16Array, seed),
        undefined,
        null,
        numbers(Uint8ClampedArray, seed),
        numbers(Uint32Array, seed),
        [...numbers(Int8Array, seed)],
        numbers(Uint8Array, seed),
        numbers(Float64Array, seed),
        text,
        [text, '', text],
        [text, seed],
        numbers(Uint8Array, seed),
    ];
}

/** What mutable slices are like: first, what JavaScript had. */
function reversed(seed) {
    const [some, clamped, int] = [Uint16Array, Uint8ClampedArray, Int8Array].map((Kind) => numbers(Kind, seed));
    const had = [some, undefined, null, clamped, clamped, int, numbers(Uint8Array, seed)];
    return [had, some.toReversed(), clamped.toReversed(), clamped.toReversed(), int.toReversed()];
}

/** 1 000 calls at once, while memory grows and is taken and given back. */
async function manyAtOnce(call, expected) {
    const [pages, live] = [fixture.memoryPages(), fixture.liveValues()];
    let waiting = true;
    const results = Promise.all(Array.from({ length: 1000 }, (_, seed) => call(seed)));
    const ended = results.finally(() => (waiting = false)).catch(() => {});
    while (waiting) {
        fixture.growMemory();
        fixture.reuseMemory();
        await Promise.race([turn(), ended]);
    }
    assert.ok(fixture.memoryPages() > pages);
    for (const [seed, result] of (await results).entries()) assert.deepEqual(result, expected(seed));
    assert.equal(fixture.liveValues(), live);
}

test('slices of all numbers are kept', () =>
    manyAtOnce(fixture.keepNumbers, (seed) => KINDS.map((Kind) => numbers(Kind, seed))));
test('other slices, copies, texts and typed arrays are kept', () => manyAtOnce(fixture.keepOthers, others));
test('a variadic slice is kept', () =>
    manyAtOnce(fixture.keepVariadic, (seed) => ['first', ...numbers(Uint32Array, seed)]));
test('mutable slices of all numbers come back', () =>
    manyAtOnce(fixture.reverseNumbers, (seed) => KINDS.map((Kind) => numbers(Kind, seed).toReversed())));
test('other mutable slices come back', () => manyAtOnce(fixture.reverseOthers, reversed));
test('slices of methods are kept and come back', () =>
    manyAtOnce(fixture.reverseMethods, (seed) => {
        const kept = numbers(Uint8Array, seed);
        return [kept, kept, kept.toReversed(), kept.toReversed()];
    }));

test('a mutable slice comes back however the function ends', async () => {
    const ends = async (how, ...outcome) => assert.deepEqual(await fixture.reverseAnd(how), outcome);
    await ends('returns', new Uint8Array([4, 3, 2, 1]), 'value');
    await ends('throws', new Uint8Array([4, 3, 2, 1]), 'reason');
    await ends('resolves', new Uint8Array([9, 3, 2, 1]), 'value');
    await ends('rejects', new Uint8Array([9, 3, 2, 1]), 'reason');
    await ends('transfers', new Uint8Array([1, 2, 3, 4]), 0);
});

test('a mutable slice comes back outside of a fiber', () => {
    const bytes = new Uint8Array([4, 3, 2, 1]);
    assert.deepEqual(fixture.reverseAndOutside('returns'), [bytes, 'value']);
    assert.deepEqual(fixture.reverseAndOutside('throws'), [bytes, 'reason']);
    const [back, error] = fixture.reverseAndOutside('resolves');
    assert.deepEqual([back, error.code], [bytes, 'CannotBlock']);
});

test('a mutable slice comes back before the call ends', async () => {
    assert.equal(await rejection(fixture.reverseAndEnd('throws')), 'reason');
    assert.deepEqual(fixture.leaked(), new Uint8Array([4, 3, 2, 1]));
    assert.equal(await rejection(fixture.reverseAndEnd('rejects')), 'reason');
    assert.deepEqual(fixture.leaked(), new Uint8Array([9, 3, 2, 1]));
});

test('a borrowed closure cannot be called when the function has returned', async () => {
    assert.deepEqual(await fixture.callTwice(true), [1, 'closure invoked recursively or after being dropped']);
    assert.deepEqual(await fixture.callTwice(false), [3, 'called']);
});
