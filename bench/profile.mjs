// Usage: node bench/profile.mjs TOOL [NAME …]
//
// What a build by profile makes of packages that have much instrumented, with a profile of their own tests: how much
// the instrumented file is larger than the other one, gzipped, without a profile and with it, beside what was aimed at.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { printRows } from './report/rows.mjs';

const root = new URL('../', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));
const suite = (file) => ['bench/profile/suite.mjs', '?backend=jspi&context=process', file];
const program = (name) => ({
    linked: `target/commands/wasi/bin/${name}.wasm`,
    entry: `tests/commands/pkg/${name}/${name}.js`,
    script: suite('commands.test.mjs'),
    goal: 1.03,
});

const subjects = {
    templates: {
        linked: 'target/wasm32-unknown-unknown/release/templates.wasm',
        entry: 'examples/templates/pkg/templates.js',
        script: ['examples/templates/main.mjs', 'jspi'],
        goal: 1.04,
    },
    sqlite: {
        linked: 'target/wasm32-unknown-unknown/release/sqlite.wasm',
        entry: 'examples/sqlite/pkg/sqlite.js',
        script: suite('sqlite.test.mjs'),
        goal: 1.06,
    },
    hexyl: program('hexyl'),
    rg: program('rg'),
    grass: program('grass'),
    'stak-repl': program('stak-repl'),
};

const [tool, ...names] = process.argv.slice(2);

/** Makes a package, and returns the report of that. */
function build(name, kind, ...options) {
    const folder = path(`target/profile/${name}/${kind}`);
    const report = `${folder}/report.json`;
    const linked = path(subjects[name].linked);
    const fixed = ['post-build', linked, '--true-names', '--name', name, '--out-dir', folder, '--report', report];
    execFileSync(resolve(tool), [...fixed, ...options], { stdio: ['ignore', 'ignore', 'inherit'], cwd: path('bench') });
    return { folder, ...JSON.parse(readFileSync(report, 'utf8')) };
}

/** Runs the tests of a package with its names, and returns the file with the profile. */
function record(name) {
    const { entry, script } = subjects[name];
    const { folder } = build(name, 'named', '--keep-names');
    const named = new URL(`target/profile/${name}/named/${name}.js`, root);
    const RECORD = JSON.stringify({ [new URL(entry, root)]: named });
    execFileSync(process.execPath, ['--import', path('bench/profile/record.mjs'), ...script], {
        cwd: path(''),
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, RECORD, PROFILE: `${folder}/profile.json` },
    });
    return `${folder}/profile.json`;
}

const rows = [['', 'functions', 'members', 'by profile', 'gzip', 'by profile', 'goal']];
for (const name of names.length > 0 ? names : Object.keys(subjects)) {
    mkdirSync(path('target/profile'), { recursive: true });
    const all = build(name, 'all');
    const profiled = build(name, 'profiled', '--profile', record(name));
    const growth = ({ sizes }) => (sizes.asyncify.gzip / sizes.plain.gzip).toFixed(3);
    const { goal } = subjects[name];
    const counts = [all.functions, all.instrumented_functions, profiled.instrumented_functions];
    rows.push([name, ...counts.map(String), growth(all), growth(profiled), goal.toFixed(2)]);
}
printRows(rows);
