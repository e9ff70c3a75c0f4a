// `cargo suspendable build --watch`: a change is built, an error is shown, and it goes on until it is ended.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';
import { crateIn } from './crate.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tool = join(root, 'target/release/cargo-suspendable');
const folder = temporaryFolder('watch');
const { crate } = crateIn(folder, 'wasm32-wasip1', tool, 'fn main() { println!("one") }');
const env = { ...process.env, WASM_OPT: join(root, 'node_modules/binaryen/bin/wasm-opt') };
const watching = spawn(tool, ['build', '--watch'], { cwd: crate, env, stdio: ['ignore', 'ignore', 'pipe'] });
after(() => watching.kill('SIGKILL'));
let said = '';
watching.stderr.setEncoding('utf8').on('data', (text) => (said += text));

/** What is said until it waits; `act` is what begins it. */
async function until(act) {
    const ended = new Promise((_, reject) => watching.once('exit', () => reject(new Error(`it has ended: ${said}`))));
    const waits = new Promise((resolve) => {
        const look = () => {
            if (!said.includes('waiting for changes')) return;
            watching.stderr.off('data', look);
            resolve();
        };
        watching.stderr.on('data', look);
    });
    said = '';
    act();
    await Promise.race([waits, ended]);
    return said;
}

const change = (text) => until(() => writeFileSync(join(crate, 'src/main.rs'), text));
const printed = () => spawnSync('node', [join(crate, 'pkg/counted.js')], { encoding: 'utf8' }).stdout;

test('what has changed is built, and what cannot be built is shown', { timeout: 300_000 }, async () => {
    assert.match(await until(() => {}), /DWARF is left out/);
    assert.equal(printed(), 'one\n');

    const broken = await change('fn main() { println!("two" }');
    assert.match(broken, /main\.rs has changed/);
    assert.match(broken, /error: mismatched closing delimiter/);
    assert.match(broken, /error: step `cargo` failed: cargo could not compile `counted`/);
    assert.equal(printed(), 'one\n', 'the package is that of before');

    await change('fn main() { println!("two") }');
    assert.equal(printed(), 'two\n');

    const comment = await until(() => writeFileSync(join(crate, 'NOTES'), 'of no consequence'));
    assert.match(comment, /the same was linked/);

    const [, signal] = await new Promise((resolve) => {
        watching.once('exit', (...how) => resolve(how));
        watching.kill('SIGINT');
    });
    assert.equal(signal, 'SIGINT');
});
