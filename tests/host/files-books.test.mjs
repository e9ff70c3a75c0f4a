// The books of what a directory of the browser's has not: when there are any, what they are worth when others change
// the directory, and what is left when a page is closed in the middle.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';

import { openDirectory } from '../../js/host/fs/directory.js';
import { treeOf } from './operations.mjs';
import { createOpfs } from './opfs.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const codeOf = (promise) => promise.then(() => 'done', (error) => error.code ?? error);
const [READ_WRITE, CREATE, REPLACE] = [2, 0o102, 0o1102];
const PAST = 1_234_567_890_123_456_789n;

const pageOf = ({ handle }) => openDirectory(async () => handle);

async function write(fs, path, text) {
    const file = await fs.open(path, REPLACE);
    await file.write(bytes(text), 0, bytes(text).length, 0);
    await file.close();
}

async function read(fs, path) {
    const file = await fs.open(path);
    const buffer = new Uint8Array(1000);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    await file.close();
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
}

const sync = async (fs) => (await fs.open('/')).sync();
const stat = (fs, path) => fs.lstat(path, { bigint: true });
const inoOf = async (fs, path) => (await stat(fs, path)).ino;

/** What is really in a directory. */
async function namesIn(directory) {
    const names = [];
    for await (const [name, { kind }] of directory.entries()) names.push(kind === 'directory' ? `${name}/` : name);
    return names.sort();
}

/** As another program writes a file. */
async function writeBehind(directory, name, text) {
    const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
    await writable.write({ position: 0, data: new Blob([text]) });
    await writable.close();
}

test('there are none until they are needed', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await write(fs, '/a', 'one');
    await fs.mkdir('/folder');
    await fs.rename('/a', '/folder/b');
    await fs.rename('/folder', '/moved');
    await fs.copyFile('/moved/b', '/c');
    await fs.readdir('/');
    await stat(fs, '/moved/b');
    await fs.unlink('/c');
    await sync(fs);
    assert.deepEqual(await namesIn(opfs.handle), ['moved/']);
    await fs.chmod('/moved/b', 0o600);
    await sync(fs);
    assert.deepEqual(await namesIn(opfs.handle), ['.suspendable-books-1', 'moved/']);
    await fs.chmod('/moved/b', 0o644);
    await sync(fs);
    assert.deepEqual(await namesIn(opfs.handle), ['.suspendable-books-0', '.suspendable-books-1', 'moved/']);
});

test("they are hidden, and are nobody else's", async () => {
    const fs = pageOf(createOpfs());
    await fs.mkdir('/folder');
    await write(fs, '/a', 'a');
    await fs.symlink('a', '/link');
    const name = '/.suspendable-books-1';
    assert.deepEqual((await fs.readdir('/')).sort(), ['a', 'folder', 'link']);
    for (const run of [() => fs.stat(name), () => fs.unlink(name), () => fs.open(name), () => fs.rename(name, '/b')]) {
        assert.equal(await codeOf(run()), 'ENOENT');
    }
    const makes = [
        () => fs.open(name, CREATE),
        () => fs.mkdir(name),
        () => fs.rename('/a', name),
        () => fs.copyFile('/a', name),
        () => fs.symlink('a', name),
        () => fs.link('/a', name),
    ];
    for (const run of makes) assert.equal(await codeOf(run()), 'EPERM');
    await write(fs, `/folder${name}`, 'of somebody else');
    assert.deepEqual(await fs.readdir('/folder'), [name.slice(1)]);
    assert.equal(await fs.readlink('/link'), 'a');
});

