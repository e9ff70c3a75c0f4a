// Threads, channels and locks that wait, beside what they stand for.

import { instantiate } from '../programs/pkg/bench-programs.js';
import { compareStyles, inTurn } from './table.mjs';

const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];
const resolved = Promise.resolve();

export async function run() {
    const asynchronous = async () => {};
    return [
        await table('thread-spawn', 'A thread that does nothing: spawn and join', 'spawnAndJoin', {
            'an async call, awaited': inTurn(asynchronous),
        }),
        await table('thread-message', 'A message between two threads, each waiting for the other', 'messages', {
            await: inTurn(() => resolved),
        }),
        await table('thread-lock', 'A lock that nobody else wants', 'lock', {
            "std's": async (times) => (await instantiated('auto')).lockOfStd(times),
        }),
    ];
}

const instances = {};
const instantiated = (backend) => (instances[backend] ??= instantiate({ backend }));

async function table(id, title, method, floor) {
    const styles = {};
    for (const [label, run] of Object.entries(floor)) styles[label] = () => ({ run, check: () => true });
    for (const backend of BACKENDS) {
        const own = await instantiated(backend);
        const check = async () => (await own[method](10)) === 10;
        styles[`ours, ${backend}`] = () => ({ run: (times) => own[method](times), check });
    }
    return compareStyles({ id, title, floor: Object.keys(floor)[0] }, styles);
}
