// Every type, in and out.

import { assert, backend, base, fixture, rejection, test } from './support.mjs';

const echoes = {
    echo_bool: [true, false],
    echo_i8: [-128, 127],
    echo_u8: [0, 255],
    echo_i32: [-(2 ** 31), 2 ** 31 - 1],
    echo_u32: [0, 2 ** 32 - 1],
    echo_i64: [-(2n ** 63n), 2n ** 63n - 1n],
    echo_u64: [0n, 2n ** 64n - 1n],
    echo_f32: [0.5, -0, Infinity, NaN],
    echo_f64: [Math.PI, -0, 5e-324, NaN],
    echo_string: ['', 'plain', 'ünïcödé ☃ 😀', 'x'.repeat(100_000)],
    echo_bytes: [new Uint8Array(), new Uint8Array([0, 1, 255])],
    echo_floats: [new Float64Array([0.1, -0])],
    echo_strings: [[], ['a', 'ß']],
    echo_option: [undefined, 7],
    echo_option_string: [undefined, '', 'some'],
    echo_value: [undefined, null, 1, 'text', Symbol.iterator, { a: 1 }, [1], fixture],
    echo_array: [[1, 'two', null]],
    echo_map: [new Map([['k', 1]])],
};

for (const [name, values] of Object.entries(echoes)) {
    test(`${name} gives back what it was given`, async () => {
        for (const value of values) {
            assert.deepEqual(await fixture[name](value), value);
        }
    });
}

test('exports return promises', () => {
    const promise = fixture.unit();
    assert.ok(promise instanceof Promise);
    return promise;
});

test('nothing is undefined', async () => {
    assert.equal(await fixture.unit(), undefined);
});

test('borrowed arguments outlive a suspension', async () => {
    const text = await fixture.borrowed('téxt', new Uint8Array([1, 2]), null, new Uint8Array(3));
    assert.equal(text, 'téxt [1, 2] JsValue(null) 3');
});

test('a function without Result that never suspends', async () => {
    assert.equal(await fixture.immediate(2, 3), 5);
});

test('attributes of wasm-bindgen pass through', async () => {
    assert.equal(await fixture.renamedForJs(), 'renamed');
    assert.equal(await fixture.alsoRenamed('!'), 'also renamed!');
});

test('a typed promise', async () => {
    assert.equal(await fixture.typed(Promise.resolve('typed')), 'typed');
});

test('promises: resolved, pending, foreign, twice', async () => {
    assert.equal(await fixture.wait(Promise.resolve(1)), 1);
    assert.equal(await fixture.wait(new Promise((resolve) => setTimeout(resolve, 3, 2))), 2);
    class Derived extends Promise {}
    assert.equal(await fixture.wait(Derived.resolve(3)), 3);
    assert.deepEqual(await fixture.waitTwice(Promise.resolve('x')), ['x', 'x']);
    assert.deepEqual(await fixture.waitAll([Promise.resolve(1), Promise.resolve(2)]), [1, 2]);
    for (const value of [undefined, null, true, false, 0, '', 'text', {}]) {
        assert.equal(await fixture.wait(Promise.resolve(value)), value);
        assert.equal(await fixture.wait(value), value, 'what is no promise is its own outcome');
    }
});

test('thenables: twice, at once, throwing, a getter that throws', async () => {
    const twice = {
        then(resolve, reject) {
            resolve('first');
            resolve('second');
            reject('third');
        },
    };
    assert.equal(await fixture.wait(twice), 'first');
    const late = { then: (resolve) => setTimeout(() => (resolve('late'), resolve('later')), 2) };
    assert.equal(await fixture.wait(late), 'late');
    const throwing = {
        then() {
            throw new Error('from then');
        },
    };
    assert.match(String(await rejection(fixture.wait(throwing))), /from then/);
    const getter = {
        get then() {
            throw new Error('from the getter');
        },
    };
    assert.match(String(await rejection(fixture.wait(getter))), /from the getter/);
    const own = Promise.resolve('own');
    own.then = () => {
        throw new Error('not to be called');
    };
    assert.equal(await fixture.wait(own), 'own');
});

test('a thenable is asked once, and a promise of another class too', async () => {
    let asked = 0;
    const thenable = (promise) => ({
        then(resolve, reject) {
            asked += 1;
            return promise.then(resolve, reject);
        },
    });
    class Counting extends Promise {
        then(resolve, reject) {
            asked += 1;
            return super.then(resolve, reject);
        }
    }
    for (const wrap of [thenable, (promise) => Counting.resolve(promise)]) {
        asked = 0;
        assert.equal(await fixture.wait(wrap(Promise.resolve('value'))), 'value');
        const afterValue = asked;
        assert.equal(await rejection(fixture.wait(wrap(Promise.reject('reason')))), 'reason');
        assert.deepEqual([afterValue, asked - afterValue], [1, 1]);
    }
});

test('rejections keep their reason', async () => {
    for (const reason of [new Error('e'), 'text', undefined, null, 0, false]) {
        assert.equal(await rejection(fixture.wait(Promise.reject(reason))), reason);
    }
});

test('serde types', async () => {
    const mirrored = await fixture.mirror(new URL('values.mjs', base).href);
    assert.deepEqual(mirrored, { x: -1.5, y: 2, label: null });
    const point = { x: 1, y: 2, label: 'ünïcode' };
    assert.deepEqual(await fixture.echoPoint(point), { ...point, x: 2, y: 1 });
    const wrong = await rejection((async () => fixture.echoPoint({ x: 'one' }))());
    assert.match(String(wrong), /invalid type: string|missing field/);
});

test('outside a fiber nothing blocks, and the error says so', async () => {
    assert.equal(fixture.canBlock(), false);
    assert.equal(await fixture.canBlockInside(), true);
    assert.equal(fixture.canBlock(), false);
    assert.throws(() => fixture.blockOutside(), {
        name: 'SuspendableError',
        code: 'CannotBlock',
        message: /cannot block here.*#\[suspendable\]/s,
    });
});

test('the package says which backend it has', () => {
    assert.equal(fixture.backend, backend);
});
