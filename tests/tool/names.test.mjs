// What the set leaves out because of names: where these are wrong, the guard's error says that they were the reason.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';
import { crateIn } from './crate.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tool = join(root, 'target/release/cargo-suspendable');
const folder = temporaryFolder('names');

/** Two methods at one place of their vtables, with one signature. The one that is called waits for input. */
const source = `
    use std::hint::black_box;
    use std::io::Read;
    trait Reads { fn read(&self, n: u32) -> u32; fn other(&self) -> u32; }
    trait Sizes { fn size(&self, n: u32) -> u32; fn again(&self) -> u32; }
    struct Input(u32);
    impl Reads for Input {
        fn read(&self, n: u32) -> u32 { std::io::stdin().read(&mut [0; 8]).unwrap() as u32 * self.0 + n }
        fn other(&self) -> u32 { self.0 }
    }
    impl Sizes for Input {
        fn size(&self, n: u32) -> u32 { black_box(self.0) ^ n }
        fn again(&self) -> u32 { black_box(self.0 | 4) }
    }
    #[inline(never)] fn reads(it: &dyn Reads, n: u32) -> u32 { it.read(n) + 1 }
    fn main() {
        let input: Box<dyn Reads> = black_box(Box::new(Input(10)));
        let sizes: Box<dyn Sizes> = black_box(Box::new(Input(1)));
        black_box((input.other(), sizes.size(3), sizes.again()));
        std::process::exit(reads(&*input, 2) as i32);
    }
`;

const env = { ...process.env, WASM_OPT: join(root, 'node_modules/binaryen/bin/wasm-opt') };

let crate;
before(() => {
    ({ crate } = crateIn(folder, 'wasm32-wasip1', tool, source));
    const built = spawnSync(tool, ['build', '--release'], { cwd: crate, encoding: 'utf8', env });
    assert.equal(built.status, 0, built.stderr);
});

/** Makes a package of what was linked, and runs it while its input comes. */
async function runWith(name, ...options) {
    const out = join(folder, name);
    const file = join(crate, 'target/wasm32-wasip1/release/counted.wasm');
    const fixed = ['post-build', file, '--true-names', '--name', name, '--out-dir', out];
    const built = spawnSync(tool, [...fixed, ...options], { cwd: crate, encoding: 'utf8', env });
    assert.equal(built.status, 0, built.stderr);
    const { run } = await import(join(out, `${name}.js`));
    const stdin = new ReadableStream({
        async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            controller.enqueue(new TextEncoder().encode('abc'));
        },
    });
    return (await run({ backend: 'asyncify', stdin })).code;
}

test('with the sources that were compiled, the program waits for its input', async () => {
    assert.equal(await runWith('right'), 33);
});

test('with others, which do not look newer, the error says that names have left the function out', async () => {
    const file = join(crate, 'src/main.rs');
    const { atime, mtime } = statSync(file);
    const right = readFileSync(file, 'utf8');
    writeFileSync(file, right.replace('it.read(n)', 'it.size(n)'));
    utimesSync(file, atime, mtime);
    await assert.rejects(runWith('wrong'), (error) => {
        assert.match(error.message, /^`__wasi_fd_read` was on the stack .*: it was left out /);
        assert.match(error.message, /left out by the names that calls have in the sources and the line tables/);
        assert.match(error.message, /--include '__wasi_fd_read'/);
        return true;
    });
    const included = ['__wasi_fd_read', 'counted::reads'].flatMap((name) => ['--include', name]);
    assert.equal(await runWith('included', ...included), 33);
    writeFileSync(file, right);
    utimesSync(file, atime, mtime);
});

test('an import that was said never to wait, and waits, is an error that says so', async () => {
    await assert.rejects(runWith('cut', '--cut', 'fd_read'), (error) => {
        assert.match(error.message, /was on the stack of a call that suspended, and is not in the suspension set\./);
        assert.match(error.message, /The package was built with `--cut 'fd_read'`: if that led here, build without\./);
        return true;
    });
});
