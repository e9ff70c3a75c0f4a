// Usage: node --test test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { instantiate } from './pkg/{{name}}.js';

// Each backend, whatever this Node.js has: 'jspi' where WebAssembly can be suspended by the engine.
for (const backend of ['asyncify', ...('Suspending' in WebAssembly ? ['jspi'] : [])]) {
    test(`it greets, through ${backend}`, async () => {
        const { greet } = await instantiate({ backend, base: import.meta.url });
        assert.equal(await greet('./plugin.mjs', 'you'), 'Hello you!');
        assert.deepEqual(
            await Promise.all(['Ada', 'Grace'].map((name) => greet('./plugin.mjs', name))),
            ['Hello Ada!', 'Hello Grace!'],
        );
    });

    test(`a module that is not there is an error, through ${backend}`, async () => {
        const { greet } = await instantiate({ backend, base: import.meta.url });
        await assert.rejects(greet('./nothing.mjs', 'you'), /nothing\.mjs/);
    });
}
