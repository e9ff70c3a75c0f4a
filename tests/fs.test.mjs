// Files: std's own examples, and the same random operations, on every file system that is here; hosts
// that fail, and roots that nothing leaves.

import { assert, backend, compile, inProcess, inTime, noOpfs, rejection, test, turn } from './support.mjs';
import { privateDirectory, temporary } from './directories.mjs';
import { instantiate } from './fs/pkg/fs-tests.js';

const module = await compile('fs-tests', 'fs');

/** An instance whose files are `fs`. */
const withFiles = (fs) => instantiate({ backend, module, fs });

/** Where the suite runs, there is none of these. */
const none = (what) => `${what} is for programs of Node.js`;

const node = inProcess ? await import('node:fs') : undefined;
const { default: os } = inProcess ? await import('node:os') : {};
const { default: path } = inProcess ? await import('node:path') : {};

/** Makes one of memfs's volumes. It is large: loaded when it is wanted. */
async function memory() {
    const { createFsFromVolume, Volume } = await import('../node_modules/memfs/lib/index.js');
    return createFsFromVolume(new Volume());
}

/**
 * The same directory, of an engine that has less: without some of its methods, and with others in their places.
 *
 * @param {any} handle
 * @param {Record<string, Function | undefined>} changes
 */
function changed(handle, changes) {
    return new Proxy(handle, {
        get(target, name) {
            if (name in changes && (changes[name] === undefined || name in target)) return changes[name]?.bind(target);
            if (name === 'entries') {
                return async function* () {
                    for await (const [key, entry] of target.entries()) yield [key, changed(entry, changes)];
                };
            }
            if (name === 'getFileHandle' || name === 'getDirectoryHandle') {
                return async (...args) => changed(await target[name](...args), changes);
            }
            const value = target[name];
            return typeof value === 'function' ? value.bind(target) : value;
        },
    });
}

const noPlaces = noOpfs || (globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle === undefined && 'not a worker');

/**
 * Each file system: why it is not here, if it is not; an instance, and an empty directory; whether it
 * is strict: errors are of the same kind as those of Linux; which examples are run, all by default; and which, by
 * the beginnings of their names, it cannot run, and why.
 *
 * @type {Record<string, { skip?: string, open(): Promise<[any, string]>, strict: boolean, names?: string[],
 *     lacks: Record<string, string> }>}
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
    OPFS: {
        skip: noOpfs,
        open: async () => [await withFiles(undefined), `/${(await privateDirectory()).name}`],
        strict: true,
        lacks: {},
    },
    'a directory handle': {
        skip: noOpfs,
        open: async () => [await withFiles((await privateDirectory()).handle), '/'],
        strict: true,
        // It is what OPFS is behind.
        names: ['files::smoke', 'directories::canonical'],
        lacks: {},
    },
    'a directory whose files cannot be moved': {
        skip: noOpfs,
        open: async () => [await withFiles(changed((await privateDirectory()).handle, { move: undefined })), '/'],
        strict: true,
        names: ['paths::renames', 'paths::rename_directory', 'paths::renamed_while_open'],
        lacks: {},
    },
    'a directory whose files are written in place': {
        skip: noPlaces,
        async open() {
            const { handle } = await privateDirectory();
            return [await withFiles(changed(handle, { move: undefined, createWritable: undefined })), '/'];
        },
        strict: true,
        names: ['files::truncates', 'files::large', 'files::sync', 'paths::copies'],
        lacks: {},
    },
};

const examples = (await withFiles(undefined)).exampleNames();

// Browsers take some milliseconds for each operation.
const [seeds, steps] = inProcess ? [[1, 2, 3, 4], 500] : [[1, 2], 200];

for (const [name, { skip, open, strict, lacks, names = examples }] of Object.entries(systems)) {
    for (const example of names) {
        const [, lacking] = Object.entries(lacks).find(([beginning]) => example.startsWith(beginning)) ?? [];
        const why = skip || lacking;
        test(`${name}: ${example}`, { skip: why }, async () => {
            const [files, directory] = await open();
            await inTime(files.runExample(example, directory));
        });
    }
    for (const seed of seeds) {
        test(`${name}: random operations, ${seed}`, { skip }, async () => {
            const [files, directory] = await open();
            await files.runRandom(directory, seed, steps, strict);
        });
    }
}

const text = (bytes) => new TextDecoder().decode(bytes);
const coded = (code) => Object.assign(new Error(`${code}: as a host says it`), { code });

/** A host with one file: `bytes`; what is given replaces functions of it, or of its handles. */
function hostOf(bytes, { open, handle, ...functions } = {}) {
    const kind = { isFile: () => true, isDirectory: () => false };
    const file = {
        read: async (buffer, offset, length, position) => {
            const some = bytes.subarray(position, position + length);
            buffer.set(some, offset);
            return { bytesRead: some.length, buffer };
        },
        write: async (buffer, offset, length, position) => {
            bytes.set(buffer.subarray(offset, offset + length), position);
            return { bytesWritten: length, buffer };
        },
        stat: async () => ({ ...kind, size: bytes.length }),
        close: async () => {},
        ...handle,
    };
    return { open: open ?? (async () => file), stat: async () => ({ ...kind, size: bytes.length }), ...functions };
}

