// What npm would publish of the packages that the tool writes: all that is in their folders, under the names that their
// `package.json` gives.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm pack` would put into its archive. */
function packed(folder) {
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [{ name, version, files }] = JSON.parse(stdout);
    return { name, version, files: files.map(({ path }) => path).sort() };
}

/** Every path that a `package.json` names, without patterns. */
function named({ main, types, bin, exports }) {
    return [main, types, bin, ...Object.values(exports['.'])].filter(Boolean).map((path) => posix.normalize(path));
}

for (const [folder, kind] of [
    ['examples/dynamic-import/pkg', 'library'],
    ['tests/fixture/pkg', 'library with the author’s own JavaScript'],
    ['tests/program/pkg', 'program'],
    ['tests/threads/pkg', 'program with threads'],
]) {
    test(`npm packs a ${kind} whole`, () => {
        const directory = join(root, folder);
        const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
        const there = readdirSync(directory, { recursive: true, withFileTypes: true });
        const all = there
            .filter((entry) => entry.isFile())
            .map((entry) => posix.relative(directory, posix.join(entry.parentPath ?? entry.path, entry.name)));
        const { name, version, files } = packed(directory);
        assert.deepEqual({ name, version }, { name: manifest.name, version: manifest.version });
        assert.deepEqual(files, all.sort());
        for (const path of named(manifest)) {
            assert.ok(files.includes(path), `${path} is not packed`);
        }
    });
}
