// suspendable::io: std's traits over what JavaScript delivers.

import { assert, backend, fixture, inProcess, rejection, test, turn } from './support.mjs';

const { Random, Stream } = fixture;
const { Readable } = inProcess ? await import('node:stream') : {};
const bytes = (...numbers) => new Uint8Array(numbers);
const utf8 = (text) => new TextEncoder().encode(text);

/** Bytes that do not repeat soon. */
function noise(length, seed = 1) {
    const out = new Uint8Array(length);
    for (let i = 0, x = seed; i < length; i++) {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        out[i] = x >>> 24;
    }
    return out;
}

/** The sum that the fixture computes. */
const checksum = (data) =>
    data.reduce((sum, byte, i) => (sum + Math.imul(i + 1, byte)) >>> 0, 0);

/** `data` in pieces of these lengths, over and over. */
function* pieces(data, ...lengths) {
    for (let at = 0, i = 0; at < data.length; at += lengths[i++ % lengths.length]) {
        yield data.subarray(at, at + lengths[i % lengths.length]);
    }
}

async function* later(chunks) {
    for (const chunk of chunks) {
        await turn();
        yield chunk;
    }
}

/** The kinds of source, from the same chunks. */
const streams = {
    'a ReadableStream': (chunks) => {
        const iterator = chunks[Symbol.iterator]();
        return new ReadableStream({
            async pull(controller) {
                await null;
                const { done, value } = iterator.next();
                if (done) controller.close();
                else controller.enqueue(value);
            },
        });
    },
    'an async generator': later,
    'an async iterator': (chunks) => {
        const iterator = chunks[Symbol.iterator]();
        return { next: async () => iterator.next() };
    },
    'a Node.js stream': (chunks) => Readable.from(chunks, { objectMode: true }),
};

/** The same with what this engine has. */
const streamsHere = Object.entries(streams).filter(([name]) => inProcess || !name.includes('Node.js'));

/** An object that is read at positions; `calls` says which, and `short` how much it gives at most. */
function positioned(data, { short = Infinity, size = data.length } = {}) {
    const calls = [];
    return {
        calls,
        size,
        async read(position, length) {
            calls.push([position, length]);
            await null;
            return data.subarray(position, position + Math.min(length, short));
        },
    };
}

const randoms = {
    'a Blob': (data) => new Blob([data]),
    'a File': (data) => new File([data], 'data'),
    'read(position, length)': (data) => positioned(data),
    'read(position, length) that gives less': (data) => positioned(data, { short: 7 }),
    'an ArrayBuffer from read, and a promise of the size': (data) => ({
        size: turn().then(() => data.length),
        read: async (position, length) => data.slice(position, position + length).buffer,
    }),
    'read that does not wait': (data) => ({
        size: data.length,
        read: (position, length) => data.subarray(position, position + length),
    }),
};

for (const [name, source] of Object.entries(streams)) {
    const options = { skip: name.includes('Node.js') && !inProcess && 'a browser has no streams of Node.js' };

    test(`${name}, to its end`, options, async () => {
        const chunks = [bytes(1, 2, 3), bytes(), bytes(4), bytes(), bytes()];
        const stream = new Stream(source(chunks));
        assert.deepEqual(await stream.rest(), bytes(1, 2, 3, 4));
        assert.deepEqual(await stream.rest(), bytes(), 'the end stays the end');
        assert.deepEqual(await new Stream(source([])).rest(), bytes());
    });

    test(`${name}, chunk by chunk`, options, async () => {
        const stream = new Stream(source([bytes(1, 2, 3), bytes(), bytes(4, 5)]));
        assert.deepEqual(await stream.read(0), bytes());
        assert.deepEqual(await stream.read(2), bytes(1, 2));
        assert.deepEqual(await stream.read(2), bytes(3), 'a read does not wait for another chunk');
        assert.deepEqual(await stream.read(9), bytes(4, 5));
        assert.deepEqual(await stream.read(9), bytes());
    });

    test(`${name} in lines, some of which cross chunks`, options, async () => {
        const text = utf8('first\nsecönd\r\n\nlast ☃ without an end');
        const expected = ['first', 'secönd', '', 'last ☃ without an end'];
        for (const length of [1, 2, 5, 100]) {
            const stream = new Stream(source([...pieces(text, length)]));
            assert.deepEqual(await stream.lines(), expected);
        }
    });

    test(`${name} of megabytes`, options, async () => {
        const data = noise(3_000_000);
        const expected = checksum(data);
        for (const step of [1000, 4096]) {
            const stream = source([...pieces(data, 65_536, 1, 0, 100_000)]);
            assert.equal(await fixture.streamChecksum(stream, step), expected);
        }
    });
}

