// Packages beside one another.

import { assert, backend, fixture, test } from './support.mjs';

test('two packages in one program', async () => {
    const other = await import('../examples/dynamic-import/pkg/dynamic-import.js');
    await other.init({ backend, base: new URL('../examples/dynamic-import/', import.meta.url) });
    const [sum, text] = await Promise.all([
        fixture.churn(5, 10, 3),
        other.describe('./my-dynamic-module.mjs'),
    ]);
    assert.equal(sum, fixture.churnExpected(5, 10, 3));
    assert.equal(text, 'value = "hello from dynamic module"  someFunction(21) = 42');
    await assert.rejects(fixture.importText('./my-dynamic-module.mjs', 'value'), { code: 'Import' });
});

test('the minified scripts, for a page without a bundler', async () => {
    const minified = await import('../examples/dynamic-import/pkg/dynamic-import.min.js');
    const base = new URL('../examples/dynamic-import/', import.meta.url);
    const instance = await minified.instantiate({ backend, base });
    assert.equal(instance.backend, backend === 'auto' ? 'asyncify' : backend);
    const text = await instance.describe('./my-dynamic-module.mjs');
    assert.equal(text, 'value = "hello from dynamic module"  someFunction(21) = 42');
    await assert.rejects(instance.describe('./missing.mjs'), { name: 'SuspendableError', code: 'Import' });
});
