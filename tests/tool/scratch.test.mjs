// Temporary folders of tests and benchmarks: they are gone when the process is, however it has ended.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { temporaryIn } from '../../post-build/src/test/drivers.mjs';

const scratch = new URL('../engines/scratch.mjs', import.meta.url);

/** Runs this behind the making of a folder with a file in it, and returns that folder when the process has ended. */
async function folderOf(script, signal = undefined) {
    const made = `
        import { writeFileSync } from 'node:fs';
        import { remove, temporaryFolder } from ${JSON.stringify(scratch)};
        const folder = temporaryFolder('tried');
        writeFileSync(folder + '/file', '');
        console.log(folder);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', made + script], {
        stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    const [said] = await once(child.stdout, 'data');
    const folder = String(said).trim();
    assert.match(folder, /suspendable-tried-\w+$/);
    if (signal !== undefined) child.kill(signal);
    return { folder, ended: await ended };
}

const waits = 'setInterval(() => {}, 1000)';

for (const [how, code, ...args] of /** @type {const} */ ([
    ['comes to its end', 0, ''],
    ['fails', 1, 'throw new Error()'],
    ['is interrupted', 130, waits, 'SIGINT'],
    ['is ended', 143, waits, 'SIGTERM'],
    ['has written something behind the removal', 0, `remove(folder); process.getBuiltinModule('fs').mkdirSync(folder);`],
])) {
    test(`a process that ${how}`, async () => {
        const { folder, ended } = await folderOf(...args);
        assert.equal(ended[0], code);
        assert.equal(existsSync(folder), false);
    });
}

test('browsers have their temporary files there, unless the path of a socket would be too long', () => {
    const folder = '/tmp/wd-abcdef';
    assert.deepEqual(temporaryIn(folder), { TMPDIR: folder, TMP: folder, TEMP: folder });
    assert.deepEqual(temporaryIn(`/tmp/${'long/'.repeat(12)}`), {});
});
