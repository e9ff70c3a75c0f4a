// A program as a command: its arguments, environment, streams and files are those of the process.

/** @typedef {import('./types.js').RunOptions} RunOptions */

/** Exit codes as a shell has them: of a program that was aborted, and of one that a signal ended. */
const ABORTED = 134;
const INTERRUPTED = 130;

/**
 * Runs the program, and ends the process with its exit code.
 *
 * @param {(options: RunOptions) => Promise<{ code: number }>} run
 */
export async function command(run) {
    const { process } = /** @type {typeof globalThis & { process: NodeJS.Process }} */ (globalThis);
    const stopped = new AbortController();
    process.once('SIGINT', () => stopped.abort());
    try {
        const { code } = await run({
            args: process.argv.slice(2),
            env: process.env,
            fs: '/',
            cwd: process.cwd(),
            signal: stopped.signal,
        });
        process.exitCode = code;
    } catch (error) {
        if (stopped.signal.aborted) process.exit(INTERRUPTED);
        console.error(error instanceof Error ? error.stack : error);
        process.exitCode = ABORTED;
    }
}
