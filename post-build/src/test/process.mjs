// Runs the tests that it is sent, and sends back how each has ended.
//
// Usage: node process.mjs BACKEND, with a channel

import { pathToFileURL } from 'node:url';

import { judge } from './judge.mjs';
import { instantiate } from './tested.js';

const options = { base: pathToFileURL(`${process.cwd()}/`), backend: process.argv[2] };
const hasTrace = (process.env.RUST_BACKTRACE ?? '0') !== '0';

process.on('message', async (test) => {
    // While a test runs, the channel keeps nothing alive: one that can never end is one with which nothing is left.
    process.channel.unref();
    const result = await judge(instantiate, test, options, hasTrace);
    process.channel.ref();
    process.send(result);
});
