// One test, in an instance of its own: what it has written, and why it has failed, if it has. For every engine.

// The first frames of a panic are std's.
Error.stackTraceLimit = 50;

/**
 * @param {(options: object) => Promise<any>} instantiate of the package
 * @param {{ export: string, name: string, panics: string }} test
 * @param {object} options those of `instantiate`
 * @param {boolean} hasTrace whether a panic shows where it comes from
 */
export async function judge(instantiate, test, options, hasTrace) {
    let output = '';
    const write = (text) => {
        output += text;
    };
    const instance = await instantiate({ ...options, stdout: write, stderr: write });
    const reason = await instance[test.export]().then(
        () => (test.panics ? 'note: test did not panic as expected' : undefined),
        (error) => failure(error, test, hasTrace),
    );
    return { output, reason };
}

/** Why an error is a failure, if it is one. */
function failure(error, { name, panics }, hasTrace) {
    const text = error instanceof Error ? error.message : String(error);
    // What a panic is rejected with, as std describes it: its place, and behind it its message.
    const [, place, message] = /^panicked at (.*:\d+:\d+):?\n?([^]*)$/.exec(text) ?? [];
    if (place === undefined) return text.startsWith('Error: ') ? text : (error?.stack ?? text);
    const expected = panics.slice('should_panic '.length);
    if (panics && message.includes(expected)) return undefined;
    const frames = hasTrace ? `\n${error.cause?.stack ?? ''}` : '';
    const said = `thread '${name}' panicked at ${place}:\n${message}${frames}`;
    return panics
        ? `${said}\nnote: panic did not contain expected string\n      panic message: ${JSON.stringify(message)}\n ` +
              `expected substring: ${JSON.stringify(expected)}`
        : said + (frames ? '' : '\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace');
}
