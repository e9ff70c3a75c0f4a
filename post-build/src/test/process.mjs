// Runs tests one after the other, each in an instance of its own, and tells who has started this process.
//
// Usage: node process.mjs TESTS, as JSON, with a channel

import { pathToFileURL } from 'node:url';

import { instantiate } from './tested.js';

// The first frames of a panic are std's.
Error.stackTraceLimit = 50;
// Not awaited: a test that can never end is one with which nothing is left to do here.
run(JSON.parse(process.argv[2]));

async function run(tests) {
    for (const test of tests) {
        process.send({ begun: test.export });
        let output = '';
        const write = (text) => {
            output += text;
        };
        const instance = await instantiate({ base: pathToFileURL(`${process.cwd()}/`), stdout: write, stderr: write });
        const reason = await instance[test.export]().then(
            () => (test.panics ? 'note: test did not panic as expected' : undefined),
            (error) => judge(error, test),
        );
        process.send({ ended: test.export, output, reason });
    }
}

/** Why an error is a failure, if it is one. */
function judge(error, { name, panics }) {
    const text = error instanceof Error ? error.message : String(error);
    // What a panic is rejected with, as std describes it: its place, and behind it its message.
    const [, place, message] = /^panicked at (.*:\d+:\d+):?\n?([^]*)$/.exec(text) ?? [];
    if (place === undefined) return text.startsWith('Error: ') ? text : (error?.stack ?? text);
    const expected = panics.slice('should_panic '.length);
    if (panics && message.includes(expected)) return undefined;
    const trace = process.env.RUST_BACKTRACE ?? '0';
    const frames = trace === '0' ? '' : `\n${error.cause?.stack ?? ''}`;
    const said = `thread '${name}' panicked at ${place}:\n${message}${frames}`;
    return panics
        ? `${said}\nnote: panic did not contain expected string\n      panic message: ${JSON.stringify(message)}\n ` +
              `expected substring: ${JSON.stringify(expected)}`
        : said + (frames ? '' : '\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace');
}
