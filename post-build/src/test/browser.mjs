// A browser, as an engine that tests run in: headless, in a page of a server of ours.

import { openSession } from './driver.mjs';
import { findDriver } from './drivers.mjs';
import { serve } from './serve.mjs';

const hasTrace = (process.env.RUST_BACKTRACE ?? '0') !== '0';

/** What is run in the page; the last argument takes the outcome. */
const HAS_JSPI = `arguments[0](typeof WebAssembly.Suspending === 'function')`;
const RUN = `
    const [test, done] = arguments;
    const failed = (error) => done(JSON.stringify({ output: '', reason: String(error?.stack || error) }));
    window.page.then(({ runTest }) => runTest(test)).then(done, failed);`;

/** @param {string} name as `--browser` has it */
export async function openBrowser(name) {
    const driver = findDriver(name);
    const server = await serve(process.cwd());
    /** @type {Awaited<ReturnType<typeof openSession>> | undefined} */
    let first;
    async function close() {
        await first?.close();
        await server.close();
    }
    try {
        first = await openSession(driver);
        await first.goTo(server.origin);
        return {
            name: `${name} ${first.version}`,
            hasJspi: await first.execute(HAS_JSPI, []),

            /** @param {string} backend */
            async begin(backend) {
                const session = first ?? (await openSession(driver));
                first = undefined;
                await session.goTo(`${server.origin}/?${new URLSearchParams({ backend })}`);
                return {
                    /** How the test has ended; an error if the page has gone. */
                    async run(test) {
                        const told = JSON.stringify({ ...test, hasTrace });
                        const ended = await session.execute(RUN, [told]).catch((error) => {
                            throw new Error(`the page of the test is gone, or does not answer: ${error.message}`);
                        });
                        return JSON.parse(ended);
                    },
                    end: session.close,
                };
            },

            close,
        };
    } catch (error) {
        await close();
        throw error;
    }
}
