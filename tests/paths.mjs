// Where the tests of programs have their files: in a temporary folder, or in OPFS.

import { inProcess } from './portable.mjs';

/** Why there are no files here. */
export const noFiles =
    !inProcess &&
    ((navigator.storage?.getDirectory === undefined && 'the engine has no OPFS') ||
        (await navigator.storage.getDirectory().then(() => false, (error) => `no OPFS here: ${error.name}`)));

let paths = 0;

/** The path of a file that is not there. */
export async function newPath() {
    const name = `suspendable-${Date.now()}-${paths++}`;
    if (!inProcess) return `/${name}`;
    const [{ tmpdir }, { join }, { mkdtempSync, rmSync }] = await Promise.all(
        ['node:os', 'node:path', 'node:fs'].map((module) => import(module)),
    );
    const directory = mkdtempSync(join(tmpdir(), 'suspendable-'));
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
    return join(directory, name);
}
