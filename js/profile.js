// Profiles: which functions are on the stack when a call suspends. In packages whose WebAssembly has names.
//
// A stack trace says it, down to where the call was entered, or gone on with: what Asyncify has saved of it was seen
// before. It names functions of WebAssembly as the module does, or by their indices.

import { withoutNames } from './recording.js';

/** What enters a call, or goes on with it: below are others. Between them and a suspension, there is no JavaScript. */
const ENTRIES = new Set([
    'suspendable.start',
    'suspendable.resume',
    'suspendable.drain',
    'suspendable_start',
    'suspendable_thread',
    'suspendable_resume',
]);

/** What the tool has added; and what tells functions apart that have the same path. */
const OURS = 'suspendable.';
const HASH_OR_COPY = /::h[0-9a-f]{16}(?=$|, copy )|, copy \d+$/g;

/**
 * A frame of WebAssembly, as JavaScriptCore has it, `MODULE.wasm-function[INDEX or NAME]@[wasm code]`, or SpiderMonkey,
 * `MODULE.NAME@URL:wasm-function[INDEX]:0x…`.
 */
const FRAME = /^(?:.*?\.wasm-function\[(?:(\d+)|(.*))\]@|(.*?)@.*wasm-function\[(\d+)\])/;

/**
 * What adds to a profile the names of those on the stack.
 *
 * @param {WebAssembly.Module} module
 * @param {Set<string>} profile
 */
export function createRecorder(module, profile) {
    if (typeof profile.add !== 'function') throw new TypeError('the option `profile` is no Set');
    const names = readNames(module);
    if (names.size === 0) throw withoutNames();
    return () => {
        for (const line of stackTrace().split('\n')) {
            const frame = FRAME.exec(line);
            if (frame === null) continue;
            // Deno says 0 of all, which are imports, and their names.
            const name = names.get(Number(frame[1] ?? frame[4])) ?? frame[2] ?? frame[3];
            if (ENTRIES.has(name)) return;
            if (!name.startsWith(OURS)) profile.add(name.replace(HASH_OR_COPY, ''));
        }
    };
}

/** All of the stack, a frame a line. What V8 and Bun would write is not the same everywhere, nor complete. */
function stackTrace() {
    const { stackTraceLimit, prepareStackTrace } = /** @type {any} */ (Error);
    try {
        Object.assign(Error, { stackTraceLimit: Infinity, prepareStackTrace: describe });
        return new Error().stack ?? '';
    } finally {
        Object.assign(Error, { stackTraceLimit, prepareStackTrace });
    }
}

/**
 * @param {unknown} _error
 * @param {{ getFunctionName(): string | null }[]} sites
 */
const describe = (_error, sites) => sites.map((site) => `${site.getFunctionName()}@${site}`).join('\n');

/**
 * The names of the functions that a module defines, by their indices.
 *
 * @param {WebAssembly.Module} module
 */
function readNames(module) {
    /** @type {Map<number, string>} */
    const names = new Map();
    const imports = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function').length;
    const decoder = new TextDecoder();
    for (const section of WebAssembly.Module.customSections(module, 'name')) {
        const bytes = new Uint8Array(section);
        let at = 0;
        const number = () => {
            let [value, shift, byte] = [0, 0, 0];
            do {
                byte = bytes[at++];
                value += (byte & 127) * 2 ** shift;
                shift += 7;
            } while (byte > 127);
            return value;
        };
        while (at < bytes.length) {
            const isOfFunctions = bytes[at++] === 1;
            const length = number();
            const end = at + length;
            for (let left = isOfFunctions ? number() : 0; left > 0; left--) {
                const index = number();
                const size = number();
                if (index >= imports) names.set(index, decoder.decode(bytes.subarray(at, at + size)));
                at += size;
            }
            at = end;
        }
    }
    return names;
}
