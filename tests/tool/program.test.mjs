// Programs as commands of Node.js, and `cargo suspendable run`, as a shell and cargo use them.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';
import { crateIn } from './crate.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'tests/program/pkg/program.js');
const tool = join(root, 'target/release/cargo-suspendable');
const folder = temporaryFolder('command');

/** What comes of a command of the program. */
function run(node, args, options = {}) {
    const { status, stdout, stderr } = spawnSync(node, [main, ...args], { encoding: 'utf8', cwd: folder, input: '', ...options });
    return { status, stdout, stderr };
}

for (const node of ['node', process.execPath]) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

    test(`arguments, environment and exit codes, Node.js ${version}`, () => {
        assert.deepEqual(run(node, ['args', '-x', 'two words']), { status: 0, stdout: '-x\ntwo words\n', stderr: '' });
        assert.equal(run(node, ['env', 'NAME'], { env: { PATH: process.env.PATH, NAME: 'value' } }).stdout, 'Ok("value")\n');
        assert.deepEqual(run(node, ['exit', '7']), { status: 7, stdout: 'without an end of line', stderr: '' });
        const { status, stdout, stderr } = run(node, ['panic']);
        assert.deepEqual([status, stdout], [101, 'before\n']);
        assert.match(stderr, /^\s*thread 'main' .*panicked at .*\nthis was to be expected\n/);
        assert.equal(run(node, ['abort']).status, 134);
    });

    test(`files of the folder, above it, and from the root, Node.js ${version}`, () => {
        mkdirSync(join(folder, 'below'), { recursive: true });
        writeFileSync(join(folder, 'notes.txt'), 'noted');
        assert.equal(run(node, ['read', 'notes.txt']).stdout, 'noted');
        assert.equal(run(node, ['read', '../notes.txt'], { cwd: join(folder, 'below') }).stdout, 'noted');
        assert.equal(run(node, ['read', join(folder, 'notes.txt')]).stdout, 'noted');
        assert.equal(run(node, ['append', 'notes.txt', ' twice']).status, 0);
        assert.equal(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'noted twice');
    });

    test(`pipes: all that is in one, and one that is closed, Node.js ${version}`, () => {
        const input = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255));
        const { stdout } = run(node, ['cat'], { input, encoding: 'buffer' });
        assert.ok(stdout.equals(input));
        const shell = `'${node}' '${main}' write 10000000 | head -c 10; echo " \${PIPESTATUS[0]}"`;
        const closed = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
        assert.equal(closed.stdout, 'xxxxxxxxxx 2\n');
        assert.match(closed.stderr, /^BrokenPipe: /);
    });

    test(`Ctrl-C ends what waits, Node.js ${version}`, async () => {
        const child = spawn(node, [main, 'lines'], { stdio: ['pipe', 'pipe', 'inherit'] });
        child.stdin.write('a line\n');
        const [chunk] = await new Promise((resolve) => child.stdout.once('data', (...chunk) => resolve(chunk)));
        assert.equal(String(chunk), '0: a line\n');
        child.kill('SIGINT');
        assert.equal(await new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal))), 'SIGINT');
    });
}

test('cargo suspendable run: a crate\'s program', () => {
    const out = spawnSync(tool, ['run', '--release', '-p', 'program', '--', 'args', '--release', 'x'], {
        cwd: root,
        encoding: 'utf8',
    });
    assert.equal(out.stdout, '--release\nx\n', out.stderr);
    const library = spawnSync(tool, ['run', '--release', '-p', 'fixture'], { cwd: root, encoding: 'utf8' });
    assert.equal(library.status, 1);
    assert.match(library.stderr, /this is a library, which JavaScript runs/);
});

test('cargo run and cargo test, with that as their runner', () => {
    const source = `
        use std::io::Read;
        fn main() {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            println!("{} words", text.split_whitespace().count());
            std::process::exit(3);
        }
        #[test]
        fn files_and_clocks() {
            std::fs::write("made-by-test", "x").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        #[test]
        fn fails() { assert_eq!(1 + 1, 3, "wrong on purpose") }
    `;
    const { crate, cargo } = crateIn(folder, 'wasm32-wasip1', tool, source, { input: 'one two three' });
    const ran = cargo('run');
    assert.deepEqual([ran.status, ran.stdout], [3, '3 words\n'], ran.stderr);
    const passed = cargo('test', 'files');
    assert.match(passed.stdout, /test result: ok. 1 passed; 0 failed/, passed.stderr);
    assert.equal(readFileSync(join(crate, 'made-by-test'), 'utf8'), 'x');
    // Otherwise the test harness keeps the message, which is lost when the program ends.
    const failed = cargo('test', 'fails', '--', '--nocapture');
    assert.notEqual(failed.status, 0);
    assert.match(failed.stderr, /wrong on purpose/);
});

