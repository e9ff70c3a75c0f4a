// Programs as the suite runs them: in the engine's way that the row asks for, and with what they have written.

import { inTime, readBytes, wanted } from './support.mjs';

// A program has no backend for what is behind flags.
export const asked = ['jspi-legacy', 'wasmfx'].includes(wanted) ? 'auto' : wanted;
export const hasJspi = WebAssembly.Suspending !== undefined;

/**
 * What runs the program of tests/NAME, in a module that is compiled once, for some engines take long.
 *
 * @param {string} name
 * @param {(options: object) => Promise<{ code: number }>} run that of its package
 */
export async function runnerOf(name, run) {
    const file = (asked === 'auto' ? hasJspi : asked === 'jspi') ? `${name}.wasm` : `${name}.asyncify.wasm`;
    const module = await WebAssembly.compile(await readBytes(new URL(`./${name}/pkg/${file}`, import.meta.url)));

    /** Runs a command of the program; what it has written, too. */
    return async function ran(args, options = {}) {
        let [out, err] = ['', ''];
        const ended = await inTime(
            run({
                args,
                module,
                backend: asked,
                stdin: '',
                stdout: (text) => void (out += text),
                stderr: (text) => void (err += text),
                ...options,
            }),
        );
        return { ...ended, out, err };
    };
}