test('chunks of every type', async () => {
    const buffer = bytes(0, 1, 2, 3, 4, 5, 6, 7).buffer;
    const chunks = [
        buffer.slice(0, 2),
        new Uint8Array(buffer, 2, 2),
        new Uint16Array(buffer, 4, 1),
        new DataView(buffer, 6, 1),
        globalThis.Buffer?.from([7]) ?? bytes(7),
        'é😀',
        '',
        new Uint8ClampedArray([9]),
    ];
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 9];
    assert.deepEqual(await new Stream(later(chunks)).rest(), bytes(...expected));
});

test('small reads do not suspend', async () => {
    let asked = 0;
    const source = {
        next: async () => (asked++ === 0 ? { value: noise(1000) } : { done: true }),
    };
    assert.equal(await fixture.streamChecksum(source, 1), checksum(noise(1000)));
    assert.equal(asked, 2);
});

test('read_until leaves the rest of the chunk', async () => {
    const stream = new Stream(later(['key=', 'val', 'ue;rest']));
    assert.deepEqual(await stream.until(61), utf8('key='));
    assert.deepEqual(await stream.until(59), utf8('value;'));
    assert.deepEqual(await stream.rest(), utf8('rest'));
});

for (const wrong of [undefined, null, 1, 'text', {}, [bytes(1)], () => {}]) {
    test(`${JSON.stringify(wrong) ?? typeof wrong} is no source`, async () => {
        const expected = { code: 'WrongType', kind: 'InvalidInput' };
        assert.throws(() => new Stream(wrong), expected);
        assert.throws(() => Random.openOutside(wrong), expected);
    });
}

test('a locked stream', () => {
    const stream = streams['a ReadableStream']([]);
    stream.getReader();
    assert.throws(() => new Stream(stream), { code: 'Rejected', kind: 'Other', message: /locked/ });
});

for (const [how, chunks] of Object.entries({
    'an iterator that throws': (reason) =>
        (async function* () {
            yield bytes(1);
            throw reason;
        })(),
    'a next that throws at once': (reason) => {
        const values = [Promise.resolve({ value: bytes(1) })];
        return {
            next() {
                if (values.length === 0) throw reason;
                return values.pop();
            },
        };
    },
    'a stream that errors': (reason) => {
        const values = [bytes(1)];
        return new ReadableStream({
            pull(controller) {
                if (values.length > 0) controller.enqueue(values.pop());
                else controller.error(reason);
            },
        }, { highWaterMark: 0 });
    },
})) {
    test(`${how} fails the reader, with its reason, for good`, async () => {
        for (const reason of [new TypeError('gone'), 'text', undefined]) {
            const stream = new Stream(chunks(reason));
            assert.deepEqual(await stream.read(10), bytes(1), 'what came before is read');
            for (let i = 0; i < 3; i++) {
                const error = await rejection(stream.read(10));
                assert.equal(error.name, 'SuspendableError');
                assert.equal(error.code, 'Rejected');
                assert.equal(error.kind, 'Other');
                assert.equal(error.cause, reason);
            }
        }
        assert.match(String(await rejection(new Stream(chunks(new TypeError('gone'))).rest())), /TypeError: gone/);
    });
}

test('a chunk of a wrong type fails the reader, and the source is told', async () => {
    for (const wrong of [undefined, null, 1, {}, [1, 2]]) {
        let left = false;
        const source = async function* () {
            try {
                yield bytes(1);
                yield wrong;
            } finally {
                left = true;
            }
        };
        const stream = new Stream(source());
        assert.deepEqual(await stream.read(1), bytes(1));
        for (let i = 0; i < 2; i++) {
            const error = await rejection(stream.read(1));
            assert.equal(error.kind, 'InvalidData');
            assert.match(error.message, /expected a value of type bytes or text, found \w+/);
        }
        await turn();
        assert.ok(left);
    }
});

test('an iterator that gives no object', async () => {
    const error = await rejection(new Stream({ next: async () => undefined }).read(1));
    assert.equal(error.code, 'Rejected');
    assert.ok(error.cause instanceof TypeError);
});

test('text that is no UTF-8', async () => {
    const error = await rejection(new Stream(later([bytes(255, 10)])).lines());
    assert.equal(error.kind, 'InvalidData');
    assert.match(error.message, /valid UTF-8/);
});

