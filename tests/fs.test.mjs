// Files: std's own examples, and the same random operations, on every file system that is here; hosts
// that fail, and roots that nothing leaves.

import { assert, backend, compile, context, inProcess, inTime, rejection, test, turn } from './support.mjs';
import { instantiate } from './fs/pkg/fs-tests.js';

const module = await compile('fs-tests', 'fs');

/** An instance whose files are `fs`. */
const withFiles = (fs) => instantiate({ backend, module, fs });

/** Where the suite runs, there is none of these. */
const none = (what) => `${what} is for programs of Node.js`;

const node = inProcess ? await import('node:fs') : undefined;
const { default: os } = inProcess ? await import('node:os') : {};
const { default: path } = inProcess ? await import('node:path') : {};

/** A directory of the host's that is empty; removed when the process ends. */
function temporary() {
    const directory = node.realpathSync(node.mkdtempSync(path.join(os.tmpdir(), 'suspendable-fs-')));
    process.on('exit', () => node.rmSync(directory, { recursive: true, force: true }));
    return directory;
}

/** Makes one of memfs's volumes. It is large: loaded when it is wanted. */
async function memory() {
    const { createFsFromVolume, Volume } = await import('../node_modules/memfs/lib/index.js');
    return createFsFromVolume(new Volume());
}

/**
 * Each file system: why it is not here, if it is not; an instance, and an empty directory; whether it
 * is strict: errors are of the same kind as those of Linux; which examples, by the beginnings of their names, it cannot
 * run, and why.
 *
 * @type {Record<string, { skip?: string, open(): Promise<[any, string]>, strict: boolean, lacks: Record<string, string> }>}
 */
const systems = {
    "the host's own": {
        skip: !inProcess && none('node:fs'),
        open: async () => [await withFiles(undefined), temporary()],
        strict: true,
        lacks: {},
    },
    'a root': {
        skip: !inProcess && none('node:fs'),
        open: async () => [await withFiles(temporary()), '/'],
        strict: true,
        lacks: {},
    },
    memfs: {
        skip: !inProcess && none('memfs'),
        open: async () => [await withFiles(await memory()), '/'],
        strict: false,
        lacks: {
            'paths::rename_directory': 'memfs loses a directory that is renamed into itself',
            'directories::trailing_slash': 'memfs takes a file with a slash behind it',
            'directories::canonical': 'memfs finds what is beside a directory that is not there',
        },
    },
};

const examples = (await withFiles(undefined)).exampleNames();

for (const [name, { skip, open, strict, lacks }] of Object.entries(systems)) {
    for (const example of examples) {
        const [, lacking] = Object.entries(lacks).find(([beginning]) => example.startsWith(beginning)) ?? [];
        const why = skip || lacking;
        test(`${name}: ${example}`, { skip: why }, async () => {
            const [files, directory] = await open();
            await inTime(files.runExample(example, directory));
        });
    }
    for (const seed of [1, 2, 3, 4]) {
        test(`${name}: random operations, ${seed}`, { skip }, async () => {
            const [files, directory] = await open();
            await files.runRandom(directory, seed, 500, strict);
        });
    }
}
