// Usage: node suite.mjs '?backend=BACKEND&context=process' FILE
//
// Runs one file of the suite in this process.

import { QUnit } from '../../node_modules/qunit/qunit/esm/qunit.module.js';

QUnit.config.autostart = false;
QUnit.on('testEnd', ({ status, fullName, errors }) => {
    if (status === 'failed') console.error(fullName.join(': '), ...errors.map(({ message }) => message));
});
await import(`../../tests/${process.argv[3]}`);
QUnit.on('runEnd', ({ status }) => process.exit(status === 'failed' ? 1 : 0));
QUnit.start();
