// Usage: node main.mjs [BACKEND]
//
// Counts words in a database, twenty calls at once; then opens its file again, and lists them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import init, { Words } from './pkg/redb-example.js';

const folder = await mkdtemp(join(tmpdir(), 'redb-'));
try {
    // Paths are inside of the folder.
    await init({ backend: process.argv[2], fs: folder });
    const words = await Words.open('/words.redb');
    await Promise.all(Array.from({ length: 20 }, (_, i) => words.add(`every ${i % 2 ? 'odd' : 'even'} call ${i % 7}`)));
    await words.close();

    const again = await Words.open('/words.redb');
    console.log(await again.list());
    await again.close();
} finally {
    await rm(folder, { recursive: true });
}
