// Whole programs: `main` as it is, whose reads, writes, files and clocks wait.

import { assert, inProcess, inTime, noOpfs, rejection, test, turn } from './support.mjs';
import { memoryFiles, run } from './program/pkg/program.js';
import { asked, hasJspi, runnerOf } from './running.mjs';

const encoder = new TextEncoder();
const ran = await runnerOf('program', run);

const outputOf = async (args, options) => (await ran(args, options)).out;

/** A promise, and how to settle it. */
function deferred() {
    let settle;
    const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
    return { promise, ...settle };
}

/** Numbers that look random, and are the same everywhere. */
function* noise(count) {
    for (let i = 0, state = 12345; i < count; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        yield state >>> 24;
    }
}

test('auto is the engine\'s own way where it has one', async () => {
    const { backend } = await ran(['args']);
    assert.equal(backend, asked === 'auto' ? (hasJspi ? 'jspi' : 'asyncify') : asked);
});

test('arguments and environment', async () => {
    assert.equal(await outputOf(['args', 'one', '', 'two words', 'ünï']), 'one\n\ntwo words\nünï\n');
    assert.equal(await outputOf(['env', 'NAME'], { env: { NAME: 'a=b', OTHER: undefined } }), 'Ok("a=b")\n');
    assert.equal(await outputOf(['env', 'OTHER'], { env: { OTHER: undefined } }), 'Err(NotPresent)\n');
});

test('input from a text, bytes, a stream, an iterator, a function', async () => {
    const stream = () =>
        new ReadableStream({
            async pull(controller) {
                await turn();
                controller.enqueue(encoder.encode('from a stream'));
                controller.close();
            },
        });
    async function* iterator() {
        for (const text of ['from ', 'an ', 'iterator']) yield encoder.encode(text);
    }
    const lines = ['first', 'second\n', null];
    for (const [stdin, expected] of [
        ['a text', 'a text'],
        [encoder.encode('bytes'), 'bytes'],
        [stream(), 'from a stream'],
        [iterator(), 'from an iterator'],
        [async () => lines.shift(), 'first\nsecond\n'],
        ['', ''],
    ]) {
        assert.equal(await outputOf(['cat'], { stdin }), expected);
    }
});

test('a program that answers each line before it reads the next', async () => {
    const asked = [];
    const answers = [];
    let wake;
    const ended = ran(['lines'], {
        stdin: () => new Promise((resolve) => asked.push(resolve)),
        stdout: (text) => {
            answers.push(text);
            wake();
        },
    });
    for (const line of ['one', 'two']) {
        const answered = new Promise((resolve) => (wake = resolve));
        while (asked.length === 0) await turn();
        asked.shift()(line);
        await inTime(answered);
    }
    assert.deepEqual(answers, ['0: one\n', '1: two\n']);
    while (asked.length === 0) await turn();
    asked.shift()(null);
    assert.equal((await ended).code, 0);
});

test('what it writes arrives in order, to both streams', async () => {
    const seen = [];
    const put = (text) => void seen.push(text);
    await ran(['both'], { stdout: put, stderr: put });
    assert.deepEqual(seen.join(''), 'out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\n');
});

test('who writes waits for the reader', async () => {
    let [pending, most, bytes] = [0, 0, 0];
    const stdout = {
        async write(chunk) {
            pending += 1;
            most = Math.max(most, pending);
            await turn();
            bytes += chunk.length;
            pending -= 1;
        },
    };
    assert.equal((await ran(['write', '200000'], { stdout })).code, 0);
    assert.deepEqual([bytes, most], [200_000, 1]);
    const { readable, writable } = new TransformStream();
    const ended = ran(['write', '3000000'], { stdout: writable });
    const reader = readable.getReader();
    let read = 0;
    while (read < 3_000_000) read += (await inTime(reader.read())).value.length;
    assert.equal(read, 3_000_000);
    assert.equal((await ended).code, 0);
});