const numbers = (length) => Uint8Array.from({ length }, (_, i) => i % 251);

test('relative paths begin at the root of what is no file system of the host', async () => {
    const paths = [];
    const files = await withFiles({ open: async (path) => (paths.push(path), Promise.reject(coded('ENOENT'))) });
    for (const path of ['a', '/a', './a', 'a/b']) await files.attempt('read', path, '');
    assert.deepEqual(paths, ['/a', '/a', '/./a', '/a/b']);
    assert.equal(await files.attempt('read', '', ''), 'NotFound: the path is empty');
});

test('what a host is asked for: flags and modes', async () => {
    const asked = [];
    const open = async (_path, flags, mode) => {
        asked.push([flags.toString(8), mode.toString(8)]);
        throw coded('ENOENT');
    };
    for (const constants of [undefined, { O_CREAT: 0o1000000, O_TRUNC: 0o2000000 }]) {
        const files = await withFiles({ promises: { open, constants } });
        for (const operation of ['read', 'create', 'create_new', 'append']) await files.attempt(operation, 'a', '');
    }
    const linux = ['0', '1101', '302', '2101'];
    const other = ['0', '3000001', '1000202', '1002001'];
    assert.deepEqual(asked, [...linux, ...other].map((flags) => [flags, '666']));
});

test('short reads and short writes', async () => {
    const bytes = numbers(1000);
    const short = (name) => (buffer, offset, length, position) =>
        whole[name](buffer, offset, Math.min(length, 7), position);
    const whole = await hostOf(bytes).open();
    const files = await withFiles(hostOf(bytes, { handle: { read: short('read'), write: short('write') } }));
    assert.deepEqual(await files.read('a'), bytes);
    const shared = await files.Shared.open('a');
    assert.deepEqual(await shared.read(100), bytes.slice(0, 7));
    assert.equal(await shared.write(new Uint8Array(100)), 7);
    await shared.writeAll(new Uint8Array(100));
    assert.deepEqual(await shared.read(100), bytes.slice(114, 121));
    assert.deepEqual(bytes.subarray(7, 114), new Uint8Array(107));
    assert.equal(await files.attempt('overwrite', 'a', 'x'.repeat(30)), 'done');
    assert.equal(text(bytes.subarray(0, 30)), 'x'.repeat(30));
});

test('a host that writes nothing', async () => {
    const files = await withFiles(hostOf(numbers(10), { handle: { write: async () => ({ bytesWritten: 0 }) } }));
    assert.match(await files.attempt('overwrite', 'a', 'x'), /^WriteZero: failed to write whole buffer/);
});

const moves = (count) => ({ read: async () => ({ bytesRead: count }), write: async () => ({ bytesWritten: count }) });

for (const [what, handle] of Object.entries({
    'more bytes than it was asked for': moves(1e9),
    'fewer than none': moves(-1),
    'half of a byte': moves(0.5),
    'no number': moves(undefined),
    nothing: { read: async () => undefined, write: async () => undefined },
    'a buffer that it has taken away': {
        read: async (buffer) => (structuredClone(buffer, { transfer: [buffer.buffer] }), { bytesRead: 5 }),
        write: async (buffer) => (structuredClone(buffer, { transfer: [buffer.buffer] }), { bytesWritten: 1 }),
    },
})) {
    test(`a host that moves ${what}`, async () => {
        const bytes = numbers(10);
        let isHostile = true;
        const fair = await hostOf(bytes).open();
        const choose = (name) => (...args) => (isHostile ? handle : fair)[name](...args);
        const files = await withFiles(hostOf(bytes, { handle: { read: choose('read'), write: choose('write') } }));
        assert.match(await files.attempt('read', 'a', ''), /^Other: /);
        assert.match(await files.attempt('overwrite', 'a', 'x'), /^Other: /);
        isHostile = false;
        assert.deepEqual(await files.read('a'), bytes);
    });
}

