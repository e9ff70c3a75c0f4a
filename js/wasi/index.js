// WASI preview 1: what a wasip1 program imports, asynchronous where it can wait.
//
//   system     arguments, environment, clocks, random bytes, ends
//   fd         descriptors           over   stream, file, directory
//   path       files by their names  over   tree: what is mounted, and where a path leads
//   poll       several at once
//   sock       sockets that are given
//   books      what hosts lose
//   memory     the program's, by its pointers; abi, errno: the numbers
//
// A function that can be answered at once returns a number. One that cannot returns a promise of it, and is one of
// `WAITING`. Whatever fails is a number too; what is thrown is the program's end, or the reason of its signal.
//
// Others are not used: `@bjorn3/browser_wasi_shim` and `uwasi` have no files that are promises, and the asynchronous
// WASI of `@tybys/wasm-util` waits for each piece that is read or written (100 MB take about 3 times as long in pieces
// of 8 KB, 14 times in pieces of 1 KB). Of wasi-testsuite's 46, 14 and 12 programs they pass 31, 11, 12; 1, 4, 12; and
// 29, 11, 11.

import { Books } from './books.js';
import { create as createFd } from './fd.js';
import { create as createPath } from './path.js';
import { create as createPoll } from './poll.js';
import { create as createSock, openSocket } from './sock.js';
import { create as createSystem } from './system.js';
import { create as createStdio } from '../host/stdio.js';
import { createChanges, quiet } from '../host/changes.js';
import { Descriptor, Table } from './descriptor.js';
import { Directory } from './directory.js';
import { ERRNO, errnoOf } from './errno.js';
import { Exit } from './exit.js';
import { Input, Output, Sink } from './stream.js';
import { Memory } from './memory.js';
import { normal, Tree } from './tree.js';
import { OpenFiles } from './file.js';
import { orAborted, waitsOf } from '../cancel.js';
import { RIGHTS } from './abi.js';
import { fairly } from './turn.js';

export { Exit };

/**
 * @typedef {import('./types.js').Wasi} Wasi
 * @typedef {import('./types.js').WasiOptions} WasiOptions
 * @typedef {import('./program.js').Program} Program
 */

/** The functions that may return a promise. All others return at once. */
export const WAITING = [
    'fd_allocate',
    'fd_datasync',
    'fd_filestat_get',
    'fd_filestat_set_size',
    'fd_filestat_set_times',
    'fd_pread',
    'fd_pwrite',
    'fd_read',
    'fd_readdir',
    'fd_seek',
    'fd_sync',
    'fd_write',
    'path_create_directory',
    'path_filestat_get',
    'path_filestat_set_times',
    'path_link',
    'path_open',
    'path_readlink',
    'path_remove_directory',
    'path_rename',
    'path_symlink',
    'path_unlink_file',
    'poll_oneoff',
    'sched_yield',
    'sock_accept',
    'sock_recv',
    'sock_send',
];

/** Those of them that may be answered at once. */
const AT_ONCE = [
    'fd_filestat_get',
    'fd_pread',
    'fd_pwrite',
    'fd_read',
    'fd_seek',
    'fd_write',
    'poll_oneoff',
    'sock_recv',
    'sock_send',
];

/**
 * @param {WasiOptions} [options]
 * @returns {Wasi}
 */
export function createWasi(options = {}) {
    const { args = [], env = {}, signal } = options;
    const program = /** @type {Program} */ ({
        memory: new Memory(),
        table: new Table(),
        tree: new Tree(options.fs),
        files: new OpenFiles(),
        books: new Books(),
        changes: createChanges(),
        signal,
        isPanicking: false,
        sinks: new Map(),
        args: args.map(text),
        env: Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [text(`${name}=${value}`)])),
    });
    openStreams(program, options);
    openSockets(program, options.sockets ?? {});
    openDirectories(program, options.cwd ?? '/');
    // Who polls looks again then.
    const { tell } = program.changes;
    if (signal !== undefined) waitsOf(signal).add(tell);
    /** @type {Promise<void> | undefined} */
    let ended;

    const functions = {
        ...createSystem(program),
        ...createFd(program),
        ...createPath(program),
        ...createPoll(program),
        ...createSock(program),
    };
    const imports = Object.fromEntries(
        Object.entries(functions).map(([name, call]) => [name, guarded(program, name, call)]),
    );
    return {
        imports,
        start: (memory) => program.memory.start(memory),
        panicked() {
            program.isPanicking = true;
        },
        end() {
            if (signal !== undefined) waitsOf(signal).delete(tell);
            ended ??= end(program);
            return ended;
        },
    };
}

