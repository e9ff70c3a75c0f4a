// std's own locks, thread-locals and channels in a library that is built with --std: beside the same code with the
// precompiled std, and beside JavaScript's `await`.

import { instantiate as withStd } from '../std/pkg/bench-std.js';
import { instantiate as precompiled } from '../std/pkg-precompiled/bench-std.js';
import { compareStyles, inTurn } from './table.mjs';

const PRECOMPILED = 'the precompiled std';
const AWAITS = 'two awaits';
const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];

const resolved = Promise.resolve();

export async function run() {
    const floor = await precompiled();
    const own = Object.fromEntries(
        await Promise.all(BACKENDS.map(async (backend) => [`ours, ${backend}`, await withStd({ backend })])),
    );
    const compare = (id, title, method) =>
        compareStyles({ id, title, floor: PRECOMPILED }, tasks({ [PRECOMPILED]: floor, ...own }, method));
    const awaits = async () => {
        await resolved;
        await resolved;
    };
    return [
        await compare('std-lock', "std's Mutex that nobody else wants, with --std", 'lock'),
        await compare('std-read', "std's RwLock that is read, and nobody else wants, with --std", 'read'),
        await compare('std-write', "std's RwLock that is written, and nobody else wants, with --std", 'write'),
        await compare('std-local', 'thread_local! of a number, with --std', 'local'),
        await compare('std-lazy-local', 'thread_local! that is made at its first use, with --std', 'lazyLocal'),
        await compareStyles(
            { id: 'std-messages', title: "A message through std's mpsc between two threads, and its answer, with --std", floor: AWAITS },
            { [AWAITS]: () => ({ run: inTurn(awaits), check: () => 10 }), ...tasks(own, 'messages') },
        ),
    ];
}

const tasks = (instances, method) =>
    Object.fromEntries(
        Object.entries(instances).map(([style, instance]) => [
            style,
            () => ({ run: (times) => instance[method](times), check: () => instance[method](10) }),
        ]),
    );
