// The one suite, on every engine and backend that is here.
//
// Usage: node tests/run.mjs [NODE …]
//
// Runs the files tests/*.test.mjs with this Node.js and with the ones given, a row for each backend
// that the engine has, and prints a table. Exits non-zero if a test failed or a row ran none.

import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs'));

const PROBE = 'console.log(process.versions.node, typeof WebAssembly.Suspending)';

/** The rows of one engine. */
function rows(node) {
    const [version, suspending] = execFileSync(node, ['-e', PROBE], { encoding: 'utf8' }).split(/\s/);
    const backends = suspending === 'function' ? ['auto', 'asyncify', 'jspi'] : ['asyncify'];
    return backends.map((backend) => ({ node, version, backend }));
}

/** Runs the suite; resolves to how many tests passed and failed, and what was printed. */
function runSuite({ node, backend }) {
    return new Promise((resolve, reject) => {
        const child = spawn(node, ['--test', '--test-reporter=tap', ...files], {
            cwd: fileURLToPath(folder),
            env: { ...process.env, SUSPENDABLE_BACKEND: backend },
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
        child.on('error', reject);
        child.on('close', (status) => {
            const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
            const failed = count('fail') + count('cancelled');
            resolve({ status, passed: count('pass'), failed, skipped: count('skipped'), output });
        });
    });
}

const engines = [process.execPath, ...process.argv.slice(2).map((path) => absolute(path))];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const row of engines.flatMap(rows)) {
    const began = performance.now();
    const { status, passed, failed, skipped, output } = await runSuite(row);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const name = `node ${row.version}`.padEnd(14) + row.backend.padEnd(10);
    console.log(`${name} ${passed} passed, ${failed} failed, ${skipped} skipped  ${seconds.padStart(6)} s`);
    const broken = failed > 0 || status !== 0 || passed === 0;
    if (broken) console.log(output);
    total.passed += passed;
    total.skipped += skipped;
    total.failed += broken ? Math.max(failed, 1) : 0;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
