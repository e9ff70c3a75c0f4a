// Reading a file, beside the same loop in JavaScript over Node.js's handle.

import { instantiate } from '../programs/pkg/bench-programs.js';
import { FEW_ROUNDS } from '../measure.mjs';
import { compareStyles } from './table.mjs';

const LENGTH = 100_000_000;
const STEP = 64 * 1024;
const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];

export async function run() {
    // Pages have no such files.
    if (globalThis.process?.getBuiltinModule === undefined) return [];
    const { mkdtemp, open, rm, writeFile } = process.getBuiltinModule('node:fs/promises');
    const { join } = process.getBuiltinModule('node:path');
    const { tmpdir } = process.getBuiltinModule('node:os');
    const directory = await mkdtemp(join(tmpdir(), 'suspendable-bench-'));
    const path = join(directory, 'file');
    await writeFile(path, new Uint8Array(LENGTH).fill(7));

    /**
     * @param {number} times
     * @param {(piece: Uint8Array) => void} [take] what becomes of a piece
     */
    async function inJavaScript(times, take = () => {}) {
        const buffer = new Uint8Array(STEP);
        let total = 0;
        for (let i = 0; i < times; i++) {
            const handle = await open(path);
            let position = 0;
            for (;;) {
                const { bytesRead } = await handle.read(buffer, 0, STEP, position);
                if (bytesRead === 0) break;
                take(buffer.subarray(0, bytesRead));
                position += bytesRead;
            }
            total += position;
            await handle.close();
        }
        return total;
    }

    const styles = {
        JavaScript: () => ({ run: inJavaScript, check: () => inJavaScript(1) }),
        // Nobody may let the host write into a memory that can move when it grows.
        'JavaScript, with the copy into a memory': () => {
            const memory = new Uint8Array(new WebAssembly.Memory({ initial: 2 }).buffer);
            const copied = (times) => inJavaScript(times, (piece) => memory.set(piece));
            return { run: copied, check: () => copied(1) };
        },
    };
    for (const backend of BACKENDS) {
        const { readFile } = await instantiate({ backend });
        const read = (times) => readFile(path, STEP, times);
        styles[`ours, ${backend}`] = () => ({ run: read, check: () => read(1) });
    }
    const title = 'A step of 64 KB, of a file of 100 MB';
    const each = Math.ceil(LENGTH / STEP);
    try {
        return [
            await compareStyles({ id: 'file-read', title, floor: 'JavaScript' }, styles, {
                operations: 1,
                each,
                rounds: { ...FEW_ROUNDS, least: 9, most: 15 },
                seconds: 8,
            }),
        ];
    } finally {
        await rm(directory, { recursive: true });
    }
}