test('a function that is left out of the set is named, and nothing is unwound through it', async () => {
    const out = join(folder, 'without');
    const wasm = join(root, 'target/wasm32-wasip1/release/program.wasm');
    const options = ['--name', 'without', '--out-dir', out, '--exclude', 'program::deep::Walk::step'];
    const built = spawnSync(tool, ['post-build', wasm, ...options], { cwd: root, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    const { run: runWithout } = await import(join(out, 'without.js'));
    let text = '';
    const stdout = (more) => void (text += more);
    const failed = runWithout({ args: ['random', '7'], backend: 'asyncify', stdout });
    await assert.rejects(failed, (error) => {
        assert.match(error.message, /`program::deep::Walk::step` was on the stack of a call that suspended/);
        assert.match(error.message, /--include 'program::deep::Walk::step'/);
        return true;
    });
    assert.equal((await runWithout({ args: ['args', 'x'], backend: 'asyncify', stdout })).code, 0);
    assert.equal(text, 'x\n');

    // Where the names are missing, damaged, or of another package, the call is told by its number.
    const names = join(out, 'without.functions.json');
    for (const damaged of ['', '{', '[]', '{"functions":[],"errors":[]}', '{"functions":[[1,2]],"errors":[{}]}']) {
        writeFileSync(names, damaged);
        const failed = runWithout({ args: ['random', '7'], backend: 'asyncify', stdout });
        await assert.rejects(failed, /^Error: function \d+ of the list in the file \*\.functions\.json was on the stack/);
    }
    rmSync(names);
    const unnamed = runWithout({ args: ['random', '7'], backend: 'asyncify', stdout });
    await assert.rejects(unnamed, /^Error: function \d+ of the list in the file/);
});

test('what is no program cannot be run', () => {
    const file = join(folder, 'broken.wasm');
    writeFileSync(file, 'not WebAssembly');
    const { status, stderr } = spawnSync(tool, ['run', file], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /broken\.wasm cannot be run: it is not a WebAssembly file/);
});

test('a run is recorded in a profile, and the next one adds to it', () => {
    const source = `
        use std::io::Read;
        #[inline(never)] fn from_input() -> usize { std::io::stdin().read(&mut [0; 8]).unwrap() }
        #[inline(never)] fn from_clock() -> usize { std::thread::sleep(std::time::Duration::from_millis(2)); 7 }
        fn main() {
            let which = std::env::args().nth(1).unwrap();
            let length = if which == "input" { from_input() } else { from_clock() };
            println!("{which} {length}");
            std::process::exit(length as i32);
        }
    `;
    const profiled = mkdtempSync(join(folder, 'profiled-'));
    const { crate } = crateIn(profiled, 'wasm32-wasip1', tool, source);
    const record = (which) => {
        const options = ['run', '--release', '--profile', 'profile.json', '--', which];
        const { status, stdout, stderr } = spawnSync(tool, options, { cwd: crate, encoding: 'utf8', input: 'three' });
        assert.equal(stdout, `${which} ${status}\n`, stderr);
        const names = JSON.parse(readFileSync(join(crate, 'profile.json'), 'utf8'));
        return names.filter((name) => name.startsWith('counted::from_'));
    };
    assert.deepEqual(record('clock'), ['counted::from_clock']);
    assert.deepEqual(record('input'), ['counted::from_clock', 'counted::from_input']);

    // Before anything runs, for what was recorded would be lost.
    const file = join(crate, 'profile.json');
    for (const damaged of ['["counted::from_in', '{}', '[1]', '']) {
        writeFileSync(file, damaged);
        const options = ['run', '--release', '--profile', 'profile.json', '--', 'clock'];
        const { status, stdout, stderr } = spawnSync(tool, options, { cwd: crate, encoding: 'utf8' });
        assert.deepEqual([status, stdout], [1, ''], damaged);
        assert.match(stderr, /^error: profile\.json is no profile, which is a JSON array of functions' names: .*\n$/);
        assert.equal(readFileSync(file, 'utf8'), damaged);
    }
});
