// js_import.

import { assert, backend, base, context, fixture, inProcess, rejection, test } from './support.mjs';

test('values of every type', async () => {
    const get = (type, name) => fixture[`get_${type}`]('./values.mjs', name);
    assert.equal(await get('bool', 'yes'), 'true');
    assert.equal(await get('f64', 'half'), '0.5');
    assert.equal(await get('i32', 'three'), '3');
    assert.equal(await get('i64', 'big'), String(2n ** 62n));
    assert.equal(await get('string', 'text'), '"text"');
    assert.equal(await get('bytes', 'bytes'), '[1, 2, 255]');
    assert.equal(await get('bytes', 'buffer'), '[9, 8]');
    assert.equal(await get('bytes', 'numbers').catch(String), '[1, 2]');
    assert.equal(await get('optional_bytes', 'bytes'), 'Some([1, 2, 255])');
    assert.equal(await get('optional_bytes', 'nil'), 'None');
    assert.equal(await get('floats', 'floats'), '[0.5, 1.5]');
    assert.equal(await get('floats', 'numbers'), '[1.0, 2.5]');
    assert.equal(await get('strings', 'strings'), '["a", "ü", "😀"]');
    assert.equal(await get('option', 'half'), 'Some(0.5)');
    assert.equal(await get('option', 'nothing'), 'None');
    assert.equal(await get('option', 'nil'), 'None');
    assert.equal(await get('unit', 'object'), '()');
    assert.match(await get('array', 'strings'), /a/);
    assert.match(await get('bytes_view', 'bytes'), /Uint8Array/);
});

test('a value of another type: both types are named', async () => {
    assert.match(String(await rejection(fixture.get_f64('./values.mjs', 'text'))), /expected a value of type f64, found string/);
    assert.match(String(await rejection(fixture.get_string('./values.mjs', 'object'))), /expected a value of type String, found Object/);
    assert.match(String(await rejection(fixture.get_strings('./values.mjs', 'numbers'))), /expected a value of type Vec<String>, found Array/);
    assert.match(String(await rejection(fixture.get_i64('./values.mjs', 'three'))), /type i64, found number/);
    assert.equal((await rejection(fixture.get_bool('./values.mjs', 'nil'))).code, 'WrongType');
});

test('calls: plain, asynchronous, failing', async () => {
    assert.equal(await fixture.importCall('./values.mjs', 'add', 1, 2), 3);
    assert.equal(await fixture.importCall('./values.mjs', 'addLater', 1, 2), 3);
    for (const name of ['fail', 'failLater']) {
        const error = await rejection(fixture.importCall('./values.mjs', name, 1, 2));
        assert.equal(error.code, 'Rejected');
        assert.ok(error.cause instanceof RangeError);
        assert.match(error.message, /RangeError: failed/);
    }
});

test('missing exports, and exports that are not callable', async () => {
    const missing = await rejection(fixture.importText('./values.mjs', 'txet'));
    assert.deepEqual([missing.name, missing.code], ['SuspendableError', 'MissingExport']);
    assert.equal(missing.message, 'module "./values.mjs" has no export named "txet"');
    const notCallable = await rejection(fixture.importCall('./values.mjs', 'text', 1, 2));
    assert.equal(notCallable.code, 'NotCallable');
    assert.match(notCallable.message, /"text" of module ".\/values.mjs" is not callable: it is string/);
});

/** What WebKit says of any module that it cannot import. */
const VAGUE = /Importing a module script failed|Cross-origin script load denied/;

for (const [specifier, cause] of [
    ['./not-there.mjs', /not-there/],
    ['./syntax-error.mjs', /SyntaxError|errors building/],
    ['./throws.mjs', /thrown while evaluating/],
    // In a browser, the module that was asked for.
    ['./broken-import.mjs', inProcess ? /is-not-there/ : /is-not-there|broken-import/],
    ['', /./],
    ['not-a-package', /not-a-package/],
    ['node:not-a-builtin', /not-a-builtin/],
    ['http://[', /./],
    ['./ünïcödé-not-there ☃.mjs', /not-there/],
]) {
    test(`a module that cannot be imported: ${JSON.stringify(specifier)}`, async () => {
        const error = await rejection(fixture.importText(specifier, 'x'));
        assert.ok(error instanceof Error);
        assert.equal(error.code, 'Import');
        assert.ok(error.message.startsWith(`cannot import ${JSON.stringify(specifier)}: `), error.message);
        assert.ok(error.cause instanceof Error, 'the cause is what import() failed with');
        if (!VAGUE.test(error.cause)) assert.match(String(error.cause), cause);
    });
}

