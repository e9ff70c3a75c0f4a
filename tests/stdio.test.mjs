// suspendable::io's standard streams: those of a process, and those that `init` is given.

import { assert, backend, compile, inProcess, inTime, rejection, test, turn } from './support.mjs';
import { instantiate } from './web/pkg/web.js';

const NO_PROCESS = 'a browser has no processes';
const [{ spawn }, fs, { tmpdir }, { fileURLToPath }] = inProcess
    ? await Promise.all(['child_process', 'fs', 'os', 'url'].map((name) => import(`node:${name}`)))
    : [{}, {}, {}, {}];
const bytes = (...numbers) => new Uint8Array(numbers);
const utf8 = (text) => new TextEncoder().encode(text);
const module = await compile('web');
const open = (options) => instantiate({ backend, module, ...options });

/** What starts this engine, as a program. */
function engine() {
    if (globalThis.Deno !== undefined) return ['run', '--allow-all', '--no-lock', '--quiet'];
    return globalThis.Bun === undefined ? process.execArgv : ['run', '--no-install'];
}

/** A child process that makes one call, and what it has printed when it has ended. */
function start(call, { stdio = ['pipe', 'pipe', 'pipe'], args = [] } = {}) {
    const query = new URLSearchParams([['backend', backend], ['call', call], ...args.map((text) => ['argument', text])]);
    const program = fileURLToPath(new URL('web/program.mjs', import.meta.url));
    const child = spawn(process.execPath, [...engine(), program, String(query)], { stdio });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
        child[name]?.setEncoding('utf8').on('data', (text) => (printed[name] += text));
    }
    child.stdin?.on('error', () => {});
    const ended = new Promise((resolve) => {
        child.on('close', (status) => resolve({ status, ...printed }));
    });
    const until = async (text) => {
        while (!printed.stdout.includes(text)) await turn();
    };
    return { child, until: (text) => inTime(until(text)), ended: inTime(ended).finally(() => child.kill('SIGKILL')) };
}

const inProcesses = { skip: !inProcess && NO_PROCESS };

test('a process reads lines and writes lines', inProcesses, async () => {
    const { child, ended } = start('number');
    child.stdin.end('first\nsecönd\n\nlast');
    assert.deepEqual(await ended, {
        status: 0,
        stdout: '1: first\n2: secönd\n3: \n4: last\n',
        stderr: '4 lines\n',
    });
});

test('a process whose input comes slowly, in pieces', inProcesses, async () => {
    const { child, until, ended } = start('number');
    for (const [piece, answer] of [['o', ''], ['ne\ntw', '1: one\n'], ['o\nthree\n', '3: three\n']]) {
        child.stdin.write(piece);
        await until(answer);
    }
    child.stdin.end();
    assert.deepEqual(await ended, { status: 0, stdout: '1: one\n2: two\n3: three\n', stderr: '3 lines\n' });
});

test('a question is seen before it is answered', inProcesses, async () => {
    const { child, until, ended } = start('ask');
    await until('name? ');
    child.stdin.write('Ada\n');
    // The pipe stays open, and nobody reads any more.
    assert.deepEqual(await ended, { status: 0, stdout: 'name? hello Ada\n', stderr: '' });
});

test('a process ends while its input is open, and what has no line break is not lost', inProcesses, async () => {
    const { ended } = start('printText', { args: ['no line break'] });
    assert.deepEqual(await ended, { status: 0, stdout: 'no line break', stderr: '' });
});

test('who does not read on breaks the pipe', inProcesses, async () => {
    const { child, ended } = start('endless');
    child.stdout.once('data', () => child.stdout.destroy());
    const { status, stderr } = await ended;
    assert.deepEqual([status, stderr], [0, 'BrokenPipe\n']);
});

test('a megabyte through pipes', inProcesses, async () => {
    const text = 'line of text, and one more\n'.repeat(40_000);
    const { child, ended } = start('cat');
    child.stdin.end(text);
    const { status, stdout } = await ended;
    assert.equal(status, 0);
    assert.ok(stdout === text);
});