test('an error in the middle loses nothing', async () => {
    const bytes = numbers(500_000);
    let reads = 0;
    const fair = await hostOf(bytes).open();
    const read = (...args) => (++reads % 3 === 2 ? Promise.reject(coded('EIO')) : fair.read(...args));
    const files = await withFiles(hostOf(bytes, { handle: { read } }));
    const shared = await files.Shared.open('a');
    const parts = [];
    let failures = 0;
    for (;;) {
        const part = await shared.read(60_000).catch((error) => assert.equal(error.cause.code, 'EIO'));
        if (part === undefined) failures++;
        else if (part.length === 0) break;
        else parts.push(...part);
    }
    assert.deepEqual(Uint8Array.from(parts), bytes);
    assert.equal(failures, 5);
});

test('a host that throws, and one that answers at once', async () => {
    const thrown = coded('EACCES');
    const files = await withFiles({
        open() {
            throw thrown;
        },
        mkdir: () => undefined,
        stat: () => ({ isFile: () => true, size: 7 }),
    });
    assert.match(await files.attempt('read', 'a', ''), /^PermissionDenied: .*as a host says it/);
    assert.equal(await files.reasonOf('a'), thrown);
    assert.equal(await files.attempt('create_dir', 'a', ''), 'done');
    assert.equal(await files.attempt('metadata', 'a', ''), '7');
    assert.match(await files.attempt('modified', 'a', ''), /^Unsupported: the host does not know/);
});

test("kinds of errors are those of the host's codes", async () => {
    let reason;
    const files = await withFiles({ open: () => Promise.reject(reason) });
    const codes = {
        ENOENT: 'NotFound',
        EEXIST: 'AlreadyExists',
        EACCES: 'PermissionDenied',
        EPERM: 'PermissionDenied',
        ENOTDIR: 'NotADirectory',
        EISDIR: 'IsADirectory',
        ENOTEMPTY: 'DirectoryNotEmpty',
        EINVAL: 'InvalidInput',
        ENOSPC: 'StorageFull',
        EROFS: 'ReadOnlyFilesystem',
        EXDEV: 'CrossesDevices',
        EBADF: 'Other',
        ELOOP: 'Other',
        ENOSYS: 'Unsupported',
    };
    for (const [code, kind] of Object.entries(codes)) {
        reason = coded(code);
        assert.equal((await files.attempt('read', 'a', '')).split(':')[0], kind, code);
    }
    const names = {
        NotFoundError: 'NotFound',
        TypeMismatchError: 'NotADirectory',
        InvalidModificationError: 'DirectoryNotEmpty',
        NoModificationAllowedError: 'ResourceBusy',
        NotAllowedError: 'PermissionDenied',
        QuotaExceededError: 'StorageFull',
        AbortError: 'Other',
    };
    for (const [name, kind] of Object.entries(names)) {
        reason = new DOMException('as a browser says it', name);
        assert.equal((await files.attempt('read', 'a', '')).split(':')[0], kind, name);
        if (kind !== 'Unsupported') assert.equal(await files.reasonOf('a'), reason);
    }
    for (reason of [undefined, null, 7, 'no object', { code: 7 }, Symbol('s')]) {
        assert.match(await files.attempt('read', 'a', ''), /^Other: /);
    }
});

test('a file that vanishes between stat and open', async () => {
    const files = await withFiles(hostOf(numbers(3), { open: () => Promise.reject(coded('ENOENT')) }));
    assert.equal(await files.attempt('exists', 'a', ''), 'true');
    assert.match(await files.attempt('read', 'a', ''), /^NotFound: /);
});

test('a file that shrinks and one that grows while it is read', async () => {
    for (const lie of [1_000_000, 3]) {
        const stat = async () => ({ isFile: () => true, isDirectory: () => false, size: lie });
        const files = await withFiles(hostOf(numbers(1000), { handle: { stat } }));
        assert.deepEqual(await files.read('a'), numbers(1000));
    }
});