/**
 * A text as the program gets it, up to its NUL.
 *
 * @param {string} given
 */
function text(given) {
    if (String(given).includes('\0')) throw new TypeError(`no argument and no variable has a NUL in it: ${given}`);
    return String(given);
}

/**
 * A function whose failure is a number, and which ends with the program's signal.
 *
 * @param {Program} program
 * @param {string} name
 * @param {(...args: any[]) => number | Promise<number>} call
 */
function guarded(program, name, call) {
    const { signal } = program;
    const alwaysWaits = WAITING.includes(name) && !AT_ONCE.includes(name);
    /** @param {unknown} error */
    const failed = (error) => {
        if (error instanceof Exit || signal?.aborted) throw error;
        const errno = errnoOf(error);
        if (errno !== undefined) return errno;
        // Not the host's failure but somebody's mistake, which nobody should have to guess.
        if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) throw error;
        return ERRNO.IO;
    };
    return (/** @type {any[]} */ ...args) => {
        if (signal?.aborted) throw signal.reason;
        if (program.isPanicking && alwaysWaits) return ERRNO.NOTSUP;
        /** @type {number | Promise<number>} */
        let result;
        try {
            result = call(...args);
        } catch (error) {
            return failed(error);
        }
        if (typeof result === 'number') return result;
        const settled = result.then(fairly, failed);
        if (program.isPanicking) {
            quiet(settled);
            return ERRNO.NOTSUP;
        }
        return signal === undefined ? settled : /** @type {Promise<number>} */ (orAborted(settled, signal));
    };
}

/**
 * @param {Program} program
 * @param {WasiOptions} options
 */
function openStreams({ table, changes, sinks }, { stdin, stdout, stderr }) {
    const stdio = createStdio({ options: { stdin, stdout, stderr } }, (out) => out);
    table.set(0, new Input(stdio.input(), changes, stdio.isTerminal(0)));
    for (const number of /** @type {const} */ ([1, 2])) {
        const out = stdio.output(number);
        // Both may go to the same place.
        const sink = sinks.get(out) ?? new Sink(out, changes);
        sinks.set(out, sink);
        table.set(number, new Output(sink, stdio.isTerminal(number)));
    }
}

/**
 * Each has the number that it was given, and directories have what is left. To libc, which looks for directories
 * from 3 on, they are there from the beginning as well, and are none.
 *
 * @param {Program} program
 * @param {NonNullable<WasiOptions['sockets']>} sockets
 */
function openSockets(program, sockets) {
    for (const [key, socket] of Object.entries(sockets)) {
        const number = Number(key);
        if (!Number.isInteger(number) || number < 3) {
            throw new TypeError(`the option \`sockets\` has the key ${key}: descriptors of sockets count from 3 on`);
        }
        const opened = openSocket(socket, program);
        opened.isGiven = true;
        program.table.set(number, opened);
    }
}

/**
 * One for each mount, and one for the working directory, from which paths may go up.
 *
 * @param {Program} program
 * @param {string} cwd
 */
function openDirectories({ table, tree }, cwd) {
    /**
     * @param {string} path
     * @param {string[]} names
     * @param {number} ceiling
     */
    function open(path, names, ceiling) {
        const directory = new Directory(names, ceiling, RIGHTS.DIRECTORY, RIGHTS.DIRECTORY | RIGHTS.FILE, 0);
        directory.preopened = path;
        table.add(directory);
    }
    for (const { names } of tree.mounts) open(`/${names.join('/')}`, names, names.length);
    const names = normal(cwd);
    if (names.length > 0 && tree.mountOf(names) === undefined) {
        throw new TypeError(`the option \`cwd\` is ${cwd}, where nothing is mounted`);
    }
    if (names.length > 0) open('.', names, 0);
}

/** @param {Program} program */
async function end({ table, files, sinks, changes, signal }) {
    changes.stop();
    for (const descriptor of table) descriptor.close();
    await files.settled();
    const errors = [...files.untold];
    for (const sink of sinks.values()) {
        // Who ends a program does not wait for a stream that takes nothing.
        if (!signal?.aborted) await sink.flush().catch((/** @type {unknown} */ reason) => void errors.push(reason));
        sink.release();
    }
    if (errors.length > 0) throw errors[0];
}
