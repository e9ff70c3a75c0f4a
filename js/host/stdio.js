// Standard streams: what `init` was given, or the host's own.
//
//   stdin    a text, bytes, or what chunks come from; read by Rust
//   stdout   goes out at the end of each line, and what is left of one when the program waits
//   stderr   goes out at once
//
// What is written is always taken, in its order. Whether the program waits for room before it writes
// more is its own affair: where no call can block, it cannot.

import { quiet, rejected, sinkOf, streamSinkOf } from './writers.js';

/**
 * @typedef {import('../types.js').Host} Host
 * @typedef {import('../types.js').Input} Input
 * @typedef {import('../types.js').Line} Line
 * @typedef {import('../types.js').Output} Output
 * @typedef {import('./writers.js').Sink} Sink
 * @typedef {Pick<Sink, 'room' | 'write' | 'flush' | 'release'>} Out
 */

/** The names of the streams, by their numbers. */
const NAMES = /** @type {const} */ (['stdin', 'stdout', 'stderr']);

/**
 * One instance's streams, each made when it is used for the first time.
 *
 * @param {Pick<Host, 'options'>} host
 * @param {(out: Out) => Out} [buffered] what standard output goes through
 */
export function create(host, buffered = inLines) {
    /** By what they write to, which may be the same for both. @type {Map<unknown, Out>} */
    const sinks = new Map();
    /** @type {Out[]} */
    const outputs = [];

    /** @param {number} number */
    function output(number) {
        return (outputs[number] ??= open(/** @type {1 | 2} */ (number)));
    }

    /** @param {1 | 2} number */
    function open(number) {
        const to = given(number);
        const key = to ?? number;
        const sink = sinks.get(key) ?? (to === undefined ? consoleOut(number) : outOf(to, NAMES[number]));
        sinks.set(key, sink);
        return number === 1 ? buffered(sink) : sink;
    }

    /** @param {0 | 1 | 2} number */
    const given = (number) => /** @type {any} */ (host.options[NAMES[number]] ?? globalThis.process?.[NAMES[number]]);

    return {
        input() {
            const { stdin } = host.options;
            if (stdin === undefined || stdin === /** @type {unknown} */ (globalThis.process?.stdin)) return hostInput();
            return typeof stdin === 'function' ? linesOf(stdin) : stdin;
        },
        output,
        /** @param {number} number */
        room: (number) => output(number).room(),
        /**
         * @param {number} number
         * @param {Uint8Array<ArrayBuffer>} bytes
         */
        write: (number, bytes) => void output(number).write(bytes),
        /** @param {number} number */
        flush: (number) => output(number).flush(),
        /** @param {0 | 1 | 2} number */
        isTerminal: (number) => given(number)?.isTTY === true,
    };
}

/** How much is read at once where that is ours to say. */
const CHUNK = 65_536;

/** What the host has, for all who read it: there is one. @type {HostInput | undefined} */
let ofHost;

/**
 * @typedef {object} HostInput
 * @property {() => Promise<{ done?: boolean, value?: unknown }>} next
 * @property {() => void} [ref] keeps the process from ending
 * @property {() => void} [unref]
 */

/** It keeps the process from ending while somebody reads, and not else. */
function hostInput() {
    const { process, Deno } = /** @type {any} */ (globalThis);
    // Its `process.stdin` reads ahead, and the process waits for that.
    if (Deno?.stdin !== undefined) return (ofHost ??= { next: () => readDeno(Deno.stdin) });
    const stdin = process?.stdin;
    if (stdin?.[Symbol.asyncIterator] === undefined) return undefined;
    /** @type {AsyncIterator<unknown>} */
    let chunks;
    ofHost ??= {
        async next() {
            chunks ??= stdin[Symbol.asyncIterator]();
            stdin.ref?.();
            try {
                return await chunks.next();
            } finally {
                stdin.unref?.();
            }
        },
        ref: () => stdin.ref?.(),
        unref: () => stdin.unref?.(),
    };
    return ofHost;
}

/** @param {{ read(buffer: Uint8Array): Promise<number | null> }} stdin */
async function readDeno(stdin) {
    const buffer = new Uint8Array(CHUNK);
    const count = await stdin.read(buffer);
    return { done: count === null, value: buffer.subarray(0, count ?? 0) };
}

/** @param {() => Line | PromiseLike<Line>} read */
function linesOf(read) {
    return {
        async next() {
            const line = await read();
            const value = typeof line === 'string' && !line.endsWith('\n') ? `${line}\n` : line;
            return { done: value === null || value === undefined, value };
        },
    };
}

/** Streams of Node.js, each with one that listens to it, however many write there. @type {WeakMap<object, Out>} */
const listened = new WeakMap();

