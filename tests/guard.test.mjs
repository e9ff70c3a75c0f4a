// What happens if a function is missing from the suspension set: each kind is left out on purpose.
// tests/tool/guarded.mjs builds the packages.

import { below, cut, folderOf, kinds } from './guarded.mjs';
import { assert, backend, fixture, rejection, test } from './support.mjs';

async function instantiate(kind) {
    const { instantiate } = await import(`../target/guard/${folderOf(kind)}/fixture.js`);
    return instantiate({ backend });
}

for (const [kind, name] of Object.entries(kinds)) {
    test(`a missing function that ${kind} is an error, and the others go on`, async () => {
        const instance = await instantiate(kind);
        // These do not come through the missing function, unless everything does.
        const survives = !/suspend itself|entry/.test(kind);
        const others = Array.from({ length: 50 }, () => survives && instance.futureYields());
        const waiting = survives && instance.wait(new Promise((resolve) => setTimeout(resolve, 20, 'waited')));
        const call = () => (/vtable/.test(kind) ? instance.throughTraits(3) : instance.churn(3, 12, 4));
        for (const error of await Promise.all([call(), call(), call()].map(rejection))) {
            assert.ok(error instanceof Error);
            assert.ok(error.message.startsWith(`\`${name}\` was on the stack`), error.message);
            assert.ok(error.message.includes(`--include '${name}'`), error.message);
        }
        if (survives) {
            assert.deepEqual(await Promise.all(others), Array(50).fill(100));
            assert.equal(await waiting, 'waited');
        }
        assert.equal(await instance.immediate(2, 3), 5);
    });
}

test('--include of a member changes nothing', async () => {
    const instance = await instantiate('included');
    assert.equal(await instance.throughTraits(3), await fixture.throughTraits(3));
});

test('a function that never blocks, its author says, and does is an error that says so', async () => {
    const instance = await instantiate('cut');
    const waiting = instance.wait(new Promise((resolve) => setTimeout(resolve, 20, 'waited')));
    const { message } = await rejection(instance.churn(3, 12, 4));
    // What only it called is no member either, and is found first.
    assert.ok(message.startsWith(`\`${below}\` was on the stack of a call that suspended, and is not in`), message);
    assert.ok(message.includes(`was built with \`--cut '${cut}'\`: if that led here, build without`), message);
    assert.equal(await instance.throughTraits(3), await fixture.throughTraits(3));
    assert.equal(await waiting, 'waited');
});
