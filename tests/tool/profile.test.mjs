// What a profile changes in a package, and what it does not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const folder = path('target/guard/by-profile');
const [one, other] = [`${folder}/one.json`, `${folder}/other.json`];

/** Builds the fixture, and returns what the tool says, its report, and a file of the package. */
function build(...options) {
    const linked = path('target/wasm32-unknown-unknown/release/fixture.wasm');
    const [out, report] = [`${folder}/pkg`, `${folder}/report.json`];
    const fixed = ['post-build', linked, '--name', 'fixture', '--out-dir', out, '--report', report];
    const { status, stderr } = spawnSync(path('target/release/cargo-suspendable'), [...fixed, ...options], {
        cwd: path('tests'),
        encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const { instrumented } = JSON.parse(readFileSync(report, 'utf8'));
    const read = (file) => existsSync(file) && readFileSync(file);
    return { says: stderr, instrumented, file: (end) => read(`${out}/fixture.${end}`) };
}

test('what profiles name is instrumented, and nothing else is changed', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(one, '["fixture::stacks::descend", "fixture::stacks::has_gone"]');
    writeFileSync(other, '["fixture::stacks::walk"]');
    const all = build();
    const [plain, asyncify] = [all.file('wasm'), all.file('asyncify.wasm')];
    assert.equal(all.file('full.wasm'), false);

    const include = ['--include', 'fixture::stacks::pause'];
    const profiled = build('--profile', one, '--profile', other, '--profile-full', ...include);
    const isNamed = (name) => /^fixture::stacks::(descend|walk|pause)::h/.test(name);
    assert.deepEqual(profiled.instrumented, all.instrumented.filter(isNamed));
    assert.match(profiled.says, /by profile: 3 of \d+ members; of the 3 names in it, 1 are of no member here/);
    assert.ok(profiled.file('wasm').equals(plain), 'the file for JSPI stays the same');
    assert.ok(profiled.file('full.wasm').equals(asyncify), 'and the full one is what it was');
    assert.ok(profiled.file('asyncify.wasm').length < asyncify.length);

    // What is no longer wanted goes.
    assert.equal(build('--profile', one).file('full.wasm'), false);
});