test('a promise that never settles: others go on, and who uses the same file waits', async () => {
    const bytes = numbers(10);
    let settle;
    const fair = await hostOf(bytes).open();
    let first = true;
    const read = (...args) => {
        if (!first) return fair.read(...args);
        first = false;
        return new Promise((resolve) => (settle = async () => resolve(await fair.read(...args))));
    };
    const files = await withFiles(hostOf(bytes, { handle: { read } }));
    const shared = await files.Shared.open('a');
    const done = [];
    const waiting = shared.read(4).then((read) => done.push(...read));
    const behind = shared.read(4).then((read) => done.push(...read));
    await turn();
    assert.deepEqual(done, []);
    assert.deepEqual(await files.read('a'), bytes);
    settle();
    await inTime(Promise.all([waiting, behind]));
    assert.deepEqual(done, [...bytes.subarray(0, 8)]);
});

test('a read that is given up: its bytes are not lost, and who comes behind waits for the host', async () => {
    const bytes = numbers(10);
    let settle;
    let reads = 0;
    const fair = await hostOf(bytes).open();
    const read = (...args) =>
        reads++ > 0
            ? fair.read(...args)
            : new Promise((resolve) => (settle = async () => resolve(await fair.read(...args))));
    const files = await withFiles(hostOf(bytes, { handle: { read } }));
    const shared = await files.Shared.open('a');
    const controller = new AbortController();
    const given = rejection(shared.read(4, { signal: controller.signal }));
    await turn();
    controller.abort('enough');
    assert.equal(await inTime(given), 'enough');
    const behind = shared.read(4);
    await turn();
    assert.equal(reads, 1);
    settle();
    assert.deepEqual([...(await inTime(behind))], [0, 1, 2, 3]);
    assert.equal(await rejection(shared.read(4, { signal: controller.signal })), 'enough');
    assert.deepEqual([...(await inTime(shared.read(4)))], [4, 5, 6, 7]);
});

test('reads of one file by many calls at once: each has bytes of its own', async () => {
    const bytes = numbers(2500);
    const files = await withFiles(hostOf(bytes, {
        handle: {
            async read(...args) {
                const fair = await hostOf(bytes).open();
                for (let i = (args[3] * 7) % 5; i > 0; i--) await turn();
                return fair.read(...args);
            },
        },
    }));
    const shared = await files.Shared.open('a');
    const parts = await inTime(Promise.all(Array.from({ length: 50 }, () => shared.read(50))));
    assert.deepEqual(Uint8Array.from(parts.flatMap((part) => [...part])), bytes);
});

test('a file is closed when it is dropped, and nobody hears of a failure', async () => {
    let closed = 0;
    const close = () => (closed++ % 2 ? Promise.reject(new Error('not closed')) : Promise.resolve());
    const files = await withFiles(hostOf(numbers(3), { handle: { close } }));
    for (let i = 0; i < 4; i++) await files.read('a');
    const shared = await files.Shared.open('a');
    assert.equal(closed, 4);
    shared.free();
    assert.equal(closed, 5);
    await turn();
});

test('what a host has not is unsupported', async () => {
    const files = await withFiles({ open: () => Promise.reject(coded('ENOENT')) });
    const sentence = 'Unsupported: Error: the `fs` that `init` was given has no function';
    assert.equal(await files.attempt('hard_link', 'a', 'b'), `${sentence} \`link\``);
    assert.equal(await files.attempt('create_dir', 'a', ''), `${sentence} \`mkdir\``);
    assert.equal(await files.attempt('read_dir', 'a', ''), `${sentence} \`readdir\``);
});

test('names without kinds', async () => {
    const files = await withFiles({
        open: () => Promise.reject(coded('ENOENT')),
        readdir: async () => ['a', 'b'],
        lstat: async (path) => ({ isFile: () => path === '/x/a', isDirectory: () => path === '/x/b', size: 0 }),
    });
    assert.equal(await files.attempt('kinds', 'x', ''), '"a" false "b" true');
});

test('no promise API at all', async () => {
    for (const fs of [7, {}, { promises: {} }, true]) {
        const files = await withFiles(fs);
        assert.match(await files.attempt('read', 'a', ''), /^InvalidInput: .*the option `fs` is no path/);
    }
});

test('where nothing can block, the host is not even asked', async () => {
    let asked = 0;
    const files = await withFiles(hostOf(numbers(3), { open: async () => asked++ }));
    for (const operation of ['read', 'write', 'metadata', 'create_dir', 'remove_file', 'exists']) {
        const outcome = await files.attemptOutside(operation, 'a');
        if (operation !== 'exists') assert.match(outcome, /^WouldBlock: cannot block here/);
    }
    assert.equal(asked, 0);
});

