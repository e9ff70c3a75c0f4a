// Usage: node bench/sets.mjs TOOL [NAME …]
//
// How much of programs over crates from crates.io can suspend (bench/sets): where everything waits that can, and where
// what they write does not.

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { printRows } from './report/rows.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
/** With what they call to write, and what that takes with it. What a program does not have cannot be cut. */
const programs = {
    boa: ['fd_write', 'sched_yield'],
    calamine: ['fd_write'],
    iterator: ['fd_write'],
    koto: ['fd_write'],
};

const [tool, ...names] = process.argv.slice(2);

/** What the tool says of a program's set: `17 of 1659`. */
function set(name, cut) {
    const options = cut.flatMap((name) => ['--cut', name]);
    const said = execFileSync(resolve(tool), ['explain', '--release', '--bin', name, ...options], {
        cwd: path('sets'),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, CARGO_TARGET_DIR: path('../target/sets') },
    });
    const [, members, functions] = /^(\d+) of (\d+) functions/.exec(said);
    return `${members} of ${functions}, ${((members / functions) * 100).toFixed(1)} %`;
}

const rows = [['', 'can suspend', 'where writing does not']];
for (const name of names.length > 0 ? names : Object.keys(programs)) {
    rows.push([name, set(name, []), set(name, programs[name])]);
}
printRows(rows);
