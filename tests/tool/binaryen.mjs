// Usage: node tests/tool/binaryen.mjs [--default] [FOLDER …]
//
// Builds packages through Binaryen's Asyncify, the given ones or all that the suite needs. They go where the suite
// finds them, in target/binaryen: a copy of what it needs of this repository. With --default, which functions are
// instrumented is left to Binaryen: these go to target/binaryen-default.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const tool = path('target/release/cargo-suspendable');

const TESTS = ['crates', 'edge', 'fixture', 'fs', 'net', 'soak', 'std', 'web'].map((name) => `tests/${name}`);
const EXAMPLES = ['dynamic-import', 'proving-ground', 'redb', 'sqlite', 'templates'].map((name) => `examples/${name}`);
const options = { default: { type: /** @type {const} */ ('boolean'), default: false } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const folders = positionals.length > 0 ? positionals : [...TESTS, ...EXAMPLES];
const by = values.default ? 'binaryen-default' : 'binaryen';

/** Not the tests' own packages, nor what belongs to other rows. */
const LEFT_OUT = ['commands', 'engines', 'bundles', 'pkg', 'target', 'src'];
const isNeeded = (file) => !LEFT_OUT.includes(basename(file));

mkdirSync(path(`target/${by}`), { recursive: true });
for (const folder of ['tests', ...folders.filter((folder) => folder.startsWith('examples/'))]) {
    cpSync(path(folder), path(`target/${by}/${folder}`), { recursive: true, filter: isNeeded });
}
const modules = path(`target/${by}/node_modules`);
rmSync(modules, { force: true });
symlinkSync(path('node_modules'), modules);

for (const folder of folders) {
    const out = path(`target/${by}/${folder}/pkg`);
    const manifest = `${out}/package.json`;
    const isThere = existsSync(manifest) && statSync(manifest).mtimeMs >= newestOf(folder);
    if (isThere) continue;
    console.log(`${folder} through ${by} …`);
    execFileSync(tool, ['build', '--release', `--asyncify=${by}`, '--out-dir', out], {
        cwd: path(folder),
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}

/** When a package was built as usual, or the tool was. */
function newestOf(folder) {
    const files = [`${folder}/pkg/package.json`].map(path).filter(existsSync);
    return Math.max(...[tool, ...files].map((file) => statSync(file).mtimeMs));
}
