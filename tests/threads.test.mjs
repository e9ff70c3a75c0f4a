// Programs with threads, which are fibers in one instance: no shared memory, no workers.

import { assert, rejection, test, turn } from './support.mjs';
import { memoryFiles, run } from './threads/pkg/threads.js';
import { runnerOf } from './running.mjs';

const ran = await runnerOf('threads', run);

async function outputOf(args, options) {
    const { code, out, err } = await ran(args, options);
    assert.deepEqual([code, err], [0, '']);
    return out;
}

/** What each command prints, also natively. */
const SAME = [
    [['spawn'], '[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]\n'],
    [['locals'], '(7, 0)\n(7, 1)\n(7, 2)\n(7, 3)\n(7, 4)\n7\ndropped 3\n'],
    [['scope', '0'], '1\n'],
    [['scope', '6'], '361\n'],
    [['builder'], 'Some("a name"), main is Some("main")\n'],
    [['stack', 'large'], '3000\n'],
    [['channel'], '124500, 100, Err(RecvError)\n'],
    [['timeouts'], 'timed out: true\n'],
    [['wakes', '40'], '40\n'],
    [['park'], '3\n'],
    [['sleep'], '[10, 20, 30, 40], at once: true\n'],
    [['yield'], 'done\n'],
    [['mutex'], '400\nheld: true, 400\n'],
    [['rwlock'], '(150, 150)\n'],
    [['condvar'], '20200, 0 left\n'],
    [['once'], 'true, 111\n'],
    [['detached'], 'Err(Empty)\n'],
    [['return'], 'main is done\n'],
];
for (const [args, expected] of SAME) {
    test(args.join(' '), async () => {
        assert.equal(await outputOf(args), expected);
    });
}

test('a thousand threads', async () => {
    assert.equal(await outputOf(['thousand']), '499500, 1 leads\n');
});

test('too many are an error of `spawn`', async () => {
    assert.equal(await outputOf(['too', 'many']), 'WouldBlock behind some: true\n');
});

test('who runs is decided by arrival, or by the seed, and the same each time', async () => {
    const [first, second] = [await outputOf(['order']), await outputOf(['order'])];
    assert.equal(first, second);
    assert.match(first, /^\[0, 10, 20, 30, 40, 50, 60, 70, 1, 11,/);
    const shuffled = await outputOf(['order'], { schedule: 7 });
    assert.equal(await outputOf(['order'], { schedule: 7 }), shuffled);
    assert.notEqual(shuffled, first);
    assert.notEqual(await outputOf(['order'], { schedule: 8 }), shuffled);
});

test('a race comes out by its seed', async () => {
    const counts = new Set();
    for (let schedule = 0; schedule < 10; schedule++) counts.add(await outputOf(['race', '20'], { schedule }));
    assert.ok(counts.size > 1, [...counts].join());
});

test('locks, channels and conditions under many schedules', async () => {
    for (let seed = 1; seed <= 60; seed++) {
        assert.equal(await outputOf(['random', String(seed)], { schedule: seed * 31 }), 'right\n');
    }
});

test('while one thread waits for input, others run', async () => {
    let asks = 0;
    const stdin = async () => {
        for (let i = 0; i < 10; i++) await turn();
        return ['first', 'second', null][asks++];
    };
    assert.equal(await outputOf(['input'], { stdin }), 'first, ticked: true\nsecond\n');
});

test('lines of several threads stay whole while writes wait', async () => {
    let out = '';
    const stdout = {
        async write(bytes) {
            await turn();
            out += new TextDecoder().decode(bytes);
        },
    };
    await ran(['print'], { stdout });
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 100);
    for (let number = 0; number < 5; number++) {
        const own = lines.filter((line) => line.endsWith(` of ${number}`));
        assert.deepEqual(own, Array.from({ length: 20 }, (_, round) => `line ${round} of ${number}`));
    }
});

test('several threads read one file, each byte once', async () => {
    const content = Array.from({ length: 3000 }, (_, line) => `${line}\n`).join('');
    const fs = memoryFiles({ '/numbers.txt': async () => content });
    assert.equal(await outputOf(['file', '/numbers.txt'], { fs }), `${content.length} bytes, 4498500\n`);
});

test('exit from a thread', async () => {
    const { code, out } = await ran(['exit', '7']);
    assert.deepEqual([code, out], [7, 'from a thread']);
});

test('a panic of a thread ends the program', async () => {
    const { code, out, err } = await ran(['panic']);
    assert.deepEqual([code, out], [101, '']);
    assert.match(err, /thread '<unnamed>' .*panicked at .*\nin a thread\n/);
});

test('a panic while another thread holds standard output', async () => {
    let err = '';
    const stuck = { write: () => new Promise(() => {}) };
    const stderr = (text) => void (err += text);
    // What it has written before can be written no more.
    const ended = ran(['panic', 'printing'], { stdout: stuck, stderr });
    while (!err.includes('while another one prints')) await turn();
    assert.match(err, /thread 'main' .*panicked at /);
    ended.catch(() => {});
});

test('a stack that is full is an error', async () => {
    const full = /stack of thread 1 is full.*RUST_MIN_STACK/;
    assert.match((await rejection(ran(['stack', 'overflow']))).message, full);
    assert.match((await rejection(ran(['stack', 'frame']))).message, full);
    assert.match((await rejection(ran(['stack', 'main']))).message, /the stack of `main` is full/);
    const env = { RUST_MIN_STACK: String(4 << 20) };
    assert.equal(await outputOf(['stack', 'frame'], { env }), 'Ok(1048577)\n');
});

test('a deadlock is an error that says where', async () => {
    for (const [args, places] of [
        [['deadlock'], /`main` at 0x[0-9a-f]+.*\n(.*\n)*  thread 1 at 0x/],
        [['deadlock', 'two'], /thread 1 at 0x[0-9a-f]+.*\n(.*\n)*  thread 2 at 0x/],
    ]) {
        const { message } = await rejection(ran(args));
        assert.match(message, /^deadlock: every thread/);
        assert.match(message, places);
    }
});

test('a signal ends threads that wait for each other, or compute', async () => {
    for (const args of [['exit', '0'], ['forever']]) {
        const controller = new AbortController();
        const ended = rejection(ran(args, { signal: controller.signal }));
        if (args[0] === 'forever') setTimeout(() => controller.abort(new Error('enough')), 20);
        else controller.abort(new Error('enough'));
        assert.equal((await ended).message, 'enough');
    }
});

test('the page has its turn while threads compute', async () => {
    const controller = new AbortController();
    const ended = rejection(ran(['forever'], { signal: controller.signal }));
    for (let i = 0; i < 10; i++) await turn();
    controller.abort(new Error('seen'));
    assert.equal((await ended).message, 'seen');
});

test('several programs with threads at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => outputOf(['barrier', '20'])));
    assert.deepEqual(all, Array(5).fill('190, 1 leads\n'));
});
