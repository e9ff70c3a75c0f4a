// What crosses the edge to JavaScript: errors of other crates, of std and of the author's, which come out of
// `#[suspendable]` functions with `?`; and types that the author gives.

import * as edge from './edge/pkg/edge.js';
import { assert, base, rejection, test } from './support.mjs';
import { wanted } from './portable.mjs';

await edge.init({ backend: wanted, base });

/** What a value says, and what it began with. */
function chain(error) {
    const texts = [];
    for (; error !== undefined; error = error.cause) {
        assert.ok(error instanceof Error);
        texts.push(error.message);
    }
    return texts;
}

test('an enum of one’s own: its text, and its source as the cause', async () => {
    const size = await rejection(edge.failOwn('./values.mjs', '1o'));
    assert.equal(size.name, 'Error');
    assert.deepEqual(chain(size), ['the size is no number', 'invalid digit found in string']);
    assert.equal(await edge.failOwn('./values.mjs', '10'), 10);
});

test('behind an enum of one’s own, the error of this crate is what it is alone', async () => {
    const plugin = await rejection(edge.failOwn('./nothing.mjs', '10'));
    assert.equal(plugin.message, 'cannot load the plugin');
    assert.equal(plugin.cause.name, 'SuspendableError');
    assert.equal(plugin.cause.code, 'Import');
    assert.match(plugin.cause.message, /^cannot import ".\/nothing.mjs": /);
    assert.ok(plugin.cause.cause instanceof Error, 'what import() failed with');
});

test('anyhow: a message, a context and its cause', async () => {
    assert.deepEqual(chain(await rejection(edge.failAnyhow('message', 'words'))), ['a message, and words']);
    assert.deepEqual(chain(await rejection(edge.failAnyhow('another', 'one'))), [
        '"one" is no number',
        'invalid float literal',
    ]);
    assert.equal(await edge.failAnyhow('another', '1.5'), 1.5);
});

test('anyhow: the error of this crate, alone and with a context', async () => {
    const alone = await rejection(edge.failAnyhow('own', './nothing.mjs'));
    assert.equal(alone.name, 'SuspendableError');
    assert.equal(alone.code, 'Import');
    const { message, cause } = await rejection(edge.failAnyhow('own, with words', './nothing.mjs'));
    assert.equal(message, 'cannot begin');
    assert.equal(cause.code, 'Import');
});

test('io::Result: an error of the host’s, and one that began in Rust', async () => {
    const absent = await rejection(edge.failIo('/nothing/here'));
    assert.equal(absent.name, 'SuspendableError');
    assert.match(absent.message, /no files here|no such file|nothing|file system|not supported/i);
});

test('an error in a box', async () => {
    for (const fail of [edge.failBoxed, edge.failShared]) {
        assert.deepEqual(chain(await rejection(fail('ten'))), ['invalid digit found in string']);
        assert.equal(await fail('10'), 10);
    }
});

test('what is cancelled is rejected with the reason itself, behind anyhow too', async () => {
    const reason = new Error('enough');
    const given = await rejection(edge.failAnyhow('own', './values.mjs', { signal: AbortSignal.abort(reason) }));
    assert.equal(given, reason);
});

test('values of the types that the author gives', async () => {
    const point = { x: 1, y: 2, label: null };
    assert.deepEqual(await edge.mirrored(point), { ...point, x: -1 });
    const points = [
        ['light', point],
        ['dark', null],
    ];
    assert.deepEqual(await edge.byShade(points), { light: [point], dark: [] });
    assert.deepEqual(await edge.hide('dark', []), { shade: 'dark' });
    const canvas = new edge.Canvas();
    assert.equal(await canvas.add(point), 1);
    assert.deepEqual(await canvas.first(), point);
    assert.equal((await rejection(canvas.first())).message, 'the canvas is empty');
});
