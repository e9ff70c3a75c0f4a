// A thousandth of `make soak`: random programs over a random schedule.

import { instantiate } from './soak/pkg/soak.js';
import { soak } from './soak.mjs';
import { assert, backend, compile, inTime, test } from './support.mjs';

const module = await compile('soak');

for (const seed of [1, 2, 3]) {
    test(`random programs, seed ${seed}`, async () => {
        const counts = await inTime(soak(() => instantiate({ backend, module }), seed, 1000));
        for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, what);
    });
}