test('in a directory of the browser, what is written is seen at once, and lasts when synced', { skip: noOpfs }, async () => {
    const { handle } = await privateDirectory();
    const [files, later] = [await withFiles(handle), await withFiles(handle)];
    const onDisk = async () => text(await later.read('a'));
    const shared = await files.Shared.open('a');
    await shared.writeAll(new TextEncoder().encode('first'));
    assert.equal(await onDisk(), '');
    assert.equal(await files.attempt('metadata', 'a', ''), '5');
    await shared.sync();
    assert.equal(await onDisk(), 'first');
    await shared.writeAll(numbers(100_000));
    assert.equal(await onDisk(), 'first');
    // Who closes it saves it, too.
    assert.equal((await files.read('a')).length, 100_005);
    shared.free();
    // Closing is under way: it is there for this instance, and will be for all.
    assert.equal((await files.read('a')).length, 100_005);
    while ((await onDisk()).length === 5) await turn();
    assert.deepEqual((await later.read('a')).subarray(5), numbers(100_000));
});

test('a directory that is full keeps what was synced, and nothing is lost', { skip: noOpfs }, async () => {
    const { handle } = await privateDirectory();
    let isFull = false;
    const full = changed(handle, {
        async createWritable(options) {
            const writable = await FileSystemFileHandle.prototype.createWritable.call(this, options);
            if (isFull) writable.write = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
            return writable;
        },
    });
    const files = await withFiles(full);
    await files.writeAndSync('a', numbers(10_000));
    isFull = true;
    const shared = await files.Shared.open('a');
    await shared.writeAll(new Uint8Array(9000));
    const failure = await rejection(shared.sync());
    assert.equal(failure.cause.name, 'QuotaExceededError');
    assert.match(await files.attempt('sync', 'a', ''), /^StorageFull: /);
    const onDisk = async () => (await withFiles(handle)).read('a');
    assert.deepEqual(await onDisk(), numbers(10_000));
    isFull = false;
    await shared.sync();
    const bytes = numbers(10_000);
    bytes.fill(0, 0, 9000);
    assert.deepEqual(await onDisk(), bytes);
});

const inRoot = { skip: !inProcess && none('a directory of the host') };

test('a root is a path or a URL', inRoot, async () => {
    const directory = temporary();
    node.writeFileSync(path.join(directory, 'a'), 'inside');
    const { pathToFileURL } = await import('node:url');
    const url = pathToFileURL(directory);
    for (const fs of [directory, url, url.href, path.relative('', directory)]) {
        const files = await withFiles(fs);
        for (const name of ['a', '/a', '../a', '/../../a', './/a']) {
            assert.equal(await files.attempt('read', name, ''), 'inside', `${fs} ${name}`);
        }
        assert.equal(await files.attempt('canonicalize', '.', ''), '/');
        assert.equal(await files.attempt('canonicalize', '../a', ''), '/a');
    }
    const nowhere = await withFiles(path.join(directory, 'none'));
    assert.match(await nowhere.attempt('write', 'b', ''), /^NotFound: /);
});

