// Programs with threads as commands of Node.js, and as cargo runs and tests them.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';
import { crateIn } from './crate.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'tests/threads/pkg/threads.js');
const tool = join(root, 'target/release/cargo-suspendable');
const folder = temporaryFolder('threads');

/** What the suite expects of them in all engines is what they do natively. */
test('what the program prints is what a native one prints', () => {
    const native = join(root, 'target/release/threads');
    execFileSync('cargo', ['build', '--release', '--quiet', '-p', 'threads'], { cwd: root });
    for (const args of [
        ['spawn'],
        ['locals'],
        ['scope', '6'],
        ['builder'],
        ['thousand'],
        ['stack', 'large'],
        ['channel'],
        ['timeouts'],
        ['wakes', '40'],
        ['park'],
        ['sleep'],
        ['yield'],
        ['mutex'],
        ['rwlock'],
        ['condvar'],
        ['once'],
        ['random', '5'],
        ['detached'],
        ['return'],
        ['exit', '7'],
    ]) {
        const [here, there] = [[process.execPath, [main, ...args]], [native, args]].map(([command, rest]) => {
            const { status, stdout } = spawnSync(command, rest, { encoding: 'utf8', input: '', timeout: 60_000 });
            return { status, stdout };
        });
        assert.deepEqual(here, there, args.join(' '));
    }
});

for (const node of ['node', process.execPath]) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

    test(`ends as commands end, Node.js ${version}`, () => {
        const run = (...args) => spawnSync(node, [main, ...args], { encoding: 'utf8', input: '' });
        assert.equal(run('panic').status, 101);
        const { status, stderr } = run('deadlock');
        assert.equal(status, 134);
        assert.match(stderr, /deadlock: every thread of the program waits/);
        assert.match(run('stack', 'overflow').stderr, /the stack of thread 1 is full/);
    });

    test(`Ctrl-C ends threads that compute, Node.js ${version}`, async () => {
        const child = spawn(node, [main, 'forever'], { stdio: 'ignore' });
        setTimeout(() => child.kill('SIGINT'), 300);
        assert.equal(await new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal))), 'SIGINT');
    });
}

test('cargo suspendable run --threads', () => {
    const options = { cwd: root, encoding: 'utf8' };
    const out = spawnSync(tool, ['run', '--release', '--threads', '-p', 'threads', '--', 'spawn'], options);
    assert.equal(out.stdout, '[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]\n', out.stderr);
    const library = spawnSync(tool, ['build', '--threads', '-p', 'fixture'], options);
    assert.equal(library.status, 1);
    assert.match(library.stderr, /`fixture` is a library, and only programs have threads/);
});

test('cargo run and cargo test, with that as their runner', () => {
    const source = `
        use std::sync::mpsc::channel;
        use std::thread::{self, sleep};
        use std::time::Duration;
        fn main() {
            let (sender, receiver) = channel();
            thread::spawn(move || sender.send(std::env::args().count()).unwrap());
            std::process::exit(receiver.recv().unwrap() as i32);
        }
        #[test]
        fn waits() {
            let sleeping = thread::spawn(|| sleep(Duration::from_millis(5)));
            sleeping.join().unwrap();
        }
        #[test]
        fn fails() { thread::spawn(|| panic!("wrong on purpose")).join().unwrap() }
    `;
    const { cargo } = crateIn(folder, 'wasm32-wasip1-threads', tool, source);
    const ran = cargo('run', 'one', 'two');
    assert.equal(ran.status, 3, ran.stderr);
    const passed = cargo('test', 'waits');
    assert.match(passed.stdout, /test result: ok. 1 passed; 0 failed/, passed.stderr);
    const failed = cargo('test', 'fails', '--', '--nocapture');
    assert.notEqual(failed.status, 0);
    assert.match(failed.stderr, /wrong on purpose/);
});
