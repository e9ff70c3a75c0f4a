// The shell: from lines to programs that run.
//
//   parse      what a line means
//   tty        what the terminal has between keys and programs
//   files      the files, for patterns, `<`, `>` and `cd`
//
// Every program of a pipeline is an instance of its own, and they all run at once, here, in the page's own thread:
// each waits until there is something to read, or room to write. What one writes is the other's input, through a
// stream of the web's.

import { expand, parse } from './parse.mjs';
import { resolve } from './files.mjs';

/**
 * @typedef {import('./parse.mjs').Command} Command
 * @typedef {import('./files.mjs').Files} Files
 * @typedef {import('../../js/program/types.js').RunOptions} RunOptions
 * @typedef {(options: RunOptions) => Promise<{ code: number, backend?: string }>} Run
 */

/** Exit codes as shells have them. */
const [FAILED, MISUSED, NOT_FOUND, INTERRUPTED, CUT_OFF] = [1, 2, 127, 130, 141];

const encoder = new TextEncoder();

/** How many bytes a pipe holds before its writer waits. */
const ROOM = 65_536;

export class Shell {
    /** What it has read before. @type {string[]} */
    history = [];
    #terminal;
    #files;
    #find;
    #commands;
    #cwd;
    #home;
    #environment;
    /** What runs now; it is told of Ctrl-C. @type {AbortController | undefined} */
    #current;
    /** The lines that each program has read. @type {Map<string, string[]>} */
    #histories = new Map();

    /**
     * @param {object} parts
     * @param {import('./terminal.mjs').Terminal} parts.terminal
     * @param {Files} parts.files
     * @param {(name: string) => Promise<Run | undefined>} parts.find a program by its name
     * @param {string[]} parts.commands the names that are completed
     * @param {string} parts.home
     * @param {() => Record<string, string>} parts.environment
     */
    constructor({ terminal, files, find, commands, home, environment }) {
        this.#terminal = terminal;
        this.#files = files;
        this.#find = find;
        this.#commands = commands;
        this.#home = home;
        this.#cwd = home;
        this.#environment = environment;
        /** Is told which line runs, and `undefined` when it has ended. */
        this.onRun = (/** @type {string | undefined} */ _line) => {};
    }

    get cwd() {
        return this.#cwd;
    }

    /** Ends what runs, or gives up the line. */
    interrupt() {
        this.#current?.abort(new DOMException('interrupted', 'AbortError'));
    }

    /** Reads lines and runs them, for ever. */
    async start() {
        for (let status = 0; ; ) {
            const line = await this.#read(status);
            if (line === undefined) continue;
            status = await this.run(line);
        }
    }

    /** @param {number} status of the line before, which colours the prompt */
    async #read(status) {
        const isHome = this.#cwd === this.#home || this.#cwd.startsWith(`${this.#home}/`);
        const at = isHome ? `~${this.#cwd.slice(this.#home.length)}` : this.#cwd;
        const prompt = `\x1b[1;34m${at}\x1b[0m \x1b[1;${status === 0 ? 32 : 31}m❯\x1b[0m `;
        this.#current = new AbortController();
        const { history } = this;
        const reading = { prompt, history, complete: (/** @type {string} */ before) => this.#complete(before) };
        try {
            const line = await this.#terminal.tty.read(reading, this.#current.signal);
            // There is nothing to leave.
            if (line === null) this.#terminal.print('\r\n');
            return line ?? undefined;
        } catch {
            return undefined;
        }
    }

    /**
     * Runs a line, and returns its status.
     *
     * @param {string} line
     */
    async run(line) {
        this.#current = new AbortController();
        const { signal } = this.#current;
        let status = 0;
        try {
            const pipelines = parse(line);
            if (pipelines.length > 0) this.onRun(line);
            for (const { commands, after } of pipelines) {
                if (after === '&&' && status !== 0) continue;
                status = await this.#pipeline(commands, signal);
                if (signal.aborted) return INTERRUPTED;
            }
            return status;
        } catch (error) {
            this.#complain('shell', error);
            return MISUSED;
        } finally {
            this.onRun(undefined);
        }
    }

