// Files of the suite on a Node.js that is given, through both kinds of backends. `arm64.sh` gives one that QEMU runs.
//
// Usage: node tests/tool/arm64.mjs NODE FILE …

import { execFileSync } from 'node:child_process';

import { runRow } from '../engines/runner.mjs';

const [node, ...files] = process.argv.slice(2);
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();

for (const backend of ['jspi', 'asyncify']) {
    const row = { engine: 'node', version, backend, context: /** @type {const} */ ('process'), command: [node] };
    const { passed, failed, skipped, failures } = await runRow(row, files);
    console.log(`node ${version}  ${backend.padEnd(8)}  ${passed} passed, ${failed} failed, ${skipped} skipped`);
    for (const failure of failures) console.log(failure.replace(/^/gm, '    '));
    if (failed > 0) process.exitCode = 1;
}
