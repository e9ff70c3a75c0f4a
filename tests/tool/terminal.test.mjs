// examples/terminal: its shell and its line discipline by themselves, and the page in a browser, with real keys.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createMemory } from '../../js/host/fs/memory.js';
import { Files } from '../../examples/terminal/files.mjs';
import { expand, parse } from '../../examples/terminal/parse.mjs';
import { COMMANDS, PROGRAMS } from '../../examples/terminal/programs.mjs';
import { Shell } from '../../examples/terminal/shell.mjs';
import { Tty } from '../../examples/terminal/tty.mjs';
import { missing, openBrowser } from '../engines/browsers.mjs';
import { serve } from '../engines/serve.mjs';

const examples = new URL('../../examples/', import.meta.url);
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A line as texts: its commands by pipelines. */
const texts = (line) =>
    parse(line).map(({ commands, after }) => [
        after,
        ...commands.map(({ words, from, to, appends }) => {
            const files = [from && `<${from.text}`, to && `${appends ? '>>' : '>'}${to.text}`];
            return [...words.map(({ text }) => text), ...files.filter((text) => text !== undefined)];
        }),
    ]);

test('a line is words, quotes, files and pipes', () => {
    const quoted = [';', ['a', 'b  cd', 'e "f" \\g', 'h i', '']];
    assert.deepEqual(texts(`  a 'b  c'd "e \\"f\\" \\g" h\\ i ""  # j`), [quoted]);
    const several = [[';', ['a', '<b'], ['c', '-d', '>e']], ['&&', ['f', '>>g']], [';', ['h']]];
    assert.deepEqual(texts('a<b|c -d>e&&f>>g;h'), several);
    assert.deepEqual(texts("tr '|' \\> a#b;"), [[';', ['tr', '|', '>', 'a#b']]]);
    assert.deepEqual(texts(' # nothing'), []);
});

