// gitoxide, built with --std: the log of a thousand commits, beside the native build of the same code.
//
// A run opens the repository, and is so many logs that this does not count; the native one is a process.

import { instantiate } from '../../examples/git/pkg/git-example.js';
import { compareStyles } from './table.mjs';

const NATIVE = 'native';
const BACKENDS = WebAssembly.Suspending === undefined ? ['auto'] : ['auto', 'jspi'];
const COMMITS = 1000;

export async function run() {
    // Elsewhere there are no processes.
    if (globalThis.process?.getBuiltinModule === undefined) return [];
    const { makeRepository } = await import('../../tests/repository.mjs');
    makeRepository();
    const { fileURLToPath } = process.getBuiltinModule('node:url');
    const folder = fileURLToPath(new URL('../../target/repository/git', import.meta.url));
    const styles = { [NATIVE]: native(folder) };
    for (const backend of BACKENDS) styles[`ours, ${backend}`] = await ours(folder, backend);
    const tasks = Object.entries(styles).map(([style, run]) => [style, () => ({ run, check: () => run(1) })]);
    const options = { operations: 10, rounds: { warmUp: 2, least: 7, most: 15 }, seconds: 30 };
    const title = 'The log of 1 000 commits by gix, with --std';
    return [await compareStyles({ id: 'git-log', title, floor: NATIVE }, Object.fromEntries(tasks), options)];
}

async function ours(folder, backend) {
    const { Repository } = await instantiate({ backend });
    return async (times) => {
        const repository = await Repository.open(folder);
        let lines = [];
        for (let i = 0; i < times; i++) lines = await repository.log('HEAD', COMMITS);
        repository.free();
        return `${lines.join('\n')}\n`;
    };
}

function native(folder) {
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const { pathname: file } = new URL('../../target/release/bench-git', import.meta.url);
    return (times) => execFileSync(file, [folder, String(COMMITS), String(times)], { encoding: 'utf8' });
}
