// Runs the tests beside this module, and prints what libtest would. They run where they can be ended, in a process
// (node.mjs) or in a page (browser.mjs): what does not end is ended, and what ends its surroundings fails; others go on
// in new ones.
//
// Usage: node tests.mjs CHOICE, as JSON

import { readFileSync } from 'node:fs';

const { at, seconds, onlyIgnored, filters, backend, browser } = JSON.parse(process.argv[2]);
const read = JSON.parse(readFileSync(new URL('tests.json', import.meta.url), 'utf8'));
const isChosen = ({ name, ignore }) =>
    (filters.length === 0 || filters.some((filter) => name.includes(filter))) && (!onlyIgnored || ignore !== '');
const tests = read.filter(isChosen);
const isRun = ({ ignore }) => onlyIgnored || ignore === '';

// libtest's, of a run in which tests have failed.
const FAILED = 101;

try {
    const engine = browser === null ? (await import('./node.mjs')).node : await open();
    try {
        process.exitCode = await runOn(engine);
    } finally {
        await engine.close();
    }
} catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
}

async function open() {
    const { openBrowser } = await import('./browser.mjs');
    return openBrowser(browser);
}

/** Runs the tests through the backends that are asked for, until some fail. */
async function runOn(engine) {
    const backends = backend === 'all' ? ['asyncify', ...(engine.hasJspi ? ['jspi'] : [])] : [backend];
    if (backend === 'jspi' && !engine.hasJspi) {
        throw new Error(
            `${engine.name} has no JSPI, which Node.js has from 24 on and Chromium from 137: run the tests there, or ` +
                'without `--backend jspi`',
        );
    }
    for (const through of backends) {
        const where = browser === null && backend === 'asyncify' ? '' : ` (${engine.name}, ${through})`;
        console.error(`     Running ${at}${where}`);
        if (!(await runThrough(engine, through))) return FAILED;
    }
    return 0;
}

/** Whether none has failed. */
async function runThrough(engine, backend) {
    const began = performance.now();
    console.log(`\nrunning ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`);
    const failures = [];
    let ignored = 0;
    let session;
    for (const test of tests) {
        const { name, ignore, panics } = test;
        let said = ['ignored', ignore.slice('ignore '.length)].filter(Boolean).join(', ');
        if (isRun(test)) {
            session ??= await engine.begin(backend);
            const { isOver, ...result } = await runOne(session, test);
            if (isOver) {
                await session.end();
                session = undefined;
            }
            said = result.reason === undefined ? 'ok' : 'FAILED';
            if (result.reason !== undefined) failures.push({ name, ...result });
        } else {
            ignored++;
        }
        console.log(`test ${name}${panics && ' - should panic'} ... ${said}`);
    }
    await session?.end();
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
    return failures.length === 0;
}

/** How a test has ended, and whether its session has with it. */
async function runOne(session, test) {
    let timer;
    const late = new Promise((_, reject) => {
        const why = new Error(`the test has not ended after ${seconds} s: --time-limit SECONDS gives it more`);
        timer = setTimeout(() => reject(why), seconds * 1000);
    });
    try {
        return await Promise.race([session.run(test), late]);
    } catch (error) {
        return { output: '', reason: error.message, isOver: true };
    } finally {
        clearTimeout(timer);
    }
}
