// gitoxide over std::fs: examples/git, with a repository on disk or in OPFS, compared with git's own answers.

import { init, Repository } from '../examples/git/pkg/git-example.js';
import { privateDirectory } from './directories.mjs';
import { assert, backend, inProcess, inTime, noOpfs, readBytes, readText, rejection, test } from './support.mjs';

await init({ backend });

const made = new URL('../target/repository/', import.meta.url);
const expected = JSON.parse(await readText(new URL('expected.json', made)));
const skip = expected.missing ?? (inProcess ? false : noOpfs);
const folder = skip ? '' : await (inProcess ? onDisk() : inOpfs());

async function onDisk() {
    const { fileURLToPath } = await import('node:url');
    return fileURLToPath(new URL('git', made));
}

/** A copy of it, in the private file system of this origin. */
async function inOpfs() {
    const { name: root, handle } = await privateDirectory();
    for (const path of expected.stored) {
        const names = path.split('/');
        const name = names.pop();
        let directory = handle;
        for (const each of names) directory = await directory.getDirectoryHandle(each, { create: true });
        const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
        await writable.write(await readBytes(new URL(`git/${path}`, made)));
        await writable.close();
    }
    return `/${root}`;
}

test('git: the history, as git tells it', { skip }, async () => {
    const repository = await inTime(Repository.open(folder));
    for (const [revision, lines] of expected.log) {
        assert.deepEqual(await inTime(repository.log(revision, 10_000)), lines, revision);
    }
    assert.deepEqual(await repository.log('HEAD', 2), expected.log[0][1].slice(0, 2));
});

test('git: files, and what is in them, all at once', { skip }, async () => {
    const repository = await inTime(Repository.open(folder));
    for (const [revision, paths] of expected.files) {
        assert.deepEqual(await inTime(repository.files(revision)), paths, revision);
    }
    const read = async ([revision, path]) => new TextDecoder().decode(await repository.read(revision, path));
    const texts = await inTime(Promise.all(expected.read.map(read)));
    assert.deepEqual(texts, expected.read.map(([, , text]) => text));
});

test('git: what is not there', { skip }, async () => {
    const repository = await inTime(Repository.open(folder));
    assert.match((await rejection(repository.read('HEAD', 'src/none'))).message, /^there is no src\/none in HEAD/);
    assert.match((await rejection(repository.log('no-such-branch', 1))).message, /no-such-branch/);
    const none = '1234567890123456789012345678901234567890';
    assert.match((await rejection(repository.log(none, 1))).message, new RegExp(none));
});
