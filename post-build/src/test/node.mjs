// Node.js, as an engine that tests run on: in a process of their own, which is what can be ended.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const node = {
    name: `Node.js ${process.versions.node}`,
    hasJspi: 'Suspending' in WebAssembly,

    /** @param {string} backend */
    async begin(backend) {
        const child = fork(fileURLToPath(new URL('process.mjs', import.meta.url)), [backend]);
        const ended = new Promise((resolve) => {
            child.on('close', (code, signal) => {
                resolve(
                    code === 0
                        ? 'the test waits for something that can no longer happen: nothing is left that could run'
                        : `the process of the test ended with ${signal ?? `exit code ${code}`}`,
                );
            });
        });
        return {
            /** How the test has ended; an error if it has taken the process with it. */
            run(test) {
                child.send(test);
                return new Promise((resolve, reject) => {
                    child.once('message', resolve);
                    ended.then((why) => reject(new Error(why)));
                });
            },
            async end() {
                child.kill('SIGKILL');
                await ended;
            },
        };
    },

    async close() {},
};
