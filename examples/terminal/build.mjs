// Builds the programs as they are on crates.io, makes packages of them, and puts beside them what the page needs.
//
// Usage: node build.mjs CARGO-SUSPENDABLE

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PROGRAMS } from './programs.mjs';

const tool = resolve(process.argv[2]);
process.chdir(fileURLToPath(new URL('../../', import.meta.url)));
const pkg = 'examples/terminal/pkg';
const installed = 'target/programs';

/** With relocations, and the names of functions, the tool knows which functions can wait. */
const RUSTFLAGS = '-C link-arg=--emit-relocs -C strip=none';
const env = {
    ...process.env,
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS: RUSTFLAGS,
    CARGO_TARGET_WASM32_WASIP1_THREADS_RUSTFLAGS: RUSTFLAGS,
};

/** @param {string} path */
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

console.log('terminal: programs from crates.io (minutes the first time) …');
for (const { crate, version, binary = crate, features, hasThreads } of PROGRAMS) {
    const chosen = features === undefined ? [] : ['--no-default-features', '--features', features.join()];
    const folders = ['--root', installed, '--target-dir', `${installed}/build`];
    const target = hasThreads ? 'wasm32-wasip1-threads' : 'wasm32-wasip1';
    const install = ['install', '--quiet', '--locked', '--target', target, ...folders, ...chosen];
    const began = performance.now();
    const program = `${installed}/bin/${binary}.wasm`;
    // cargo would ask the registry whether there is anything to do.
    const stamp = `${installed}/${crate}.txt`;
    const wanted = [...install, `${crate}@=${version}`].join(' ');
    if (!existsSync(program) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
        execFileSync('cargo', wanted.split(' '), { env, stdio: 'inherit' });
        writeFileSync(stamp, wanted);
    }
    if (timeOf(`${pkg}/${crate}/${crate}.js`) > Math.max(timeOf(program), timeOf(tool))) continue;
    const post = ['post-build', program, '--out-dir', `${pkg}/${crate}`, '--name', crate];
    execFileSync(tool, post, { stdio: ['ignore', 'ignore', 'inherit'] });
    console.log(`terminal: ${crate} ${version}: ${Math.round((performance.now() - began) / 1000)} s`);
}

mkdirSync(`${pkg}/xterm`, { recursive: true });
for (const file of ['xterm/lib/xterm.mjs', 'xterm/css/xterm.css', 'addon-fit/lib/addon-fit.mjs']) {
    cpSync(`node_modules/@xterm/${file}`, `${pkg}/xterm/${file.split('/').at(-1)}`);
}
// The page's own files are of the same kind as those that programs are given.
cpSync('js/host', `${pkg}/host`, { recursive: true });