test('nothing leads out of a root', inRoot, async () => {
    const outside = temporary();
    const secret = path.join(outside, 'secret');
    node.writeFileSync(secret, 'outside');
    node.mkdirSync(path.join(outside, 'folder'));
    const directory = temporary();
    const files = await withFiles(directory);
    const up = path.relative(directory, outside);
    node.symlinkSync(outside, path.join(directory, 'out'));
    node.symlinkSync(up, path.join(directory, 'up'));
    node.symlinkSync(secret, path.join(directory, 'secret'));
    node.symlinkSync(path.join(outside, 'new'), path.join(directory, 'dangling'));
    node.symlinkSync(`${'../'.repeat(30)}${secret.slice(1)}`, path.join(directory, 'far'));
    node.symlinkSync('out', path.join(directory, 'twice'));
    const before = () => [node.readFileSync(secret, 'utf8'), node.readdirSync(outside).sort().join()];
    const untouched = before();
    const links = ['secret', 'far', 'out/secret', 'up/secret', 'twice/secret'];
    const ways = [...links, `${up}/secret`, secret, `a/../${up}/secret`];
    for (const way of ways) {
        for (const operation of ['read', 'metadata', 'read_dir', 'canonicalize', 'overwrite', 'set_permissions']) {
            const outcome = await files.attempt(operation, way, 'broken');
            assert.match(outcome, /^(NotFound|Other|NotADirectory): /, `${operation} ${way}`);
        }
        assert.notEqual(await files.attempt('copy', way, 'stolen'), '7', way);
        // To make what is missing inside is no harm.
        for (const makes of ['write', 'append', 'create_new', 'create_dir_all']) await files.attempt(makes, way, 'x');
        await files.attempt('rename', way, 'moved');
        await files.attempt('hard_link', way, 'linked');
        await files.attempt('rename', 'a', way);
        await files.attempt('remove_file', way, '');
        await files.attempt('remove_dir_all', way, '');
        assert.deepEqual(before(), untouched, way);
        assert.equal(node.statSync(secret).mode & 0o777, 0o644);
    }
    for (const name of ['stolen', 'moved', 'linked']) {
        const own = await files.attempt('read', name, '');
        assert.ok(!own.includes('outside'), `${name}: ${own}`);
    }
    await files.attempt('write', 'dangling', 'inside');
    assert.deepEqual(before(), untouched);
    node.symlinkSync(outside, path.join(directory, 'again'));
    assert.equal(await files.attempt('remove_dir_all', 'again', ''), 'done');
    assert.deepEqual(before(), untouched);
    for (const operation of ['remove_dir', 'remove_dir_all', 'remove_file']) {
        assert.notEqual(await files.attempt(operation, '/', ''), 'done');
    }
    assert.ok(node.existsSync(directory));
});

test('links inside of a root are followed, as if it were the root', inRoot, async () => {
    const directory = temporary();
    const files = await withFiles(directory);
    node.mkdirSync(path.join(directory, 'folder/deeper'), { recursive: true });
    node.writeFileSync(path.join(directory, 'folder/file'), 'found');
    node.symlinkSync('/folder/file', path.join(directory, 'absolute'));
    node.symlinkSync('../file', path.join(directory, 'folder/deeper/relative'));
    node.symlinkSync('/folder/deeper', path.join(directory, 'shortcut'));
    node.symlinkSync('new', path.join(directory, 'dangling'));
    node.symlinkSync('circle', path.join(directory, 'circle'));
    for (const name of ['absolute', 'shortcut/relative', 'shortcut/../file', 'shortcut/../../folder/file']) {
        assert.equal(await files.attempt('read', name, ''), 'found', name);
    }
    assert.equal(await files.attempt('canonicalize', 'shortcut/relative', ''), '/folder/file');
    assert.equal(await files.attempt('read_link', 'absolute', ''), '/folder/file');
    assert.equal(await files.attempt('is_symlink', 'absolute', ''), 'true');
    assert.equal(await files.attempt('is_symlink', 'shortcut/', ''), 'false');
    assert.match(await files.attempt('create_new', 'dangling', ''), /^AlreadyExists: /);
    assert.equal(await files.attempt('write', 'dangling', 'made'), 'done');
    assert.equal(node.readFileSync(path.join(directory, 'new'), 'utf8'), 'made');
    assert.equal(await files.attempt('read', 'circle', ''), 'Other: Error: too many symbolic links: /circle');
    assert.match(await files.attempt('read', 'absolute/', ''), /^NotADirectory: /);
    assert.equal(await files.attempt('remove_file', 'absolute', ''), 'done');
    assert.equal(node.readFileSync(path.join(directory, 'folder/file'), 'utf8'), 'found');
    const plain = await withFiles(undefined);
    assert.equal(await plain.attempt('read_link', path.join(directory, 'shortcut'), ''), '/folder/deeper');
});

const noPipes = inRoot.skip || (os?.platform() === 'win32' && 'there are no pipes with names');

test('what has no position is read and written as it comes', { skip: noPipes }, async () => {
    const files = await withFiles(undefined);
    assert.equal(await files.attempt('write', '/dev/null', 'gone'), 'done');
    assert.equal(await files.attempt('read', '/dev/null', ''), '');
    const { execFileSync } = await import('node:child_process');
    const directory = temporary();
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [read] = await inTime(Promise.all([files.read(pipe), files.write(pipe, numbers(5000))]));
    assert.deepEqual(read, numbers(5000));
});

test('a relative path begins at the working directory of a process', inRoot, async () => {
    for (const fs of [undefined, await import('node:fs/promises'), (await import('node:fs')).default]) {
        const files = await withFiles(fs);
        const cwd = path.basename(process.cwd());
        assert.equal(path.basename(await files.attempt('canonicalize', '.', '')), cwd);
    }
});