test('another page finds links, permissions and times', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await fs.mkdir('/folder');
    await write(fs, '/folder/a', 'text');
    await fs.symlink('folder/a', '/link');
    await fs.link('/folder/a', '/b');
    await fs.chmod('/folder', 0o700);
    await fs.utimesNs('/b', PAST, PAST + 1n);
    await fs.utimesNs('/link', 5n, 6n, false);
    await fs.utimesNs('/folder', 7n, 8n);
    await sync(fs);

    const page = pageOf(opfs);
    assert.equal(await page.readlink('/link'), 'folder/a');
    assert.equal(await read(page, '/link'), 'text');
    assert.equal((await stat(page, '/folder')).mode, 0o040700n);
    const { atimeNs, mtimeNs, nlink, ino } = await stat(page, '/folder/a');
    assert.deepEqual([atimeNs, mtimeNs, nlink], [PAST, PAST + 1n, 2n]);
    assert.equal(ino, await inoOf(page, '/b'));
    assert.deepEqual([(await stat(page, '/link')).atimeNs, (await stat(page, '/link')).mtimeNs], [5n, 6n]);
    assert.deepEqual([(await stat(page, '/folder')).atimeNs, (await stat(page, '/folder')).mtimeNs], [7n, 8n]);
    // The bytes are where the first name is, for all who do not know of books.
    const behind = await (await opfs.handle.getFileHandle('b')).getFile();
    assert.equal(await behind.text(), `suspendable: a further name of file ${ino}`);
    await write(page, '/b', 'more');
    assert.equal(await read(pageOf(opfs), '/folder/a'), 'more');
});

test('times: what is written later counts, and a file that is written and then told its time keeps that', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    const file = await fs.open('/a', CREATE);
    await file.write(bytes('one'), 0, 3, 0);
    await file.utimesNs(PAST, PAST);
    assert.equal((await file.stat({ bigint: true })).mtimeNs, PAST);
    await file.close();
    await sync(fs);
    assert.equal((await stat(pageOf(opfs), '/a')).mtimeNs, PAST);
    await fs.rename('/a', '/b');
    await sync(fs);
    assert.equal((await stat(pageOf(opfs), '/b')).mtimeNs, PAST);
    const again = await fs.open('/b', READ_WRITE);
    assert.equal((await again.stat({ bigint: true })).mtimeNs, PAST);
    await again.write(bytes('two'), 0, 3, 0);
    assert.ok((await again.stat({ bigint: true })).mtimeNs > PAST);
    await again.close();
    for (const page of [fs, pageOf(opfs)]) {
        assert.ok((await stat(page, '/b')).mtimeNs > PAST);
        assert.equal((await stat(page, '/b')).atimeNs, PAST);
    }
    await fs.utimesNs('/b', PAST, PAST);
    await sync(fs);
    await writeBehind(opfs.handle, 'b', 'three');
    assert.ok((await stat(pageOf(opfs), '/b')).mtimeNs > PAST);
});

test('inodes: of a file, wherever it is moved; of two files, two', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await write(fs, '/a', 'a');
    await fs.mkdir('/folder');
    await write(fs, '/folder/b', 'b');
    const before = { a: await inoOf(fs, '/a'), folder: await inoOf(fs, '/folder'), b: await inoOf(fs, '/folder/b') };
    assert.equal(new Set(Object.values(before)).size, 3);
    assert.equal(await inoOf(pageOf(opfs), '/folder/b'), before.b);
    await fs.rename('/folder', '/moved');
    await fs.rename('/a', '/moved/a');
    const after = { a: await inoOf(fs, '/moved/a'), folder: await inoOf(fs, '/moved'), b: await inoOf(fs, '/moved/b') };
    assert.deepEqual(after, before);
    await write(fs, '/a', 'new');
    await fs.mkdir('/folder');
    assert.notEqual(await inoOf(fs, '/a'), before.a);
    assert.notEqual(await inoOf(fs, '/folder'), before.folder);
    assert.deepEqual((await fs.stat('/moved/a')).ino, Number(before.a));
});