test('what is written last and cannot be is an error', async () => {
    const gone = new Error('gone');
    let count = 0;
    const write = () => (count++ === 2 ? Promise.reject(gone) : undefined);
    const failed = await rejection(ran(['write', '3000'], { stdout: { write } }));
    assert.equal(failed.message, 'what the program wrote last could not be written');
    assert.equal(failed.cause, gone);
});

test('a stream that fails is the program\'s error', async () => {
    const stdout = { write: () => Promise.reject(Object.assign(new Error('gone'), { code: 'EPIPE' })) };
    const { code, err } = await ran(['cat'], { stdin: 'x'.repeat(100_000), stdout });
    assert.equal(code, 2);
    assert.match(err, /^BrokenPipe: /);
});

test('sleeping', async () => assert.equal(await outputOf(['sleep', '20']), 'true\n'));

test('the event loop goes on while a program waits, and while it gives way', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await ran(['sleep', '40']);
    clearInterval(timer);
    assert.ok(turns > 2, String(turns));
    const controller = new AbortController();
    setTimeout(() => controller.abort('a timer came'), 5);
    assert.equal(await rejection(ran(['yield', '1000000000'], { signal: controller.signal })), 'a timer came');
});

test('exit codes', async () => {
    assert.deepEqual(await ran(['exit', '3']).then(({ code, out }) => [code, out]), [3, 'without an end of line']);
    assert.deepEqual(await ran(['unknown']).then(({ code, err }) => [code, err]), [
        64,
        'unknown command: ["unknown"]\n',
    ]);
});

test('a panic is a code, and its message arrives', async () => {
    let errors = '';
    const { code, out } = await ran(['panic'], { stderr: (text) => void (errors += text) });
    assert.equal(code, 101);
    assert.equal(out, 'before\n');
    assert.match(errors, /panicked at .*main\.rs:\d+:\d+:\nthis was to be expected\n/);
});

test('behind a panic nobody waits, and what would is refused', async () => {
    const fs = memoryFiles();
    const { code, err } = await ran(['hook', 'report'], { fs });
    assert.equal(code, 101);
    assert.equal(err, 'written: Err(Unsupported)\n');
    assert.deepEqual(await fs.readdir('/'), []);
});

test('an abort, and a stack that is exhausted, are errors; other runs go on', async () => {
    const waiting = deferred();
    const chunks = [waiting.promise, null];
    const other = ran(['cat'], { stdin: () => chunks.shift() });
    let err = '';
    const aborted = await rejection(ran(['abort'], { stderr: (text) => void (err += text) }));
    assert.ok(aborted instanceof WebAssembly.RuntimeError, String(aborted));
    assert.equal(err, 'aborts\n');
    assert.ok((await rejection(ran(['overflow']))) instanceof Error);
    waiting.resolve(encoder.encode('still here'));
    assert.equal((await other).out, 'still here');
});

test('small pieces of a file and of the input', async () => {
    const fs = memoryFiles({ file: new Uint8Array(100_001).fill(3) });
    assert.equal(await outputOf(['pieces', '1000', '/file'], { fs }), `101 ${101 * 3 + 100_001}\n`);
    async function* chunks() {
        for (let i = 0; i < 1000; i++) yield Uint8Array.of(i & 1, 9);
    }
    assert.equal(await outputOf(['pieces', '1000'], { stdin: chunks() }), '1000 2500\n');
});

