// The suite in one engine: runs the tests of its files one after the other, and tells the server
// what became of each.

import { QUnit } from '../node_modules/qunit/qunit/esm/qunit.module.js';
import { describe, files, inProcess, origin, skipped } from './portable.mjs';

const { config } = QUnit;
config.autostart = false;
config.reorder = false;
// So that a test which hangs has a name.
config.testTimeout = 300_000;

/** Reports arrive in their order. */
let sending = Promise.resolve();
function report(event) {
    const send = () => fetch(`${origin}/report`, { method: 'POST', body: JSON.stringify(event) });
    // A process that nobody listens to has no reason to go on.
    sending = sending.then(send).catch((error) => {
        console.error('a report was not taken:', error);
        globalThis.process?.exit(1);
    });
    return sending;
}

// Nothing is under way when the next test begins, which may well block or end the engine.
QUnit.testStart(() => sending);
QUnit.on('testEnd', ({ name, fullName, status, errors }) => {
    report({ name: fullName.join(': '), status, why: skipped.get(name), errors: errors.map(({ message }) => message) });
});
QUnit.on('error', (error) => report({ name: 'outside of every test', status: 'failed', errors: [describe(error)] }));

if (inProcess) {
    process.on('uncaughtException', (error) => QUnit.onUncaughtException(error));
    process.on('unhandledRejection', (reason) => QUnit.onUncaughtException(reason));
} else if (globalThis.document === undefined) {
    // In a page it listens itself.
    addEventListener('error', ({ error }) => QUnit.onUncaughtException(error));
    addEventListener('unhandledrejection', ({ reason }) => QUnit.onUncaughtException(reason));
}

try {
    for (const file of files) {
        QUnit.module(file.replace(/\.test\.mjs$/, ''));
        await import(`./${file}`);
    }
    QUnit.on('runEnd', async () => {
        await report({ end: true });
        if (inProcess) process.exit();
    });
    QUnit.start();
} catch (error) {
    await report({ name: 'the suite', status: 'failed', errors: [describe(error)] });
    await report({ end: true });
    if (inProcess) process.exit();
}