test('a file that is open twice, removed, renamed, moved over, and in a directory that is renamed', async () => {
    for (const moves of [false, true]) {
        const opfs = createOpfs({ moves });
        const fs = pageOf(opfs);
        await fs.mkdir('/folder');
        await write(fs, '/folder/a', 'first');
        const [one, two] = [await fs.open('/folder/a', READ_WRITE), await fs.open('/folder/a', READ_WRITE)];
        const readOf = async (file) => {
            const buffer = new Uint8Array(100);
            const { bytesRead } = await file.read(buffer, 0, 100, 0);
            return new TextDecoder().decode(buffer.subarray(0, bytesRead));
        };
        await one.write(bytes('F'), 0, 1, 0);
        assert.equal(await readOf(two), 'First');
        await fs.rename('/folder', '/moved');
        await two.write(bytes('!'), 0, 1, 5);
        assert.equal(await read(fs, '/moved/a'), 'First!');
        await one.sync();
        assert.equal(await read(pageOf(opfs), '/moved/a'), 'First!');

        await fs.link('/moved/a', '/b');
        await fs.unlink('/moved/a');
        await one.write(bytes('f'), 0, 1, 0);
        await one.sync();
        assert.equal(await read(pageOf(opfs), '/b'), 'first!');
        await write(fs, '/c', 'other');
        const { ino } = await one.stat();
        await fs.rename('/c', '/b');
        assert.equal(await readOf(two), 'first!');
        assert.deepEqual([(await two.stat()).nlink, (await two.stat()).ino], [0, ino]);
        await two.write(bytes('?'), 0, 1, 6);
        await one.close();
        assert.equal(await readOf(two), 'first!?');
        await two.close();
        assert.deepEqual(await fs.readdir('/moved'), []);
        assert.equal(await read(pageOf(opfs), '/b'), 'other');
        assert.equal((await stat(fs, '/b')).nlink, 1n);
    }
});