/**
 * @param {Output} to
 * @param {string} name
 * @returns {Out}
 */
function outOf(to, name) {
    if (typeof to === 'function') return inOrder(printed(to));
    const stream = listened.get(to) ?? streamSinkOf(to);
    if (stream !== undefined) {
        if ('on' in to) listened.set(to, stream);
        return stream;
    }
    const object = sinkOf(to);
    if (object === undefined) {
        throw new TypeError(`the option \`${name}\` is no stream, no object with write(bytes) and no function`);
    }
    return { ...inOrder(object.write), flush: object.flush };
}

/**
 * Gives text to a function. A character may come in two pieces.
 *
 * @param {(text: string) => unknown} print
 */
function printed(print) {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    /** @param {Uint8Array<ArrayBuffer>} bytes */
    return (bytes) => {
        const text = decoder.decode(bytes, { stream: true });
        /** @type {any} */
        const returned = text === '' ? undefined : print(text);
        return typeof returned?.then === 'function' ? Promise.resolve(returned).then(() => undefined) : undefined;
    };
}

/**
 * One `put` at a time, which says how much it took, or promises to.
 *
 * @param {(bytes: Uint8Array<ArrayBuffer>) => any} put
 * @returns {Out}
 */
function inOrder(put) {
    /** What has not been put yet, or could not be. @type {Promise<unknown> | undefined} */
    let under;
    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @returns {Promise<unknown> | undefined}
     */
    function putAll(bytes) {
        try {
            const taken = put(bytes);
            return typeof taken?.then === 'function'
                ? taken.then((/** @type {any} */ count) => putRest(bytes, count))
                : putRest(bytes, taken);
        } catch (reason) {
            return rejected(reason);
        }
    }
    /**
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {number} taken
     */
    function putRest(bytes, taken = bytes.length) {
        if (taken === bytes.length) return undefined;
        const isSome = Number.isInteger(taken) && taken > 0 && taken < bytes.length;
        return isSome ? putAll(bytes.subarray(taken)) : rejected(new Error(`${taken} bytes were taken`));
    }
    return {
        room: () => under,
        write(bytes) {
            const done = under === undefined ? putAll(bytes) : under.then(() => putAll(bytes));
            if (done === undefined) return;
            under = quiet(done);
            done.then(
                () => {
                    if (under === done) under = undefined;
                },
                () => {},
            );
        },
        flush: () => under,
    };
}

/** What is held back of a line, at the most. */
const LONGEST = 8192;

/**
 * Lets whole lines through. What is left of one follows before anything else happens: when the program
 * waits, or its call ends.
 *
 * @param {Out} out
 * @returns {Out}
 */
function inLines(out) {
    /** @type {Uint8Array<ArrayBuffer>[]} */
    let held = [];
    let size = 0;
    let isAwaited = false;
    /** @param {Uint8Array<ArrayBuffer>} bytes */
    function hold(bytes) {
        held.push(bytes);
        size += bytes.length;
    }
    function release() {
        if (size === 0) return;
        const bytes = held.length === 1 ? held[0] : joined(held, size);
        held = [];
        size = 0;
        out.write(bytes);
    }
    return {
        room: out.room,
        write(bytes) {
            const end = bytes.lastIndexOf(10) + 1;
            if (end > 0) {
                hold(bytes.subarray(0, end));
                release();
            }
            if (end === bytes.length) return;
            hold(bytes.subarray(end));
            if (size > LONGEST) return release();
            if (isAwaited) return;
            isAwaited = true;
            queueMicrotask(() => {
                isAwaited = false;
                release();
            });
        },
        flush() {
            release();
            return out.flush();
        },
    };
}

/**
 * @param {Uint8Array[]} pieces
 * @param {number} size
 */
function joined(pieces, size) {
    const all = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
    }
    return all;
}

/** How long the console waits for the rest of a line, in milliseconds. */
const PATIENCE = 100;

/**
 * The console shows lines. One that the program does not end is shown when it flushes, or when nothing
 * follows.
 *
 * @param {1 | 2} number
 * @returns {Out}
 */
function consoleOut(number) {
    const show = number === 1 ? console.log : console.error;
    let line = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    function showRest() {
        clearTimeout(timer);
        if (line !== '') show(line);
        line = '';
    }
    const put = printed((text) => {
        const lines = (line + text).split('\n');
        line = /** @type {string} */ (lines.pop());
        for (const whole of lines) show(whole);
        clearTimeout(timer);
        if (line !== '') timer = setTimeout(showRest, PATIENCE);
    });
    return { room: () => undefined, write: put, flush: () => void showRest() };
}
