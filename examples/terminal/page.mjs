// The page around the shell: files, programs, and what shows that the page goes on.

import { createMemory } from './pkg/host/fs/memory.js';
import { openDirectory } from './pkg/host/fs/directory.js';
import { Files, resolve } from './files.mjs';
import { COMMANDS, PROGRAMS } from './programs.mjs';
import { Shell } from './shell.mjs';
import { Terminal } from './terminal.mjs';
import { themes } from './themes.mjs';

/** @typedef {import('./shell.mjs').Run} Run */

const HOME = '/home';

const SAMPLES = ['sunset.png', 'guess.py', 'planets.json', 'raven.txt', 'sieve.scm', 'slow.py'];

/** What a visitor may begin with. */
const TRIES = [
    ['python', 'blocks until you type a line'],
    ['python /samples/guess.py', 'a game that calls input()'],
    ['stak-repl', 'Scheme; Ctrl-D ends it'],
    ['hexyl /samples/sunset.png', 'a file that is fetched when it is read'],
    ["cat /samples/raven.txt | tr -cs A-Za-z '\\n' | sort | uniq -c | sort -rn | head -5", 'six programs at once'],
    ['seq 1000000 | tee numbers | wc -l; ls -l', 'a file that stays'],
];

/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);

const terminal = new Terminal(element('terminal'), () => shell.interrupt());
const dark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => (terminal.theme = themes[dark.matches ? 'dark' : 'light']);
dark.addEventListener('change', paint);
paint();

/** Where files are kept: the origin's private file system, or memory where there is none. */
async function openHome() {
    try {
        const root = await navigator.storage.getDirectory();
        const handle = await root.getDirectoryHandle('terminal', { create: true });
        return { home: openDirectory(async () => handle), isKept: true };
    } catch {
        return { home: createMemory(), isKept: false };
    }
}

const samples = Object.fromEntries(SAMPLES.map((name) => [`/${name}`, new URL(`samples/${name}`, import.meta.url)]));
const { home, isKept } = await openHome();
const files = new Files({ '/': createMemory(), [HOME]: home, '/samples': createMemory(samples) });

/** Commands that are the page's own. @type {Map<string, Run>} */
const own = new Map([
    ['help', help],
    ['download', download],
]);

const shell = new Shell({
    terminal,
    files,
    find: async (name) => own.get(name) ?? (await program(name)),
    commands: [...COMMANDS.keys(), ...own.keys()],
    home: HOME,
    environment: () => ({
        HOME,
        TERM: 'xterm-256color',
        COLORTERM: 'truecolor',
        COLUMNS: String(terminal.columns),
        LINES: String(terminal.rows),
        LANG: 'C.UTF-8',
    }),
});

/**
 * @param {string} command
 * @returns {Promise<Run | undefined>}
 */
async function program(command) {
    const found = COMMANDS.get(command);
    if (found === undefined) return undefined;
    const { crate, isMany } = found;
    /** @type {{ run: Run }} */
    const { run } = await import(`./pkg/${crate}/${crate}.js`);
    return async ({ args = [], ...options }) => {
        const backend = /** @type {any} */ (new FormData(element('controls')).get('backend'));
        const ended = await run({ ...options, args: isMany ? [command, ...args] : args, backend });
        element('backend').textContent = `The last program waited through ${ended.backend}.`;
        return ended;
    };
}

/** @type {Run} */
async function help({ stdout }) {
    const sections = PROGRAMS.map(({ crate, version, commands }) => {
        const lines = Object.entries(commands).map(([name, about]) => `  \x1b[1m${name.padEnd(11)}\x1b[0m${about}`);
        return `\x1b[2m${crate} ${version}\x1b[0m\n${lines.join('\n')}\n`;
    });
    const ours = `\x1b[2mthe shell\x1b[0m
  \x1b[1mcd\x1b[0m, \x1b[1mpwd\x1b[0m, \x1b[1mclear\x1b[0m, \x1b[1mhelp\x1b[0m, \x1b[1mdownload\x1b[0m FILE
  a | b   < in   > out   >> more   a && b   a ; b   *.txt   'quotes'
  Tab completes, ↑ goes back, Ctrl-C ends what waits or writes, Ctrl-D ends the input.
`;
    await /** @type {any} */ (stdout).write(new TextEncoder().encode(sections.join('') + ours));
    return { code: 0 };
}

/** @type {Run} */
async function download({ args = [] }) {
    for (const path of args) {
        const source = await files.read(resolve(shell.cwd, path));
        const parts = [];
        for (let part = await source.next(); !part.done; part = await source.next()) parts.push(part.value);
        await source.release();
        const url = URL.createObjectURL(new Blob(parts));
        Object.assign(document.createElement('a'), { href: url, download: path.split('/').at(-1) }).click();
        URL.revokeObjectURL(url);
    }
    return { code: 0 };
}

/** @param {DataTransfer} dropped */
async function take(dropped) {
    for (const file of dropped.files) {
        const target = await files.write(resolve(shell.cwd, file.name));
        await target.write(new Uint8Array(await file.arrayBuffer()));
        await target.close();
    }
    const names = Array.from(dropped.files, ({ name }) => (/^[\w.-]+$/.test(name) ? name : `'${name}'`));
    await terminal.tty.feed(` ${names.join(' ')}`);
    terminal.focus();
}

addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
});
for (const over of ['dragleave', 'drop']) addEventListener(over, () => document.body.classList.remove('dropping'));
addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer !== null) take(event.dataTransfer);
});

// The state: what runs, and whether it waits for the visitor.
let line = /** @type {string | undefined} */ (undefined);
let isWaiting = false;
function show() {
    element('state').value = line === undefined ? 'Ready' : `${line}: ${isWaiting ? 'blocked on stdin' : 'runs'}`;
    document.body.classList.toggle('running', line !== undefined);
    document.body.classList.toggle('waiting', isWaiting);
}
shell.onRun = (runs) => {
    line = runs;
    show();
};
terminal.tty.onWait = (waits) => {
    isWaiting = waits;
    show();
};

// The proof that the page goes on: what a blocked page could not draw.
let frames = 0;
function draw(/** @type {number} */ time) {
    element('hand').setAttribute('transform', `rotate(${(time * 0.18) % 360})`);
    if (line !== undefined) element('frames').textContent = ++frames;
    requestAnimationFrame(draw);
}
requestAnimationFrame(draw);

/** Types a command as a visitor would, who ends what runs if he wants something else. @param {string} command */
async function begin(command) {
    terminal.focus();
    if (line !== undefined) await terminal.tty.feed('\x03');
    while (line !== undefined || !isWaiting) await new Promise(requestAnimationFrame);
    await terminal.tty.feed(`\x05\x15${command}\r`);
}

for (const [command, about] of TRIES) {
    const button = Object.assign(document.createElement('button'), { type: 'button', onclick: () => begin(command) });
    button.append(Object.assign(document.createElement('code'), { textContent: command }), about);
    const item = document.createElement('li');
    item.append(button);
    element('tries').append(item);
}

terminal.print('\x1b[1mhelp\x1b[0m shows what is there.\r\n');
if (!isKept) terminal.print('This browser keeps no files for pages: they are in memory.\r\n');
terminal.print('\r\n');
terminal.focus();
await shell.start();
