// Directories that are empty, for tests of files.

import { inProcess } from './portable.mjs';

const node = inProcess ? await import('node:fs') : undefined;
const { default: os } = inProcess ? await import('node:os') : {};
const { default: path } = inProcess ? await import('node:path') : {};

/** One of the host's; removed when the process ends. */
export function temporary() {
    const directory = node.realpathSync(node.mkdtempSync(path.join(os.tmpdir(), 'suspendable-fs-')));
    process.on('exit', () => node.rmSync(directory, { recursive: true, force: true }));
    return directory;
}

let folders = 0;

/** One of the origin's private file system. */
export async function privateDirectory() {
    const root = await navigator.storage.getDirectory();
    const name = `suspendable-fs-${Date.now()}-${Math.random()}-${folders++}`;
    return { name, handle: await root.getDirectoryHandle(name, { create: true }) };
}
