// Files without what the linker writes beside the code, as `strip = true` leaves them: a program needs none of it, a library
// its names.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tool = join(root, 'target/release/cargo-suspendable');
const folder = temporaryFolder('stripped');

/** The module without its custom sections but for those of wasm-bindgen's. */
function strip(wasm) {
    const kept = [wasm.subarray(0, 8)];
    for (let at = 8; at < wasm.length; ) {
        const [length, content] = number(wasm, at + 1);
        const end = content + length;
        const [nameLength, name] = number(wasm, content);
        const isNeeded = () => wasm.toString('utf8', name, name + nameLength).startsWith('__wasm_bindgen');
        if (wasm[at] !== 0 || isNeeded()) kept.push(wasm.subarray(at, end));
        at = end;
    }
    return Buffer.concat(kept);
}

/** LEB128: the number, and where it ends. */
function number(bytes, at) {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
        value += (bytes[at] & 0x7f) * 2 ** shift;
        if (bytes[at++] < 0x80) return [value, at];
    }
}

function postBuild(file, name) {
    const stripped = join(folder, `${name}.wasm`);
    writeFileSync(stripped, strip(readFileSync(join(root, 'target', file))));
    return spawnSync(tool, ['post-build', stripped, '--out-dir', join(folder, name)], { cwd: root, encoding: 'utf8' });
}

test('a stripped program waits as it did', async () => {
    const built = postBuild('wasm32-wasip1/release/program.wasm', 'stripped');
    assert.equal(built.status, 0, built.stderr);
    assert.match(built.stderr, /linked without relocations/);
    const of = async (module) => {
        const { run } = await import(module);
        let text = '';
        const { code } = await run({ args: ['random', '7'], backend: 'asyncify', stdout: (more) => void (text += more) });
        return { code, text };
    };
    const expected = await of(join(root, 'tests/program/pkg/program.js'));
    assert.notEqual(expected.text, '');
    assert.deepEqual(await of(join(folder, 'stripped/stripped.js')), expected);
});

test('a stripped library is refused, with the reason', () => {
    const { status, stderr } = postBuild('wasm32-unknown-unknown/release/fixture.wasm', 'library');
    assert.equal(status, 1);
    assert.match(stderr, /^error: .* have no names, and are known by them: leave `strip` out of the Cargo profile$/m);
    assert.doesNotMatch(stderr, /warning/);
});