test('others change the directory: what is there counts', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await write(fs, '/a', 'text');
    for (const name of ['/gone', '/file', '/empty', '/same', '/folder']) await fs.symlink('a', name);
    for (const name of ['/other', '/left']) await fs.link('/a', name);
    await fs.mkdir('/tree');
    await fs.symlink('/a', '/tree/link');
    await sync(fs);
    const behind = opfs.handle;
    await behind.removeEntry('gone');
    await writeBehind(behind, 'file', 'a file');
    await behind.removeEntry('empty');
    await behind.getFileHandle('empty', { create: true });
    await behind.removeEntry('folder');
    await behind.getDirectoryHandle('folder', { create: true });
    await writeBehind(behind, 'other', 'of its own');
    const tree = await behind.getDirectoryHandle('tree');
    await tree.removeEntry('link');
    for (const page of [fs, pageOf(opfs)]) {
        assert.equal(await codeOf(stat(page, '/gone')), 'ENOENT');
        assert.equal(await read(page, '/file'), 'a file');
        assert.equal(await read(page, '/empty'), '');
        assert.ok((await stat(page, '/folder')).isDirectory());
        assert.equal(await page.readlink('/same'), 'a');
        assert.equal(await read(page, '/other'), 'of its own');
        assert.equal(await read(page, '/left'), 'text');
        assert.deepEqual(await page.readdir('/tree'), []);
        const kinds = (await page.readdir('/', { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
        assert.deepEqual(kinds.map(({ name }) => name), ['same']);
    }
    // The name that has the bytes is gone, and nobody can say what they were.
    await behind.removeEntry('a');
    assert.match(await read(fs, '/left'), /^suspendable: a further name of file/);
    assert.equal((await stat(fs, '/left')).nlink, 1n);
    // What is made where a directory of others' was has nothing of it.
    await behind.removeEntry('tree');
    await fs.mkdir('/tree');
    await write(fs, '/tree/link', '');
    assert.equal(await read(fs, '/tree/link'), '');
});

test('two pages at once: what one writes, the other keeps', async () => {
    const opfs = createOpfs();
    const [one, two] = [pageOf(opfs), pageOf(opfs)];
    await write(one, '/a', 'text');
    await two.readdir('/');
    await Promise.all([one.symlink('a', '/one'), two.symlink('a', '/two')]);
    await one.link('/a', '/b');
    await two.chmod('/a', 0o600);
    await sync(two);
    await two.link('/a', '/c');
    await one.unlink('/one');
    await sync(one);
    await sync(two);
    const tree = await treeOf(pageOf(opfs), '');
    assert.deepEqual(Object.keys(tree).sort(), ['/', '/a', '/b', '/c', '/two']);
    assert.equal(tree['/two'].target, 'a');
    for (const name of ['/a', '/b', '/c']) {
        assert.deepEqual([tree[name].text, tree[name].nlink, tree[name].mode], ['text', 3, '600'], name);
    }
});

test('books that cannot be read: the others count', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await fs.symlink('one', '/one');
    await fs.symlink('two', '/two');
    const newest = await (await (await opfs.handle.getFileHandle('.suspendable-books-0')).getFile()).text();
    for (const text of ['', 'null', '{"serial":99}', newest.slice(0, -1), `${newest.slice(0, 20)}${'\0'.repeat(50)}`]) {
        await writeBehind(opfs.handle, '.suspendable-books-0', text);
        const page = pageOf(opfs);
        assert.equal(await page.readlink('/one'), 'one');
        assert.equal(await read(page, '/two'), 'suspendable: a symbolic link to two');
    }
    await writeBehind(opfs.handle, '.suspendable-books-1', '');
    assert.equal(await codeOf(pageOf(opfs).readlink('/one')), 'EINVAL');
});

test('a file that another page writes while it is read is read once more', async () => {
    const opfs = createOpfs();
    await pageOf(opfs).symlink('one', '/one');
    await pageOf(opfs).symlink('two', '/two');
    let writes = 0;
    const written = async (folder, name) => {
        const handle = await folder.getFileHandle(name);
        const getFile = async () => {
            const file = await handle.getFile();
            if (writes++ % 4 < 3) await writeBehind(folder, name, await file.text());
            return file;
        };
        return { ...handle, getFile };
    };
    const getFileHandle = (name) => written(opfs.handle, name);
    const page = pageOf({ handle: { ...opfs.handle, getFileHandle } });
    assert.deepEqual([await page.readlink('/one'), await page.readlink('/two')], ['one', 'two']);
    assert.ok(writes >= 8, `${writes}`);
});

test('a directory that is full: no link, no name, and everything else as it was', async () => {
    const opfs = createOpfs();
    const fs = pageOf(opfs);
    await write(fs, '/a', 'text');
    opfs.isFull = true;
    const error = await fs.symlink('a', '/link').catch((error) => error);
    assert.equal(error.name, 'QuotaExceededError');
    assert.equal((await fs.link('/a', '/b').catch((error) => error)).name, 'QuotaExceededError');
    await fs.chmod('/a', 0o600);
    await assert.rejects(sync(fs), { name: 'QuotaExceededError' });
    assert.deepEqual(await fs.readdir('/'), ['a']);
    assert.equal((await stat(fs, '/a')).nlink, 1n);
    opfs.isFull = false;
    await sync(fs);
    assert.equal((await stat(pageOf(opfs), '/a')).mode, 0o100600n);
});

/** Each: what is done to the files below, and whether all of it is done at once. */
const CHANGES = {
    'a link is made': [(fs) => fs.symlink('a', '/new'), true],
    'a name is made': [(fs) => fs.link('/plain', '/new'), true],
    'a further name is made': [(fs) => fs.link('/two', '/new'), true],
    'permissions are changed': [(fs) => fs.chmod('/plain', 0o600), true],
    'times are changed': [(fs) => fs.utimesNs('/plain', PAST, PAST), true],
    'a link is removed': [(fs) => fs.unlink('/link'), true],
    'a further name is removed': [(fs) => fs.unlink('/two'), true],
    'a link is renamed': [(fs) => fs.rename('/link', '/new'), false],
    'a link is moved over a file': [(fs) => fs.rename('/link', '/plain'), false],
    'a link is moved over a link': [(fs) => fs.rename('/link', '/folder/link'), false],
    'a file is renamed': [(fs) => fs.rename('/plain', '/new'), false],
    'a further name is renamed': [(fs) => fs.rename('/two', '/new'), false],
    'the name with the bytes is renamed': [(fs) => fs.rename('/one', '/new'), false],
    'the name with the bytes is moved over a file': [(fs) => fs.rename('/one', '/plain'), false],
    'the name with the bytes is removed': [(fs) => fs.unlink('/one'), false],
    'a file is moved over the name with the bytes': [(fs) => fs.rename('/plain', '/one'), false],
    'a directory is renamed': [(fs) => fs.rename('/folder', '/new'), false],
};

async function filled(options) {
    const opfs = createOpfs(options);
    const fs = pageOf(opfs);
    await fs.mkdir('/folder');
    await write(fs, '/plain', 'plain');
    await write(fs, '/one', 'shared');
    await write(fs, '/folder/a', 'in a folder');
    await fs.link('/one', '/two');
    await fs.link('/one', '/folder/three');
    await fs.symlink('/plain', '/link');
    await fs.symlink('../plain', '/folder/link');
    await fs.chmod('/folder/a', 0o640);
    await sync(fs);
    return opfs;
}

/** What a page finds, but for numbers that count what is just being moved. */
async function found(opfs) {
    const tree = await treeOf(pageOf(opfs), '');
    for (const node of Object.values(tree)) delete node.nlink;
    return tree;
}

for (const [what, [change, isAtOnce]] of Object.entries(CHANGES)) {
    for (const options of [{}, { moves: true }, { inPlace: true }]) {
        test(`a page is closed while ${what}, ${JSON.stringify(options)}`, async () => {
            const before = await found(await filled(options));
            let after = before;
            const states = [];
            for (let steps = 0, isClosed = true; isClosed; steps++) {
                const opfs = await filled(options);
                const fs = pageOf({ handle: opfs.closingAfter(steps) });
                const ended = change(fs).then(() => sync(fs));
                isClosed = (await codeOf(ended)) !== 'done';
                after = await found(opfs);
                states.push(after);
            }
            assert.ok(states.length > 1, 'it is closed at least once');
            assert.notDeepEqual(after, before);
            for (const [steps, state] of states.entries()) {
                const which = `step ${steps}: ${inspect(state)}`;
                // What it has nothing to do with stays.
                for (const [path, node] of Object.entries(before)) {
                    // Bytes that have to be copied in place may have been copied in part.
                    if (options.inPlace && node.text === 'shared') continue;
                    const stays = path in after && said(node) === said(after[path]);
                    if (stays) assert.equal(said(state[path]), said(node), which);
                }
                if (options.inPlace) continue;
                if (isAtOnce) {
                    const isBefore = isDeepStrictEqual(state, before);
                    if (!isBefore) assert.deepEqual(state, after, which);
                    continue;
                }
                // Part of it is done: each is where it was, or where it will be, as it was. Or it is there as well, as
                // a copy that the books know nothing of, or as a file that is just being made.
                const [all, old, wanted] = [state, before, after].map((tree) => Object.values(tree).map(said));
                const copies = Object.values(before).map((node) => said({ ...node, mode: '644' }));
                const known = [...old, ...wanted, ...copies, said(EMPTY)];
                for (const node of all) assert.ok(known.includes(node), `${node}, ${which}`);
                for (const node of wanted) assert.ok(all.includes(node), `${node} is lost, ${which}`);
            }
        });
    }
}

const EMPTY = { kind: 'file', mode: '644', type: '100000', size: 0, text: '' };

/** All but where it is, and when it was made. */
const said = ({ same, mtime, ...node }) => JSON.stringify(node);
