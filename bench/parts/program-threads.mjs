// Programs with threads, which are fibers: beside JavaScript's `await`, and beside the native build of the same
// program, whose threads are the system's.
//
// A run is all that is behind the compiled module, or all of a process. So each does so many operations that what a run
// needs once does not count.

import { run as program } from '../threads/pkg/bench-threads.js';
import { compareStyles, inTurn } from './table.mjs';

const BACKENDS = ['auto', 'asyncify'];
const NATIVE = 'native';
const AWAITS = 'two awaits';
const CALL = 'an async call, awaited';
const SORT = "std's sort";
const ROUNDS = { warmUp: 1, least: 7, most: 15 };

const resolved = Promise.resolve();

export async function run() {
    const awaits = async () => {
        await resolved;
        await resolved;
    };
    return [
        await table('program-messages', 'A message through mpsc between two threads, and its answer', AWAITS, {
            [AWAITS]: inJavaScript(awaits),
            ...both('messages'),
        }, 50_000),
        await table('program-spawn', 'A thread of a program: spawn and join', CALL, {
            [CALL]: inJavaScript(async () => {}),
            ...both('spawn'),
        }, 20_000),
        await table('program-lock', 'A lock of a program that nobody else wants', NATIVE, both('lock'), 50_000_000),
        await table('program-sort', "A million numbers, sorted by rayon's par_sort on four threads", SORT, {
            [SORT]: ours('sort', 'auto'),
            ...both('par-sort'),
        }, 4),
    ];
}

function table(id, title, floor, styles, operations) {
    const isThere = ([, task]) => task !== undefined;
    const tasks = Object.entries(styles).filter(isThere).map(([style, run]) => [style, () => run]);
    return compareStyles({ id, title, floor }, Object.fromEntries(tasks), { operations, rounds: ROUNDS, seconds: 30 });
}

/** Ours and, where there are processes, the native one. */
function both(command) {
    const styles = Object.fromEntries(BACKENDS.map((backend) => [`ours, ${backend}`, ours(command, backend)]));
    return { [NATIVE]: native(command), ...styles };
}

const task = (run) => ({ run, check: () => run(3) });

const inJavaScript = (call) => ({ run: inTurn(call), check: () => '3\n' });

function ours(command, backend) {
    return task(async (operations) => {
        let out = '';
        const options = { args: [command, String(operations)], backend, stdin: '' };
        await program({ ...options, stdout: (text) => void (out += text) });
        return out;
    });
}

function native(command) {
    if (globalThis.process?.getBuiltinModule === undefined) return undefined;
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const { pathname: file } = new URL('../../target/release/bench-threads', import.meta.url);
    return task((operations) => execFileSync(file, [command, String(operations)], { encoding: 'utf8' }));
}