    /**
     * @param {string} name
     * @param {unknown} error
     */
    #complain(name, error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#terminal.print(`\x1b[31m${name}: ${message}\x1b[0m\r\n`);
    }

    /**
     * Runs commands at once, each one's output the next one's input.
     *
     * @param {Command[]} commands
     * @param {AbortSignal} signal
     */
    async #pipeline(commands, signal) {
        const pipes = commands.slice(1).map(() => createPipe());
        const ends = commands.map((command, index) => this.#command(command, pipes[index - 1], pipes[index], signal));
        const codes = await Promise.all(ends);
        return codes[codes.length - 1];
    }

    /**
     * @param {Command} command
     * @param {Pipe | undefined} before where its input comes from
     * @param {Pipe | undefined} behind where its output goes
     * @param {AbortSignal} signal
     * @returns {Promise<number>} its exit code
     */
    async #command({ words, from, to, appends }, before, behind, signal) {
        const list = async (/** @type {string} */ path) => {
            return (await this.#list(path)).map((name) => name.replace(/\/$/, ''));
        };
        const expanded = await Promise.all(words.map((word) => expand(word, list)));
        const [name, ...args] = expanded.flat();
        const cutOff = behind?.cutOff ?? signal;
        const ends = AbortSignal.any([signal, cutOff]);
        const keys = this.#terminal.input(this.#historyOf(name), ends);
        /** @type {Awaited<ReturnType<Files['read']>> | undefined} */
        let source;
        /** @type {Awaited<ReturnType<Files['write']>> | undefined} */
        let file;
        try {
            const run = BUILTINS.has(name) ? this.#builtin(name) : await this.#find(name);
            if (run === undefined) {
                this.#complain('shell', `no such command: ${name} (help shows what is there)`);
                return NOT_FOUND;
            }
            if (from !== undefined) source = await this.#files.read(resolve(this.#cwd, from.text));
            if (to !== undefined) file = await this.#files.write(resolve(this.#cwd, to.text), appends);
            const { code } = await run({
                args,
                env: { ...this.#environment(), PWD: this.#cwd },
                stdin: source ?? before?.readable ?? keys,
                stdout: file ?? behind ?? this.#terminal,
                stderr: this.#terminal,
                fs: this.#files.mounts,
                cwd: this.#cwd,
                signal: ends,
            });
            return code;
        } catch (error) {
            if (signal.aborted) return INTERRUPTED;
            if (cutOff.aborted) return CUT_OFF;
            this.#complain(name, error);
            return FAILED;
        } finally {
            keys.release();
            behind?.close();
            before?.abandon();
            await source?.release();
            await file?.close();
        }
    }

    /** @param {string} name */
    #historyOf(name) {
        const history = this.#histories.get(name) ?? [];
        this.#histories.set(name, history);
        return history;
    }

    /** @param {string} path */
    #list(path) {
        return this.#files.list(resolve(this.#cwd, path));
    }

    /**
     * What programs cannot do: the working directory is the shell's, and so is the screen.
     *
     * @param {string} name
     * @returns {Run}
     */
    #builtin(name) {
        return async ({ args = [], stdout }) => {
            const [to = this.#home] = args;
            const path = resolve(this.#cwd, to);
            if (name === 'clear') this.#terminal.clear();
            else if (name === 'pwd') await /** @type {any} */ (stdout).write(encoder.encode(`${this.#cwd}\n`));
            else if (await this.#isDirectory(path)) this.#cwd = path;
            else throw new Error(`no such directory: ${to}`);
            return { code: 0 };
        };
    }

    /** @param {string} path */
    async #isDirectory(path) {
        const isThere = await this.#files.isDirectory(path).catch(() => false);
        // Something may be mounted below.
        return isThere || (await this.#files.list(path)).length > 0;
    }

    /**
     * Completes the last word: a command where one begins, else a path.
     *
     * @param {string} before
     */
    async #complete(before) {
        const word = /[^\s|<>;&]*$/.exec(before)?.[0] ?? '';
        const start = before.length - word.length;
        if (/(^|[|;&])\s*$/.test(before.slice(0, start))) {
            const names = [...this.#commands, ...BUILTINS].sort();
            return { start, choices: names.filter((name) => name.startsWith(word)) };
        }
        const directory = word.slice(0, word.lastIndexOf('/') + 1);
        const names = await this.#list(directory === '' ? '.' : directory);
        const paths = names.map((name) => directory + name);
        return { start, choices: paths.filter((path) => path.startsWith(word)) };
    }
}

const BUILTINS = new Set(['cd', 'clear', 'pwd']);

/** @typedef {ReturnType<typeof createPipe>} Pipe */

/** A stream from one program to the next. */
function createPipe() {
    /** @type {QueuingStrategy<Uint8Array>} */
    const size = new ByteLengthQueuingStrategy({ highWaterMark: ROOM });
    /** @type {TransformStream<Uint8Array, Uint8Array>} */
    const { readable, writable } = new TransformStream({}, size);
    const writer = writable.getWriter();
    const cutting = new AbortController();
    let isAbandoned = false;
    const ignore = () => {};
    writer.closed.catch(ignore);
    return {
        readable,
        /** Ends who writes when nobody reads any more, as the signal does that is called SIGPIPE. */
        cutOff: cutting.signal,
        /** @param {Uint8Array} bytes */
        write(bytes) {
            if (isAbandoned) return cutting.abort();
            writer.write(bytes).catch(ignore);
            return Number(writer.desiredSize) > 0 ? undefined : writer.ready;
        },
        /** The writer has ended. */
        close: () => void writer.close().catch(ignore),
        /** The reader has ended. */
        abandon() {
            isAbandoned = true;
            // It waits for room.
            if (Number(writer.desiredSize) <= 0) cutting.abort();
            readable.cancel().catch(ignore);
        },
    };
}