test('a deep stack, whose memory grows while it waits', async () => {
    // A byte at a time: each waits.
    const bytes = [...noise(2 * 701)];
    async function* one() {
        for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const alone = await outputOf(['deep', '700'], { stdin: Uint8Array.from(bytes) });
    assert.equal(await outputOf(['deep', '700'], { stdin: one() }), alone);
    assert.equal(alone, '3171837090607650800\n');
});

test('random walks up and down the stack', async () => {
    for (const [seed, sum] of [
        ['7', '67b0d6d0efd343d7\n'],
        ['8', 'ab2c0c361c8ffc64\n'],
    ]) {
        assert.equal(await outputOf(['random', seed]), sum);
    }
});

test('many at once, each in an instance of its own', async () => {
    const inputs = Array.from({ length: 60 }, () => deferred());
    const runs = inputs.map(({ promise }) => {
        const lines = [promise, null];
        return outputOf(['lines'], { stdin: () => lines.shift() });
    });
    await turn();
    for (const [i, { resolve }] of [...inputs.entries()].reverse()) resolve(`program ${i}`);
    assert.deepEqual(await Promise.all(runs), inputs.map((_, i) => `0: program ${i}\n`));
});

test('files in memory: what a native program finds', async () => {
    const fs = memoryFiles();
    await fs.mkdir('/work');
    assert.equal(await outputOf(['files', '/work'], { fs }), FILES);
});

const FILES = `"one\\ntwo\\n"
yz789 at 10
6 bytes
[48, 49, 50, 51, 120, 121]
0123xy!
false true
a/ copy moved
missing: Err(NotFound)
there: Err(AlreadyExists)
file as folder: Err(NotADirectory)
folder as file: Err(IsADirectory)
folder removed as file: Err(IsADirectory)
full: true
0 left
`;

test('files of the host', { skip: !inProcess && 'a process has files of its own' }, async () => {
    const { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'suspendable-program-'));
    try {
        assert.equal(await outputOf(['files', '/'], { fs: folder }), FILES);
        writeFileSync(join(folder, 'notes.txt'), 'noted');
        assert.equal(await outputOf(['read', 'notes.txt'], { fs: folder }), 'noted');
        assert.equal(await outputOf(['read', 'notes.txt'], { fs: '/', cwd: folder }), 'noted');
        assert.equal((await ran(['append', 'notes.txt', ' twice'], { fs: folder })).code, 0);
        assert.equal(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'noted twice');
        for (const outside of ['../x', '/../etc/hostname', 'a/../../x', '/etc/hostname']) {
            assert.equal((await ran(['read', outside], { fs: folder })).code, 2, outside);
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('files of the browser', { skip: noOpfs }, async () => {
    const root = await navigator.storage.getDirectory();
    const name = `suspendable-program-${Date.now()}-${Math.random()}`;
    const fs = await root.getDirectoryHandle(name, { create: true });
    assert.equal(await outputOf(['files', '/'], { fs }), FILES);
    await root.removeEntry(name, { recursive: true });
});

test('several file systems, each at its path', async () => {
    const [one, two] = [memoryFiles({ '/a': 'A' }), memoryFiles({ '/b': 'B' })];
    const fs = { '/one': one, '/two': two };
    assert.equal(await outputOf(['read', '/one/a'], { fs }), 'A');
    assert.equal(await outputOf(['read', 'b'], { fs, cwd: '/two' }), 'B');
    assert.equal((await ran(['append', '/two/c', 'C'], { fs })).code, 0);
    assert.equal(await two.readFile('/c', 'utf8'), 'C');
    assert.equal((await ran(['read', '/two/../../a'], { fs })).code, 2);
});

test('without files there are none', async () => {
    const { code, err } = await ran(['read', '/etc/hostname']);
    assert.equal(code, 2);
    assert.match(err, /^\w+: /);
});

test('a signal ends what waits, and what would', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = rejection(ran(['cat'], { stdin: () => new Promise(() => {}), signal: controller.signal }));
    const sleeping = rejection(ran(['sleep', '100000'], { signal: controller.signal }));
    await turn();
    controller.abort(reason);
    assert.equal(await inTime(waiting), reason);
    assert.equal(await inTime(sleeping), reason);
    assert.equal(await rejection(ran(['args'], { signal: controller.signal })), reason);
});

test('what cannot be run says so', async () => {
    assert.match(String(await rejection(run({ backend: 'wasmfx' }))), /RangeError: unknown backend 'wasmfx'/);
    assert.match(String(await rejection(run({ module: Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) }))), /was not made by/);
    if (!hasJspi) {
        assert.match(String(await rejection(run({ backend: 'jspi' }))), /this engine has no JSPI/);
    }
});