test('a reader that is dropped early cancels its source, and one at its end does not', async () => {
    const told = [];
    const open = () =>
        new ReadableStream({
            pull: (controller) => controller.enqueue(bytes(1, 2)),
            cancel: () => told.push('cancel'),
        });
    const iterate = (chunks) => ({
        next: async () => ({ value: chunks.shift(), done: chunks.length === 0 }),
        return: async () => told.push('return'),
    });
    for (const source of [open(), iterate([bytes(1), bytes(2), bytes(3)])]) {
        const stream = new Stream(source);
        assert.equal((await stream.read(1)).length, 1);
        stream.free();
    }
    assert.deepEqual(told, ['cancel', 'return']);
    const ended = new Stream(iterate([bytes(1), undefined]));
    await ended.rest();
    ended.free();
    assert.deepEqual(told, ['cancel', 'return']);
    // Nobody hears of a failure to stop.
    const failing = { next: async () => ({ value: bytes(1) }), return: () => Promise.reject(new Error('stop')) };
    new Stream(failing).free();
    const throwing = { ...failing, return() { throw new Error('stop'); } };
    new Stream(throwing).free();
    await turn();
});

for (const [name, source] of Object.entries(randoms)) {
    for (const capacity of [undefined, 1, 10, 16]) {
        test(`${name}, in blocks of ${capacity ?? 'the usual size'}`, async () => {
            const data = noise(100);
            const file = await Random.open(source(data), capacity);
            assert.equal(file.size, 100);
            assert.deepEqual(await file.rest(), data);
            assert.deepEqual(await file.read(5), bytes());

            assert.equal(file.seek('start', 90n), 90n);
            assert.deepEqual(await file.readExact(10), data.subarray(90));
            assert.equal(file.seek('end', -95n), 5n);
            assert.deepEqual(await file.readExact(40), data.subarray(5, 45));
            assert.equal(file.seek('current', -10n), 35n);
            assert.deepEqual(await file.readExact(2), data.subarray(35, 37));
            assert.equal(file.seek('current', 50n), 87n);
            assert.deepEqual(await file.rest(), data.subarray(87));
            assert.equal(file.seek('current', 0n), 100n);

            // Beyond the end there is nothing; before the start is nowhere.
            for (const [from, offset] of [['end', 1n], ['start', 1n << 62n], ['end', 1000n]]) {
                file.seek(from, offset);
                assert.deepEqual(await file.read(5), bytes());
                assert.deepEqual(await file.rest(), bytes());
                assert.equal((await rejection(file.readExact(1))).kind, 'UnexpectedEof');
            }
            file.seek('start', 7n);
            for (const [from, offset] of [['current', -8n], ['end', -101n], ['current', -(1n << 63n)]]) {
                assert.throws(() => file.seek(from, offset), { kind: 'InvalidInput' });
            }
            assert.deepEqual(await file.readExact(3), data.subarray(7, 10), 'the position is kept');
            assert.equal((await rejection(file.readExact(91))).kind, 'UnexpectedEof');
        });
    }

    test(`${name} without bytes`, async () => {
        const file = await Random.open(source(bytes()));
        assert.equal(file.size, 0);
        assert.deepEqual(await file.read(1), bytes());
        assert.deepEqual(await file.rest(), bytes());
        assert.equal(file.seek('end', 0n), 0n);
    });
}

for (const name of ['a Blob', 'read(position, length)']) {
    test(`${name} of megabytes`, async () => {
        const data = noise(3_000_000, 2);
        for (const step of [1000, 4096]) {
            assert.equal(await fixture.randomChecksum(randoms[name](data), step), checksum(data));
        }
    });
}

test('lines of what is read at positions', async () => {
    const file = await Random.open(randoms['a Blob'](utf8('a\nbb\n\nccc')), 4);
    const lines = [];
    for (let line; (line = await file.line()) !== undefined; ) lines.push(line);
    assert.deepEqual(lines, ['a', 'bb', '', 'ccc']);
});

