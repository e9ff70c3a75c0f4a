// Functions that are named by hand.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

const linked = path('target/wasm32-unknown-unknown/release/fixture.wasm');

/** Builds the fixture into a folder of target/guard, and returns what the tool says, and its report. */
function build(folder, ...options) {
    const out = path(`target/guard/${folder}`);
    const report = `${out}/report.json`;
    const fixed = ['post-build', linked, '--name', 'fixture', '--out-dir', out, '--report', report];
    const { status, stderr } = spawnSync(path('target/release/cargo-suspendable'), [...fixed, ...options], {
        cwd: path('tests'),
        encoding: 'utf8',
    });
    return { status, stderr, instrumented: () => JSON.parse(readFileSync(report, 'utf8')).instrumented };
}

for (const flag of ['--cut', '--include', '--exclude']) {
    test(`a name that is no function is an error at once, ${flag}`, () => {
        const { status, stderr } = build('unknown', flag, 'fixture::stacks::desend');
        assert.notEqual(status, 0);
        const says = `error: \`${flag} 'fixture::stacks::desend'\`: there is no function \`fixture::stacks::desend\`: `;
        assert.ok(stderr.startsWith(`${says}did you mean \`fixture::stacks::descend\``), stderr);
    });
}

test('names of a report stand for what they name, copies too', () => {
    const before = build('reported').instrumented();
    const copy = before.find((name) => name.endsWith(', copy 2'));
    const descend = before.find((name) => name.startsWith('fixture::stacks::descend::h'));
    const after = build('reported', '--exclude', copy, '--exclude', descend).instrumented();
    const isGone = (name) => name === descend || name.startsWith(copy.replace(', copy 2', ''));
    assert.deepEqual(after, before.filter((name) => !isGone(name)));
});

test('what a function that never blocks alone draws in is not in the set', () => {
    const names = build('cut-by-report', '--cut', 'fixture::stacks::descend').instrumented();
    const isIn = (path) => names.some((name) => name.startsWith(`${path}::h`));
    const are = ['descend', 'pause', 'walk'].map((name) => isIn(`fixture::stacks::${name}`));
    assert.deepEqual(are, [false, false, true]);
});
