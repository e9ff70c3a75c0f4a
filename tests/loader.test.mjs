// Where the WebAssembly comes from, and which backend it gets.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { backend, fixture, rejection } from './support.mjs';

const name = { jspi: 'fixture.wasm', 'jspi-legacy': 'fixture.wasm', asyncify: 'fixture.asyncify.wasm' }[backend];
const url = new URL(`./fixture/pkg/${name}`, import.meta.url);
const bytes = await readFile(url);

for (const [what, module] of Object.entries({
    'a URL': url,
    'a path': fileURLToPath(url),
    bytes,
    'an ArrayBuffer': bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    'a compiled module': await WebAssembly.compile(bytes),
    'a promise of bytes': Promise.resolve(bytes),
    'a Response': new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } }),
    'a Response of another type': new Response(bytes),
})) {
    test(`from ${what}`, async () => {
        const instance = await fixture.instantiate({ module });
        assert.equal(instance.backend, backend);
        assert.equal(await instance.churn(1, 2, 3), fixture.churnExpected(1, 2, 3));
    });
}

test('over HTTP, and what is not there', async () => {
    const server = createServer((request, response) => {
        const found = request.url === '/module.wasm';
        response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/wasm' });
        response.end(found ? bytes : 'no such file');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${server.address().port}`;
    const instance = await fixture.instantiate({ module: `${origin}/module.wasm` });
    assert.equal(await instance.immediate(1, 2), 3);
    const error = await rejection(fixture.instantiate({ module: `${origin}/other.wasm` }));
    assert.match(error.message, /cannot load http.*other\.wasm: the server answered 404/);
    server.close();
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

if (backend === 'asyncify') {
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
}

test('calls before init say so; init is done once', () => {
    const program = `
        import assert from 'node:assert/strict';
        import init, { backend, immediate, importText } from './pkg/fixture.js';
        assert.equal(backend, undefined);
        assert.throws(() => immediate(1, 2), /init/);
        await assert.rejects(init({ module: '/not/there.wasm' }), /there\\.wasm/);
        const [a, b] = await Promise.all([init({ backend: '${backend}' }), init()]);
        assert.equal(a, b);
        assert.equal(a.backend, backend);
        assert.equal(await immediate(1, 2), 3);
        assert.equal(await importText('../modules/values.mjs', 'text'), 'text', 'from the working directory');
        console.log('fine');`;
    const cwd = fileURLToPath(new URL('./fixture/', import.meta.url));
    const flags = [...process.execArgv, '--input-type=module', '--eval', program];
    assert.equal(execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' }), 'fine\n');
});