test('files for streams', inProcesses, async () => {
    const folder = fs.mkdtempSync(`${tmpdir()}/stdio-`);
    const text = 'from a file\n'.repeat(20_000);
    try {
        fs.writeFileSync(`${folder}/in`, text);
        const [input, output] = [fs.openSync(`${folder}/in`, 'r'), fs.openSync(`${folder}/out`, 'w')];
        const { ended } = start('cat', { stdio: [input, output, 'pipe'] });
        assert.deepEqual(await ended, { status: 0, stdout: '', stderr: '' });
        assert.ok(fs.readFileSync(`${folder}/out`, 'utf8') === text);
        const none = fs.openSync('/dev/null', 'r');
        assert.equal((await start('number', { stdio: [none, 'pipe', 'pipe'] }).ended).stderr, '0 lines\n');
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
});

/** The kinds of input, of the same pieces. */
const inputs = {
    'a text': (pieces) => pieces.join(''),
    bytes: (pieces) => utf8(pieces.join('')),
    'an ArrayBuffer': (pieces) => utf8(pieces.join('')).buffer,
    'a ReadableStream': (pieces) => new Blob(pieces).stream(),
    'an async generator': async function* (pieces) {
        for (const piece of pieces) {
            await turn();
            yield piece;
        }
    },
    'a function that promises bytes': (pieces) => {
        const rest = pieces.map(utf8);
        return async () => rest.shift() ?? null;
    },
};

for (const [name, input] of Object.entries(inputs)) {
    test(`${name} for stdin`, async () => {
        const pieces = ['o', 'ne\nt', 'wo\n\nthr', 'ee'];
        const out = [];
        // An async generator is called for its iterator.
        const program = await open({ stdin: input(pieces), stdout: (text) => void out.push(text), stderr: () => {} });
        await inTime(program.number());
        assert.equal(out.join(''), '1: one\n2: two\n3: \n4: three\n');
        const other = await open({ stdin: input(pieces) });
        assert.equal(await inTime(other.byteAndRest()), '111 "ne\\ntwo\\n\\nthree"');
    });
}

test('lines from a function, which need no line breaks', async () => {
    const lines = ['one', 'two\n', '', 'four'];
    const out = [];
    const program = await open({ stdin: () => lines.shift(), stdout: (text) => void out.push(text), stderr: () => {} });
    await inTime(program.number());
    assert.equal(out.join(''), '1: one\n2: two\n3: \n4: four\n');
});

test('an input that fails', async () => {
    const cause = new Error('no input');
    for (const stdin of [() => Promise.reject(cause), () => { throw cause; }]) {
        const program = await open({ stdin, stdout: () => {} });
        for (let i = 0; i < 2; i++) assert.equal((await rejection(inTime(program.cat()))).cause, cause);
    }
});

/** The kinds of output: `taken` gets what arrives, and `wait` may promise when. */
const outputs = {
    'a function': (taken, wait) => (text) => {
        taken.push(text);
        return wait();
    },
    'a WritableStream': (taken, wait) =>
        new WritableStream({
            write(chunk) {
                taken.push(new TextDecoder().decode(chunk));
                return wait();
            },
        }),
    'an object with write': (taken, wait) => ({
        write(chunk) {
            taken.push(new TextDecoder().decode(chunk));
            return wait();
        },
    }),
    'an object that writes less': (taken, wait) => ({
        async write(chunk) {
            await wait();
            const some = chunk.subarray(0, 3);
            taken.push(new TextDecoder().decode(some));
            return some.length;
        },
    }),
};

for (const [name, output] of Object.entries(outputs)) {
    test(`${name} for stdout gets all in order, and lines at once`, async () => {
        for (const wait of [() => {}, turn]) {
            const taken = [];
            const program = await open({ stdout: output(taken, wait), stderr: () => {} });
            const texts = Array.from({ length: 40 }, (_, i) => `${i}${i % 3 ? '\n' : ','}`);
            await inTime(program.printAll(texts));
            assert.equal(taken.join(''), texts.join(''), 'flush has waited for it');
        }
    });

    test(`${name} for stdout: back-pressure, and what cannot wait`, async () => {
        const taken = [];
        let go;
        const gate = new Promise((resolve) => (go = resolve));
        const program = await open({ stdout: output(taken, () => gate), stderr: () => {} });
        let hasEnded = false;
        const call = program.printAll(['a\n', 'b\n', 'c\n', 'd\n']).then(() => (hasEnded = true));
        await turn();
        assert.ok(!hasEnded);
        assert.ok(taken.join('').length < 6, 'it waits for room');
        program.printOutside('outside\n');
        go();
        await inTime(call);
        await turn();
        assert.deepEqual(taken.join('').match(/\w+\n/g).sort(), ['a\n', 'b\n', 'c\n', 'd\n', 'outside\n']);
        assert.match(taken.join('').replace('outside\n', ''), /^a\nb\nc\nd\n$/);
    });

    test(`${name} for stdout that fails`, async () => {
        const cause = new Error('full');
        const program = await open({ stdout: output([], () => Promise.reject(cause)), stderr: () => {} });
        for (let i = 0; i < 2; i++) {
            assert.equal((await rejection(inTime(program.printAll(['a\n', 'b\n', 'c\n'])))).cause, cause);
        }
    });
}

test('a function that throws', async () => {
    const cause = new Error('full');
    const program = await open({ stdout: () => { throw cause; } });
    assert.equal((await rejection(inTime(program.printAll(['a\n', 'b\n'])))).cause, cause);
    assert.match((await rejection(inTime(program.printText('a')))).message, /failed printing to stdout: Error: full/);
});

test('an option that is no stream', async () => {
    const program = await open({ stdout: 7 });
    const error = await rejection(program.printAll(['a']));
    assert.match(error.message, /the option `stdout` is no stream/);
});

test('characters that come in pieces', async () => {
    const taken = [];
    const text = 'é😀☃';
    const stdin = (async function* () {
        for (const byte of utf8(text)) yield bytes(byte);
    })();
    const program = await open({ stdin, stdout: (piece) => void taken.push(piece) });
    await inTime(program.cat());
    await turn();
    assert.equal(taken.join(''), text);
});

test('one stream for both', async () => {
    const taken = [];
    const both = outputs['a WritableStream'](taken, () => {});
    const program = await open({ stdin: 'a\nb', stdout: both, stderr: both });
    await inTime(program.number());
    await turn();
    assert.equal(taken.join(''), '1: a\n2: b\n2 lines\n');
});

test('calls do not write into each other while one has the lock', async () => {
    const [out, err] = [[], []];
    const program = await open({ stdout: (text) => void out.push(text), stderr: (text) => void err.push(text) });
    let open1;
    const gate = new Promise((resolve) => (open1 = resolve));
    const calls = [program.talk('a', gate), program.talk('b', turn()), program.talk('c', Promise.resolve())];
    await turn();
    program.printOutside('outside\n');
    open1();
    await inTime(Promise.all(calls));
    await turn();
    const lines = out.join('');
    assert.ok(lines.includes('outside\n'), 'it cannot wait');
    assert.equal(
        lines.replace('outside\n', ''),
        ['a', 'b', 'c'].map((name) => `${name}: one\n${name}: two\n`).join(''),
    );
    assert.equal(err.join(''), 'outside\na: three\nb: three\nc: three\n');
});

test('a call that panics with the lock does not keep it', async () => {
    const out = [];
    const program = await open({ stdout: (text) => void out.push(text), stderr: () => {} });
    const failed = rejection(program.panicLocked());
    const talks = program.talk('a', Promise.resolve());
    assert.match((await failed).message, /with the lock/);
    await inTime(talks);
    assert.equal(out.join(''), 'locked\na: one\na: two\n');
});

test('what knows that it is a terminal', async () => {
    const stdout = { write() {}, isTTY: true };
    const program = await open({ stdin: '', stdout, stderr: () => {} });
    assert.deepEqual(program.terminals(), bytes(0, 1, 0));
});

test('in a page, the console', { skip: inProcess && 'a process has streams of its own' }, async () => {
    const shown = [];
    const { log, error } = console;
    console.log = (line) => void shown.push(`log ${line}`);
    console.error = (line) => void shown.push(`error ${line}`);
    try {
        const program = await open({});
        await inTime(program.cat());
        await inTime(program.byteAndRest().catch(({ kind }) => shown.push(kind)));
        await inTime(program.printAll(['on', 'e\ntwo\n', 'thr', 'ee']));
        await inTime(program.printText('%s not ended'));
        while (!shown.includes('log %s not ended')) await turn();
        program.printOutside('outside\n');
    } finally {
        Object.assign(console, { log, error });
    }
    assert.deepEqual(shown, ['UnexpectedEof', 'log one', 'log two', 'log three', 'log %s not ended', 'log outside', 'error outside']);
});
