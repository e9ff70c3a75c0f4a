// A program as a command: its arguments, environment, streams and files are those of the process.

/** @typedef {import('./types.js').RunOptions} RunOptions */

/** The exit code of what was aborted, as a shell has it. */
const ABORTED = 134;

/**
 * Runs the program, and ends the process with its exit code. Ctrl-C ends it as it ends every process: also one that
 * computes, which no handler of JavaScript's could.
 *
 * @param {(options: RunOptions) => Promise<{ code: number }>} run
 */
export async function command(run) {
    const { process } = /** @type {typeof globalThis & { process: NodeJS.Process }} */ (globalThis);
    try {
        const { code } = await run({ args: process.argv.slice(2), env: process.env, fs: '/', cwd: process.cwd() });
        process.exitCode = code;
    } catch (error) {
        console.error(error);
        process.exitCode = ABORTED;
    }
}
