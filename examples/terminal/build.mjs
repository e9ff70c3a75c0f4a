// Builds the programs as they are on crates.io, makes packages of them, and puts beside them what the page needs.
//
// Usage: node build.mjs CARGO-SUSPENDABLE

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { PROGRAMS } from './programs.mjs';

const [tool] = process.argv.slice(2);
const root = fileURLToPath(new URL('../../', import.meta.url));
const pkg = `${root}examples/terminal/pkg`;
const installed = `${root}target/programs`;

/** With relocations, and the names of functions, the tool knows which functions can wait. */
const env = { ...process.env, CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS: '-C link-arg=--emit-relocs -C strip=none' };

/** @param {string} path */
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

console.log('terminal: programs from crates.io (minutes the first time) …');
for (const { crate, version, binary = crate, features } of PROGRAMS) {
    const chosen = features === undefined ? [] : ['--no-default-features', '--features', features.join()];
    const folders = ['--root', installed, '--target-dir', `${installed}/build`];
    const install = ['install', '--quiet', '--locked', '--target', 'wasm32-wasip1', ...folders, ...chosen];
    const began = performance.now();
    execFileSync('cargo', [...install, `${crate}@=${version}`], { env, stdio: 'inherit' });
    const program = `${installed}/bin/${binary}.wasm`;
    if (timeOf(`${pkg}/${crate}/${crate}.js`) > Math.max(timeOf(program), timeOf(tool))) continue;
    const post = ['post-build', program, '--out-dir', `${pkg}/${crate}`, '--name', crate];
    execFileSync(tool, post, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    console.log(`terminal: ${crate} ${version}: ${Math.round((performance.now() - began) / 1000)} s`);
}

mkdirSync(`${pkg}/xterm`, { recursive: true });
for (const file of ['xterm/lib/xterm.mjs', 'xterm/css/xterm.css', 'addon-fit/lib/addon-fit.mjs']) {
    cpSync(`${root}node_modules/@xterm/${file}`, `${pkg}/xterm/${file.split('/').at(-1)}`);
}
// The page's own files are of the same kind as those that programs are given.
cpSync(`${root}js/host`, `${pkg}/host`, { recursive: true });
