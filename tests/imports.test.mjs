// #[suspending].

import { assert, fixture, rejection, test } from './support.mjs';

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
