// Where the WebAssembly comes from, and which backend it gets.

import { assert, backend, fixture, inProcess, origin, readBytes, rejection, test } from './support.mjs';

const name = backend === 'asyncify' ? 'fixture.asyncify.wasm' : 'fixture.wasm';
const url = new URL(`./fixture/pkg/${name}`, import.meta.url);
const bytes = await readBytes(url);
/** What a module is not for by itself has to be asked for. */
const asking = backend === 'wasmfx' ? { backend } : {};

for (const [what, module] of Object.entries({
    'a URL': url,
    'a path': decodeURI(url.pathname),
    bytes,
    'an ArrayBuffer': bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    'a compiled module': await WebAssembly.compile(bytes),
    'a promise of bytes': Promise.resolve(bytes),
    'a Response': new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } }),
    'a Response of another type': new Response(bytes),
})) {
    test(`from ${what}`, async () => {
        const instance = await fixture.instantiate({ module, ...asking });
        assert.equal(instance.backend, backend);
        assert.equal(await instance.churn(1, 2, 3), fixture.churnExpected(1, 2, 3));
    });
}

test('over HTTP, and what is not there', async () => {
    const folder = `${origin}/tests/fixture/pkg`;
    const instance = await fixture.instantiate({ module: `${folder}/${name}`, ...asking });
    assert.equal(await instance.immediate(1, 2), 3);
    const error = await rejection(fixture.instantiate({ module: `${folder}/other.wasm` }));
    assert.match(error.message, /cannot load http.*other\.wasm: the server answered 404/);
});

test('bad options are errors', async () => {
    assert.match((await rejection(fixture.instantiate({ backend: 'jspy' }))).message, /'jspy'.*'auto' or one of 'jspi'/);
    assert.ok((await rejection(fixture.instantiate({ module: bytes.subarray(0, 1000) }))) instanceof WebAssembly.CompileError);
    const foreign = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    assert.match((await rejection(fixture.instantiate({ module: foreign }))).message, /cargo suspendable/);
    const other = backend === 'asyncify' ? 'jspi' : 'asyncify';
    const mismatch = await rejection(fixture.instantiate({ module: bytes, backend: other }));
    assert.match(mismatch.message, /made for '(jspi|asyncify)'/);
});

test('without JSPI, asking for it is an error that says what to do', async () => {
    const { Suspending } = WebAssembly;
    delete WebAssembly.Suspending;
    try {
        const error = await rejection(fixture.instantiate({ backend: 'jspi' }));
        assert.match(error.message, /no JSPI.*'asyncify'/);
        assert.equal((await fixture.instantiate()).backend, 'asyncify');
    } finally {
        if (Suspending) WebAssembly.Suspending = Suspending;
    }
});

const hasFlag = backend === 'wasmfx' && 'this engine has it';

test('without core stack switching, asking for it is an error that says what to do', { skip: hasFlag }, async () => {
    const error = await rejection(fixture.instantiate({ backend: 'wasmfx' }));
    assert.match(error.message, /no core stack switching.*Node\.js 26.*--experimental-wasm-wasmfx.*'asyncify'/);
});

test('calls before init say so; init is done once', async () => {
    // The package again, as a program finds it that has just begun.
    const fresh = await import('./fixture/pkg/fixture.js?fresh');
    assert.equal(fresh.backend, undefined);
    assert.throws(() => fresh.immediate(1, 2), /init/);
    await assert.rejects(fresh.init({ module: '/not/there.wasm' }), /there\.wasm/);
    const [a, b] = await Promise.all([fresh.default({ backend }), fresh.init()]);
    assert.equal(a, b);
    assert.equal(a.backend, fresh.backend);
    assert.equal(await fresh.immediate(1, 2), 3);
    const text = await fresh.importText('./modules/values.mjs', 'text');
    assert.equal(text, 'text', 'from the working directory, the page or the worker');
});