test('blocks are read once, and large reads pass them by', async () => {
    const data = noise(1000);
    const source = positioned(data);
    const file = await Random.open(source, 100);
    for (const at of [250, 230, 299, 205]) {
        file.seek('start', BigInt(at));
        assert.deepEqual(await file.readExact(1), data.subarray(at, at + 1));
    }
    assert.deepEqual(source.calls, [[200, 100]]);
    file.seek('start', 295n);
    assert.deepEqual(await file.readExact(10), data.subarray(295, 305));
    assert.deepEqual(source.calls.splice(0), [[200, 100], [300, 100]]);
    file.seek('start', 450n);
    assert.deepEqual(await file.readExact(500), data.subarray(450, 950));
    file.seek('end', -20n);
    assert.deepEqual(await file.rest(), data.subarray(980));
    assert.deepEqual(source.calls, [[450, 500], [900, 100]]);
});

test('what read gives is checked', async () => {
    const open = (read, size) => Random.open({ size, read });
    for (const [read, kind, message] of [
        [async () => bytes(), 'UnexpectedEof', /no bytes at 0, and the size is 10/],
        [async () => new Uint8Array(11), 'InvalidData', /11 bytes at 0, where 10 were asked for/],
        [async () => 'text', 'InvalidData', /expected a value of type bytes, found string/],
        [async () => undefined, 'InvalidData', /found undefined/],
    ]) {
        const error = await rejection((await open(read, 10)).read(1));
        assert.equal(error.kind, kind);
        assert.match(error.message, message);
    }
    for (const size of [-1, 1.5, NaN, Infinity, 2 ** 53, '10', 10n, undefined, Promise.resolve(-1)]) {
        const error = await rejection(open(async () => bytes(), size));
        assert.equal(error.kind, 'InvalidInput');
        assert.match(error.message, /a whole number of bytes/);
    }
    const reason = new Error('no size');
    assert.equal((await rejection(open(async () => bytes(), Promise.reject(reason)))).cause, reason);
});

test('a read that fails can be repeated', async () => {
    const data = noise(100);
    const reason = new Error('offline');
    let online = false;
    const file = await Random.open({
        size: 100,
        async read(position, length) {
            if (!online) throw reason;
            return data.subarray(position, position + length);
        },
    });
    for (let i = 0; i < 2; i++) {
        const error = await rejection(file.read(10));
        assert.deepEqual([error.kind, error.cause], ['Other', reason]);
        assert.match(error.message, /offline/);
    }
    online = true;
    assert.deepEqual(await file.rest(), data);
});

test('outside a fiber nothing is asked for, and what is there already is read', async () => {
    const refused = { code: 'CannotBlock', kind: 'WouldBlock' };
    let asked = 0;
    const stream = new Stream({ next: async () => ({ value: bytes(1, 2, ++asked) }) });
    assert.throws(() => stream.readOutside(1), refused);
    assert.equal(asked, 0);
    assert.deepEqual(await stream.read(1), bytes(1));
    assert.deepEqual(stream.readOutside(9), bytes(2, 1));
    assert.throws(() => stream.readOutside(1), refused);
    assert.deepEqual(await stream.read(9), bytes(1, 2, 2), 'no chunk is lost');

    const source = positioned(bytes(1, 2, 3));
    const file = Random.openOutside(source);
    assert.throws(() => file.readOutside(1), refused);
    assert.deepEqual(source.calls, []);
    assert.deepEqual(await file.read(1), bytes(1));
    assert.deepEqual(file.readOutside(9), bytes(2, 3));
    assert.deepEqual(file.readOutside(9), bytes());
    assert.throws(() => Random.openOutside({ ...source, size: Promise.resolve(3) }), refused);
});

test('many readers at once', async () => {
    const readers = Array.from({ length: 200 }, async (_, i) => {
        const data = noise(5000 + i, i);
        const chunks = [...pieces(data, 1 + i, 17, 0, 400)];
        const [stream, random] = await Promise.all([
            fixture.streamChecksum(streamsHere[i % streamsHere.length][1](chunks), 1 + (i % 300)),
            fixture.randomChecksum(Object.values(randoms)[i % 3](data), 1 + (i % 300)),
        ]);
        assert.deepEqual([stream, random], Array(2).fill(checksum(data)));
    });
    await Promise.all(readers);
});

test('readers hold no value when they are gone', async () => {
    // Of its own: what other tests have left may be collected at any time.
    const instance = await fixture.instantiate({ backend });
    const round = async () => {
        for (let i = 0; i < 50; i++) {
            await instance.streamChecksum(streams['an async iterator']([noise(100)]), 10);
            await instance.randomChecksum(randoms['a Blob'](noise(100)), 10);
            const early = new instance.Stream(later(['text']));
            await early.read(1);
            early.free();
        }
    };
    await round();
    const before = instance.liveValues();
    await round();
    assert.equal(instance.liveValues(), before);
});
