// Usage: node build.mjs TOOL
//
// Installs the programs from crates.io, for this machine and for wasm32-wasip1 or, if they have threads, for
// wasm32-wasip1-threads, makes packages of the latter in pkg/NAME/, and writes what the native ones do with each case
// into pkg/expected.json.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { remove, temporaryFolder } from '../engines/scratch.mjs';
import { cases, files, programs } from './cases.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const tool = resolve(process.argv[2]);
const target = join(here, '../../target/commands');
const packages = join(here, 'pkg');
const elsewhere = temporaryFolder('install');
/** What is asked for, so that the tool knows which functions can wait. */
const RUSTFLAGS = '-C link-arg=--emit-relocs -C strip=none -C llvm-args=-mergefunc-preserve-debug-info';

function install({ crate, version, features }, root, ...options) {
    if (features !== undefined) options.push('--no-default-features', '--features', features.join());
    // In a folder elsewhere: a project's settings are not those of a stranger's program.
    execFileSync('cargo', ['install', '--quiet', '--locked', '--root', root, ...options, `${crate}@${version}`], {
        cwd: elsewhere,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
            ...process.env,
            CARGO_TARGET_DIR: join(target, 'build'),
            CARGO_PROFILE_RELEASE_DEBUG: 'line-tables-only',
            CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS: RUSTFLAGS,
            CARGO_TARGET_WASM32_WASIP1_THREADS_RUSTFLAGS: RUSTFLAGS,
        },
    });
}

for (const [name, program] of Object.entries(programs)) {
    install(program, join(target, 'native'));
    install(program, join(target, 'wasi'), '--target', program.hasThreads ? 'wasm32-wasip1-threads' : 'wasm32-wasip1');
    const file = join(target, `wasi/bin/${name}.wasm`);
    const report = join(here, `../../target/report/${name}.json`);
    const options = ['--true-names', '--name', name, '--out-dir', join(packages, name), '--report', report];
    execFileSync(tool, ['post-build', file, ...options], { stdio: 'inherit' });
}

/** What is in a folder, by its path. */
function contents(folder) {
    const found = {};
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
        const path = join(folder, name);
        if (statSync(path).isFile()) found[relative(folder, path)] = readFileSync(path, 'base64');
    }
    return found;
}

const expected = {};
for (const [name, { program, args, stdin = '', env = {} }] of Object.entries(cases)) {
    const folder = temporaryFolder('commands');
    for (const [path, content] of Object.entries(files)) {
        mkdirSync(join(folder, dirname(path)), { recursive: true });
        writeFileSync(join(folder, path), content);
    }
    const { status, stdout, stderr } = spawnSync(join(target, `native/bin/${program}`), args, {
        cwd: folder,
        env,
        input: stdin,
    });
    expected[name] = {
        code: status,
        out: stdout.toString('base64'),
        err: stderr.toString('base64'),
        files: contents(folder),
    };
    remove(folder);
}
writeFileSync(join(packages, 'expected.json'), JSON.stringify(expected, null, 1));
