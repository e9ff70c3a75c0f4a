// Usage: node main.mjs [BACKEND]
//
// Counts words in a database, twenty calls at once; then opens its file again, and lists them.

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import init, { Words } from './pkg/redb-example.js';

/** A file as the Rust asks for it. */
class AsyncFile {
    constructor(handle) {
        this.handle = handle;
    }

    async size() {
        return (await this.handle.stat()).size;
    }

    async read(position, length) {
        const { buffer, bytesRead } = await this.handle.read(new Uint8Array(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
    }

    async write(position, bytes) {
        for (let at = 0; at < bytes.length; ) {
            at += (await this.handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
        }
    }

    truncate(size) {
        return this.handle.truncate(size);
    }

    sync() {
        return this.handle.datasync();
    }
}

await init({ backend: process.argv[2] });
const folder = await mkdtemp(join(tmpdir(), 'redb-'));
try {
    const file = await open(join(folder, 'words.redb'), 'w+');
    const words = await Words.open(new AsyncFile(file));
    await Promise.all(Array.from({ length: 20 }, (_, i) => words.add(`every ${i % 2 ? 'odd' : 'even'} call ${i % 7}`)));
    words.free();
    await file.close();

    const again = await open(join(folder, 'words.redb'), 'r+');
    console.log(await (await Words.open(new AsyncFile(again))).list());
    await again.close();
} finally {
    await rm(folder, { recursive: true });
}
