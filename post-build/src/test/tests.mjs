// Runs the tests beside this module, and prints what libtest would. They run in a process of their own (process.mjs): what
// does not end is ended, and what ends the process fails; another one goes on behind it.
//
// Usage: node tests.mjs SECONDS ignored|others [FILTER…]

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [seconds, which, ...filters] = process.argv.slice(2);
const limit = Number(seconds) * 1000;
const read = JSON.parse(readFileSync(new URL('tests.json', import.meta.url), 'utf8'));
const isChosen = ({ name, ignore }) =>
    (filters.length === 0 || filters.some((filter) => name.includes(filter))) && (which !== 'ignored' || ignore !== '');
const tests = read.filter(isChosen);
const isRun = ({ ignore }) => which === 'ignored' || ignore === '';

const began = performance.now();
console.log(`\nrunning ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`);
const results = await runAll(tests.filter(isRun));
let ignored = 0;
const failures = [];
for (const test of tests) {
    if (!isRun(test)) ignored++;
    else if (results.get(test.export).reason !== undefined) failures.push({ ...test, ...results.get(test.export) });
}
if (failures.length > 0) {
    console.log('\nfailures:\n');
    for (const { name, output, reason } of failures) console.log(`---- ${name} stdout ----\n${output}${reason}\n`);
    console.log(`\nfailures:\n${failures.map(({ name }) => `    ${name}`).join('\n')}`);
}
const passed = tests.length - ignored - failures.length;
console.log(
    `\ntest result: ${failures.length > 0 ? 'FAILED' : 'ok'}. ${passed} passed; ${failures.length} failed; ` +
        `${ignored} ignored; 0 measured; ${read.length - tests.length} filtered out; ` +
        `finished in ${((performance.now() - began) / 1000).toFixed(2)}s\n`,
);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs tests in their order, in as many processes as that takes; prints a line for each, and for those between. */
async function runAll(queue) {
    const results = new Map();
    let printed = 0;
    const print = () => {
        for (; printed < tests.length; printed++) {
            const { export: key, name, ignore, panics } = tests[printed];
            const result = isRun(tests[printed])
                ? results.get(key)
                : { said: ['ignored', ignore.slice('ignore '.length)].filter(Boolean).join(', ') };
            if (result === undefined) return;
            console.log(`test ${name}${panics && ' - should panic'} ... ${result.said}`);
        }
    };
    print();
    while (results.size < queue.length) {
        const left = queue.filter(({ export: key }) => !results.has(key));
        await runSome(left, (key, { output, reason }) => {
            results.set(key, { output, reason, said: reason === undefined ? 'ok' : 'FAILED' });
            print();
        });
    }
    return results;
}

/** Runs tests in one process, which may end before all have run: at least one is `done` then. */
function runSome(queue, done) {
    const child = fork(fileURLToPath(new URL('process.mjs', import.meta.url)), [JSON.stringify(queue)]);
    /** The export of the test that runs, and why it is ended. */
    let running = queue[0].export;
    let late;
    let timer;
    child.on('message', ({ begun, ended, ...result }) => {
        clearTimeout(timer);
        if (begun !== undefined) {
            running = begun;
            timer = setTimeout(() => {
                late = `the test has not ended after ${seconds} s: --time-limit SECONDS gives it more`;
                child.kill('SIGKILL');
            }, limit);
        } else {
            running = undefined;
            done(ended, result);
        }
    });
    return new Promise((resolve) => {
        child.on('close', (code, signal) => {
            clearTimeout(timer);
            const exit =
                code === 0
                    ? 'the test waits for something that can no longer happen: nothing is left that could run'
                    : `the process of the test ended with ${signal ?? `exit code ${code}`}`;
            if (running !== undefined) done(running, { output: '', reason: late ?? exit });
            resolve();
        });
    });
}