test('what a line cannot mean is said', () => {
    for (const [line, message] of [
        ["echo 'a", /a ' is missing at the end/],
        ['echo \\', /nothing follows/],
        ['a |', /a command is missing before the end/],
        ['| a', /a command is missing before \|/],
        ['a > | b', /a file is missing behind >/],
        ['a &&', /a command is missing behind &&/],
        ['echo $HOME', /this shell has no \$: put it in quotes/],
        ['a & b', /this shell has no &/],
    ]) {
        assert.throws(() => parse(line), { name: 'SyntaxError', message }, line);
    }
});

test('a pattern is the files that there are, in order', async () => {
    const tree = { '.': ['b.txt', 'a.txt', '.c.txt', 'd'], 'd/': ['e.txt'], '/s/': ['f1', 'f2', 'f33'] };
    const expanded = async (word) => expand(parse(word)[0].commands[0].words[0], async (path) => tree[path] ?? []);
    assert.deepEqual(await expanded('*.txt'), ['a.txt', 'b.txt']);
    assert.deepEqual(await expanded('.*.txt'), ['.c.txt']);
    assert.deepEqual(await expanded('*/*.txt'), ['d/e.txt']);
    assert.deepEqual(await expanded('/s/f?'), ['/s/f1', '/s/f2']);
    assert.deepEqual(await expanded("'*'.txt"), ['*.txt']);
    assert.deepEqual(await expanded('*.nothing'), ['*.nothing']);
});

/** A screen of a few columns, as a terminal is one: where the cursor is, and what can be read. */
function createScreen(columns = 20) {
    const rows = [[]];
    let [x, y] = [0, 0];
    return {
        columns,
        column: () => Math.min(x, columns - 1),
        shown: async () => {},
        write(text) {
            for (const [part, count, what] of text.matchAll(/\x1b\[([0-9;]*)([A-Za-z])|[\s\S]/gu)) {
                if (what === 'A') y -= Number(count || 1);
                else if (what === 'B') y += Number(count || 1);
                else if (what === 'G') x = Number(count) - 1;
                else if (what === 'J') rows.splice(y, Infinity, (rows[y] ?? []).slice(0, x));
                else if (what === 'm') continue;
                else if (part === '\r') x = 0;
                else if (part === '\n') y += 1;
                else if (part === '\b') x -= 1;
                else {
                    if (x === columns) [x, y] = [0, y + 1];
                    (rows[y] ??= [])[x++] = part;
                }
                rows[y] ??= [];
            }
        },
        get text() {
            const lines = rows.map((row) => Array.from(row, (character) => character ?? ' ').join('').trimEnd());
            return lines.join('\n').trimEnd();
        },
        get cursor() {
            return [x, y];
        },
    };
}

test('a line is edited, across the edge of the screen', async () => {
    const screen = createScreen(10);
    const tty = new Tty(screen, () => {});
    const line = tty.read({ prompt: '\x1b[1m>\x1b[0m ' });
    await tty.feed('abcdefghijklm');
    assert.equal(screen.text, '> abcdefgh\nijklm');
    await tty.feed('\x1b[D\x1b[D\x7f\x7f\x7f\x7f');
    assert.equal(screen.text, '> abcdefgl\nm');
    assert.deepEqual(screen.cursor, [9, 0]);
    await tty.feed('X');
    assert.equal(screen.text, '> abcdefgX\nlm');
    assert.deepEqual(screen.cursor, [0, 1]);
    await tty.feed('\x01_\x05.\x17Y z\x1bb\x0b\x04');
    assert.equal(screen.text, '> Y');
    await tty.feed('\r');
    assert.equal(await line, 'Y ');
});

test('lines that are typed ahead, the end of the input, and who no longer reads', async () => {
    const tty = new Tty(createScreen(), () => {});
    await tty.feed('one\rtwo\r\x04');
    assert.equal(await tty.read(), 'one');
    assert.equal(await tty.read(), 'two');
    assert.equal(await tty.read(), null);
    const gone = new AbortController();
    const given = tty.read({}, gone.signal);
    gone.abort(new Error('gone'));
    await assert.rejects(given, /gone/);
    const next = tty.read();
    await tty.feed('three\r');
    assert.equal(await next, 'three');
});

test('what is typed before there is a prompt moves behind it', async () => {
    const screen = createScreen();
    const tty = new Tty(screen, () => {});
    screen.write('out');
    await tty.feed('ab');
    assert.equal(screen.text, 'outab');
    const read = tty.read({ prompt: '> ' });
    await turn();
    assert.equal(screen.text, 'out\n> ab');
    await tty.feed('c\r');
    assert.equal(await read, 'abc');
    await tty.feed('next\r');
    assert.equal(await tty.read({ prompt: '> ' }), 'next');
    assert.equal(screen.text, 'out\n> abc\nnext\n> next');
});

test('what was read before comes back, and an unfinished line with it', async () => {
    const screen = createScreen();
    const tty = new Tty(screen, () => {});
    const history = [];
    for (const line of ['first', 'second', 'second', ' ']) {
        const read = tty.read({ history });
        await tty.feed(`${line}\r`);
        await read;
    }
    assert.deepEqual(history, ['first', 'second']);
    const read = tty.read({ history });
    await tty.feed('thi\x1b[A\x1b[A\x1b[A');
    assert.match(screen.text, /first$/);
    await tty.feed('\x1b[B\x1b[B');
    assert.match(screen.text, /thi$/);
    await tty.feed('\x1b[A!\r');
    assert.equal(await read, 'second!');
});

test('a tab completes, or shows what it could be', async () => {
    const screen = createScreen(40);
    const tty = new Tty(screen, () => {});
    const names = ['/s/raven.txt', '/s/rain.txt', '/s/sub/'];
    async function complete(before) {
        return { start: 4, choices: names.filter((name) => name.startsWith(before.slice(4))) };
    }
    const read = tty.read({ prompt: '> ', complete });
    await tty.feed('cat /s/r\t\t');
    assert.equal(screen.text, '> cat /s/ra\nraven.txt  rain.txt\n> cat /s/ra');
    await tty.feed('v\t\r');
    assert.equal(await read, 'cat /s/raven.txt ');
});

/** A shell over programs in JavaScript, and what it prints. */
function createShell(programs, entries = {}) {
    const files = new Files({ '/': createMemory(), '/home': createMemory(entries) });
    const screen = createScreen(200);
    const tty = new Tty(screen, () => shell.interrupt());
    const decoder = new TextDecoder();
    const terminal = {
        isTTY: true,
        tty,
        print: (text) => screen.write(text),
        write: (bytes) => screen.write(decoder.decode(bytes).replaceAll('\n', '\r\n')),
        clear() {},
        input: (_history, signal) => ({ next: () => tty.read({}, signal), release() {} }),
    };
    const find = async (name) => programs[name];
    const commands = Object.keys(programs);
    const shell = new Shell({ terminal, files, find, commands, home: '/home', environment: () => ({}) });
    return { shell, screen, files, tty };
}

const encoder = new TextEncoder();

async function bytesOf(stdin) {
    const chunks = [];
    if (stdin.getReader === undefined) {
        for (let next = await stdin.next(); !next.done; next = await stdin.next()) chunks.push(next.value);
    } else {
        for await (const chunk of stdin) chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

const PLAYED = {
    async say({ args, stdout }) {
        await stdout.write(encoder.encode(`${args.join(' ')}\n`));
        return { code: 0 };
    },
    async upper({ stdin, stdout }) {
        await stdout.write(encoder.encode((await bytesOf(stdin)).toUpperCase()));
        return { code: 0 };
    },
    fail: async () => ({ code: 3 }),
    async trap() {
        throw new Error('unreachable executed');
    },
};

test('pipes, files, and what runs after what', async () => {
    const { shell, screen, files } = createShell(PLAYED, { '/in': 'from a file\n' });
    assert.equal(await shell.run('say a b | upper; fail && say no; fail; say yes && say and'), 0);
    assert.equal(screen.text, 'A B\nyes\nand');
    assert.equal(await shell.run('upper < in > out && say more >> out && upper < /home/out'), 0);
    assert.equal(screen.text, 'A B\nyes\nand\nFROM A FILE\nMORE');
    assert.deepEqual(await files.list('/home'), ['in', 'out']);
    assert.equal(await shell.run('say i*'), 0);
    assert.match(screen.text, /\nin$/);
    assert.equal(await shell.run('fail'), 3);
    assert.equal(await shell.run('say | fail'), 3);
});

test('what does not work says why', async () => {
    const { shell, screen } = createShell(PLAYED);
    for (const [line, status, message] of [
        ['nothing', 127, 'shell: no such command: nothing (help shows what is there)'],
        ['trap', 1, 'trap: unreachable executed'],
        ['upper < not-there', 1, 'upper: no such file or directory: /not-there'],
        ['cd /not-there', 1, 'cd: no such directory: /not-there'],
        ["say 'a", 2, 'shell: a \' is missing at the end'],
    ]) {
        assert.equal(await shell.run(line), status);
        assert.equal(screen.text.split('\n').at(-1), message);
    }
    assert.equal(shell.cwd, '/home');
    assert.equal(await shell.run('cd / && cd home && cd .. && cd'), 0);
    assert.equal(shell.cwd, '/home');
});

test('who writes when nobody reads any more is ended; who waits is ended by Ctrl-C', async () => {
    const ends = [];
    const { shell, screen, tty } = createShell({
        ...PLAYED,
        async pour({ stdout, signal }) {
            while (!signal.aborted) {
                await stdout.write(new Uint8Array(1000));
                await turn();
            }
            ends.push('pour');
            throw signal.reason;
        },
        sip: async ({ stdin }) => {
            const reader = stdin.getReader();
            const { value } = await reader.read();
            reader.releaseLock();
            ends.push(`sip ${value.length}`);
            return { code: 0 };
        },
        wait: ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    });
    assert.equal(await shell.run('pour | sip'), 0);
    assert.deepEqual(ends, ['sip 1000', 'pour']);
    const status = shell.run('wait | wait; say never');
    await turn();
    await tty.feed('\x03');
    assert.equal(await status, 130);
    assert.equal(screen.text, '^C');
});

test('each command is one of the programs that are built', () => {
    assert.equal(COMMANDS.get('sort').crate, 'coreutils');
    for (const { crate, version } of PROGRAMS) assert.match(`${crate} ${version}`, /^[a-z-]+ \d+\.\d+\.\d+$/);
});

/** Why the page cannot be tried here. */
function whyNot() {
    const built = PROGRAMS.every(({ crate }) => existsSync(new URL(`terminal/pkg/${crate}/${crate}.js`, examples)));
    if (!built) return 'the programs are not here: make terminal';
    const absent = missing('chromium');
    return absent.length > 0 ? `there is no ${absent.join(' and no ')} here: make setup-matrix` : false;
}

/** Longer than the largest program takes to be fetched and compiled. */
const LONGEST = 60_000;

/** What is to be read on the screen, as JavaScript. */
const SCREEN = `Array.from(document.querySelectorAll('.xterm-rows > div'), (row) => row.textContent)
    .map((text) => text.replaceAll('\\u00a0', ' ').trimEnd()).join('\\n').trimEnd()`;

const [CONTROL, NULL, TAB, UP, HOME] = ['\uE009', '\uE000', '\uE004', '\uE013', '\uE011'];
const CTRL_C = `${CONTROL}c${NULL}`;
const CTRL_D = `${CONTROL}d${NULL}`;

describe('the page', { skip: whyNot() }, () => {
    let server;
    let browser;

    before(async () => {
        server = await serve(fileURLToPath(examples));
        browser = await openBrowser('chromium');
        await browser.navigate(`${server.origin}/terminal/`);
        await isState('Ready');
    });
    after(async () => {
        await browser?.close();
        await server?.close();
    });

    const isState = (state) =>
        browser.waitFor(`return document.getElementById('state').value.includes('${state}')`, LONGEST);
    const type = (keys) => browser.type('.xterm-helper-textarea', keys);
    const screen = () => browser.execute(`return ${SCREEN}`);
    const shows = (pattern) => browser.waitFor(`return ${pattern}.test(${SCREEN})`, LONGEST);
    /** Begins a line on an empty screen. */
    async function begin(line) {
        await type('clear\n');
        await shows(/^\S+ ❯$/);
        await type(`${line}\n`);
    }
    /** Runs a line to its end; what is seen then, between the line and the next prompt. */
    async function ran(line) {
        await begin(line);
        await shows(/^\S+ ❯ [^]*\n\S+ ❯$/);
        return (await screen()).split('\n').slice(1, -1).join('\n');
    }

    test('a program reads a file that is fetched', async () => {
        assert.match(await ran('hexyl -n 32 /samples/sunset.png'), /│00000000│ 89 50 4e 47 0d 0a 1a 0a ┊/);
    });

    test('several programs at once', async () => {
        const last = 'WHILE I NODDED, NEARLY NAPPING, SUDDENLY THERE CAME A TAPPING,';
        assert.equal(await ran('cat /samples/raven.txt | tr a-z A-Z | sort | tail -n 1'), last);
        assert.equal(await ran('seq 100000 | wc -l'), '100000');
        assert.equal(await ran('seq 100000000 | head -1'), '1');
    });

    test('a program that has threads', async () => {
        const counted = '       3       3       6 three\n     200     200     692 many\n     203     203     698 total';
        assert.equal(await ran('seq 3 > three && seq 200 > many && cw --threads 2 three many && rm three many'), counted);
    });

    test('a search through directories', async () => {
        const found = 'raven.txt:8:Ah, distinctly I remember, it was in the bleak December,';
        assert.equal(await ran('cd /samples && rg -n --no-heading december -i; cd'), found);
    });

    test('files stay', async () => {
        assert.equal(await ran('seq 3 > kept && cp kept copied && cat copied'), '1\n2\n3');
        await browser.navigate(`${server.origin}/terminal/`);
        await isState('Ready');
        assert.equal(await ran('rm kept && ls'), 'copied');
        assert.equal(await ran(`echo 'x = 6 * 7' > a.py && python -c 'import a; print(a.x)'`), '42');
    });

    test('an interpreter waits for its lines, and the page goes on', async () => {
        await begin('stak-repl');
        await isState('blocked on stdin');
        const count = `Number(document.getElementById('frames').textContent)`;
        const frames = await browser.execute(`return ${count}`);
        await browser.waitFor(`return ${count} > ${frames + 5}`);
        await type('(define (square x) (* x x))\n');
        await shows(/\n> \(define .*\n.*\n>$/);
        await type('(map squ');
        await shows(/> \(map squ$/);
        await type('are (list 1 2 3))\n');
        await shows(/\n> \(map square \(list 1 2 3\)\)\n\(1 4 9\)\n>$/);
        await type(CTRL_D);
        await isState('Ready');
    });

    test('Python, with its library', async () => {
        await begin('python');
        await shows(/\n>>>>>$/);
        await type('import json\n');
        await shows(/ import json\n>>>>>$/);
        await type('json.dumps({"2**100": 2**100})\n');
        await shows(/\n'{"2\*\*100": 1267650600228229401496703205376}'\n>>>>>$/);
        // What is typed ahead is not lost.
        await type('def twice(x):\n    return 2 * x\n\ntwice("ab")\n');
        await shows(/'abab'\n>>>>>$/);
        await type(CTRL_D);
        await isState('Ready');
    });

    test('Ctrl-C ends what waits, what sleeps, and what writes without an end', async () => {
        const endless = ['seq 1000000000', 'seq 1000000000 | sort -n', 'seq 1000000000 > endless'];
        for (const line of ['factor', 'sleep 1000', ...endless]) {
            await begin(line);
            await isState(`${line}: `);
            await type(CTRL_C);
            await isState('Ready');
            await shows(/\S+ ❯$/);
        }
        assert.equal(await ran('rm endless'), '');
    });

    test('Asyncify does the same', async () => {
        await browser.click('[value=asyncify]');
        const first = 'While I nodded, nearly napping, suddenly there came a tapping,';
        assert.equal(await ran('cat /samples/raven.txt | sort -r | head -n 1'), first);
        assert.match(await browser.execute(`return document.getElementById('backend').textContent`), /asyncify/);
        await browser.click('[value=auto]');
        await browser.click('.xterm-screen');
    });

    test('a file that is dropped is there, and its name is typed', async () => {
        await type('clear\n');
        await browser.execute(`
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(['dropped here\\n'], 'a note.txt'));
            document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
        `);
        await shows(/^\S+ ❯  'a note.txt'$/);
        await type(`${HOME}cat\n`);
        await shows(/^\S+ ❯ cat 'a note.txt'\ndropped here\n\S+ ❯$/);
    });

    test('tab, and the arrow that goes back', async () => {
        assert.match(await ran(`cat /sam${TAB}rav${TAB}| hea${TAB}-1`), /^Once upon a midnight dreary/);
        assert.match(await ran(UP + UP), /^Once upon a midnight dreary/);
        assert.match(await screen(), /^\S+ ❯ cat \/samples\/raven\.txt \| head -1\n/);
    });
});