test('bare specifiers', { skip: context === 'worker' && 'a worker has no import map' }, async () => {
    assert.equal(await fixture.importText('bare-esm', 'name'), 'a bare specifier');
});

test('built-in modules', { skip: !inProcess && 'a browser has no modules of Node.js' }, async () => {
    assert.equal(await fixture.importText('node:path', 'sep'), '/');
    assert.equal(await fixture.importText('path', 'sep'), '/');
});

test('absolute and unicode specifiers', async () => {
    assert.equal(await fixture.importText(new URL('values.mjs', base).href, 'text'), 'text');
    assert.equal(await fixture.importText('./ünïcödé ☃.mjs', 'name'), 'ünïcödé ☃');
});

test('a data: URL', { skip: context === 'csp' && 'the policy forbids data: URLs' }, async () => {
    assert.equal(await fixture.importText('data:text/javascript,export const x = "inline"', 'x'), 'inline');
});

test('JSON with its attribute, and without as the host has it', async () => {
    const data = { answer: 42, list: [1, 2] };
    assert.deepEqual(await fixture.importJson('./data.json'), data);
    const host = import(new URL('data.json', base)).then(() => data, () => 'Import');
    const here = fixture.importValue('./data.json', 'default').catch(({ code }) => code);
    assert.deepEqual(await here, await host);
});

test('circular imports and top-level await', async () => {
    const namespace = await fixture.importNamespace('./circular-a.mjs');
    assert.equal(namespace.both(), 'aba');
    assert.equal(await fixture.importText('./top-level-await.mjs', 'waited'), 'top-level await');
});

test('the namespace is the one that import() gives', async () => {
    const namespace = await fixture.importNamespace('./values.mjs');
    assert.equal(namespace, await import('./modules/values.mjs'));
});

test('bindings are live', async () => {
    const before = await fixture.importValue('./values.mjs', 'counter');
    await fixture.importCall('./values.mjs', 'increment', 0, 0);
    assert.equal(await fixture.importValue('./values.mjs', 'counter'), before + 1);
});

test('a module that was imported before needs no fiber', async () => {
    const specifier = './values.mjs?outside';
    assert.throws(() => fixture.importOutside(specifier, 'text'), { code: 'CannotBlock' });
    await fixture.importText(specifier, 'text');
    assert.equal(fixture.importOutside(specifier, 'text'), 'text');
});

test('a failed import is tried again', async () => {
    let ready = false;
    const instance = await fixture.instantiate({
        backend,
        importModule: () => {
            if (!ready) throw new Error('not yet');
            return { x: 'now' };
        },
    });
    assert.equal((await rejection(instance.importText('m', 'x'))).code, 'Import');
    ready = true;
    assert.equal(await instance.importText('m', 'x'), 'now');
});

test('an export that is a suspendable export of the same instance', async () => {
    const { set } = await import('./modules/reentrant.mjs');
    set((a, b) => fixture.importCall('./values.mjs', 'addLater', a, b));
    assert.equal(await fixture.importCall('./reentrant.mjs', 'call', 20, 22), 42);
});

test('the host can forbid and map modules', async () => {
    const asked = [];
    const instance = await fixture.instantiate({
        backend,
        async importModule(specifier, options) {
            asked.push([specifier, options]);
            if (specifier.startsWith('node:')) throw new Error(`${specifier} is forbidden`);
            return { name: `mapped ${specifier}`, default: 'json' };
        },
    });
    assert.equal(await instance.importText('anything', 'name'), 'mapped anything');
    assert.equal(await instance.importText('anything', 'name'), 'mapped anything');
    assert.match((await rejection(instance.importText('node:fs', 'name'))).message, /forbidden/);
    assert.equal(await instance.importJson('data'), 'json');
    assert.deepEqual(asked, [
        ['anything', undefined],
        ['node:fs', undefined],
        ['data', { with: { type: 'json' } }],
    ]);
});
