// File systems of ours against that of the system: the same operations say the same, and leave the same.

import { strict as assert } from 'node:assert';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';

import { openDirectory } from '../../js/host/fs/directory.js';
import { createMemory } from '../../js/host/fs/memory.js';
import { openRoot } from '../../js/host/fs/root.js';
import { createOpfs } from './opfs.mjs';
import { createOperations, createRun, treeOf } from './operations.mjs';

/** Each: how an empty one is made. */
const systems = {
    memory: () => ({ fs: createMemory() }),
    'a directory': () => directory(),
    'a directory whose files can be moved': () => directory({ moves: true }),
    'a directory whose files are written in place': () => directory({ inPlace: true }),
};

/** A file system over a directory of the browser's, and how another page has the same. */
function directory(options) {
    const { handle } = createOpfs(options);
    const open = () => openDirectory(async () => handle);
    return { fs: open(), open };
}

const noLinux = process.platform !== 'linux' && 'the system is not Linux, whose rules these are';
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : Array.from({ length: 10 }, (_, i) => i + 1);
const STEPS = 600;

process.umask(0o022);

for (const [name, create] of Object.entries(systems)) {
    for (const seed of SEEDS) {
        test(`${name}: random operations, ${seed}`, { skip: noLinux }, async (t) => {
            const outside = await fs.realpath(await fs.mkdtemp(join(tmpdir(), 'suspendable-files-')));
            t.after(() => fs.rm(outside, { recursive: true, force: true }));
            const directory = join(outside, 'root');
            await fs.mkdir(directory);
            const own = create();
            const [expected, actual] = [createRun(fs, directory), createRun(own.fs, '')];
            const done = [];
            const operations = createOperations(seed);
            while (done.length < STEPS) {
                const operation = operations.next();
                done.push(operation);
                const outcome = await expected.step(operation);
                if (outcome.error === undefined) operations.done(operation);
                const last = () => done.slice(-25).map((each) => JSON.stringify(each)).join('\n');
                const own = await actual.step(operation);
                if (!isDeepStrictEqual(own, outcome)) {
                    assert.deepEqual(own, outcome, `step ${done.length}: ${inspect([own, outcome])} after\n${last()}`);
                }
            }
            await expected.closeAll();
            await actual.closeAll();
            const tree = await treeOf(fs, directory);
            assert.deepEqual(await treeOf(own.fs, ''), tree);
            if (own.open === undefined) return;
            await (await own.fs.open('/')).sync();
            assert.deepEqual(await treeOf(own.open(), ''), tree, 'what another page finds');
        });
    }
}

test('a root: links that are made and not followed, and times', { skip: noLinux }, async (t) => {
    const outside = await fs.realpath(await fs.mkdtemp(join(tmpdir(), 'suspendable-files-')));
    t.after(() => fs.rm(outside, { recursive: true, force: true }));
    const directory = join(outside, 'root');
    await fs.mkdir(directory);
    await fs.writeFile(join(outside, 'secret'), 'outside');
    await fs.writeFile(join(directory, 'a'), 'inside');
    const root = openRoot(fs, directory);
    await root.symlink('../../a', '/up');
    await root.symlink('/secret', '/out');
    assert.equal(await fs.readlink(join(directory, 'up')), '../../a');
    await root.utimes('/up', 5, 6);
    await root.lutimes('/up', 7, 8);
    assert.deepEqual([(await fs.stat(join(directory, 'a'))).mtimeMs, (await root.lstat('/up')).mtimeMs], [6000, 8000]);
    await assert.rejects(root.utimes('/out', 5, 6), { code: 'ENOENT' });
    await assert.rejects(root.symlink('a', '/up'), { code: 'EEXIST' });
    await assert.rejects(root.open('/up', fs.constants.O_NOFOLLOW), { code: 'ELOOP' });
    await (await root.open('/up', fs.constants.O_RDONLY)).close();
});
