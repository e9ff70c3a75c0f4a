// Usage: node tests/tool/profiled.mjs
//
// Records profiles of the fixture and of the program, and builds packages by them, for tests/profile.test.mjs: in
// target/guard/.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { packages, useFixture, useProgram } from '../profiled.mjs';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const tool = path('target/release/cargo-suspendable');

/** How a package with its names is used, while its profile is recorded. */
const uses = {
    fixture: {
        linked: path('target/wasm32-unknown-unknown/release/fixture.wasm'),
        use: async ({ instantiate }, profile) => useFixture(await instantiate({ backend: 'asyncify', profile })),
    },
    program: {
        linked: path('target/wasm32-wasip1/release/program.wasm'),
        use: ({ run }, profile) => useProgram(run, { backend: 'asyncify', profile }),
    },
};

for (const [crate, { named, profiled, full }] of Object.entries(packages)) {
    const { linked, use } = uses[crate];
    const file = path(`target/guard/${named}/profile.json`);
    const last = path(`target/guard/${full}/${crate}.asyncify.wasm`);
    const newest = Math.max(...[linked, tool, path('tests/profiled.mjs')].map((from) => statSync(from).mtimeMs));
    if (existsSync(last) && statSync(last).mtimeMs >= newest) continue;
    const build = (folder, ...options) => {
        const fixed = ['post-build', linked, '--name', crate, '--out-dir', path(`target/guard/${folder}`)];
        execFileSync(tool, [...fixed, ...options], { stdio: ['ignore', 'ignore', 'inherit'], cwd: path('tests') });
    };
    build(named, '--keep-names');
    const profile = new Set();
    await use(await import(`../../target/guard/${named}/${crate}.js`), profile);
    writeFileSync(file, `${JSON.stringify([...profile].sort(), null, 1)}\n`);
    build(profiled, '--profile', file);
    build(full, '--profile', file, '--profile-full');
}
