// Usage: node tests/tool/guarded.mjs
//
// Builds the fixture with functions missing from the suspension set, for tests/guard.test.mjs: a package
// for each kind of function, in target/guard/.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { cut, folderOf, included, kinds } from '../guarded.mjs';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const linked = path('target/wasm32-unknown-unknown/release/fixture.wasm');
const tool = path('target/release/cargo-suspendable');
const newest = Math.max(...[linked, tool].map((file) => statSync(file).mtimeMs));

function build(kind, ...options) {
    const folder = path(`target/guard/${folderOf(kind)}`);
    const module = `${folder}/fixture.asyncify.wasm`;
    if (existsSync(module) && statSync(module).mtimeMs >= newest) return;
    const fixed = ['post-build', linked, '--name', 'fixture', '--out-dir', folder];
    execFileSync(tool, [...fixed, ...options], { stdio: ['ignore', 'ignore', 'inherit'], cwd: path('tests') });
}

for (const [kind, name] of Object.entries(kinds)) build(kind, '--exclude', name);
build('included', '--include', included);
build('cut', '--cut', cut);
