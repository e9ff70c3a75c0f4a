// A second opinion on the instrumentation: random programs through ours, through Binaryen's, and through neither. Each
// is compared with what it sees alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { instantiate } from '../soak/pkg/soak.js';
import { soak } from '../soak.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

test('random programs do the same through both, and through neither', async () => {
    execFileSync(process.execPath, [path('./binaryen.mjs'), 'tests/soak'], { stdio: ['ignore', 'ignore', 'inherit'] });
    const { instantiate: throughBinaryen } = await import('../../target/binaryen/tests/soak/pkg/soak.js');
    for (const seed of [1, 2, 3]) {
        const ours = await soak(() => instantiate({ backend: 'asyncify' }), seed, 2000);
        const binaryens = await soak(() => throughBinaryen({ backend: 'asyncify' }), seed, 2000);
        assert.ok(ours.suspensions >= 2000 && ours.faults > 0);
        // The same programs, in the same order.
        assert.deepEqual(binaryens, ours);
        // Stacks of the engine's go on at other times.
        await soak(() => instantiate({ backend: 'jspi' }), seed, 2000);
    }
});
