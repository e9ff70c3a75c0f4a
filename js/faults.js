// What ends a fiber, but its own return: a panic, a trap, an exception, or what the module finds wrong.

import { readJson } from './source.js';

/**
 * @typedef {import('./types.js').Guarded} Guarded
 * @typedef {import('./types.js').InstanceParts} InstanceParts
 */

/** What every module imports, to throw what it finds wrong with a fiber's stack. */
export const faults = {
    /** @param {number} number of the function, in NAME.functions.json */
    escaped(number) {
        const escape = new Error();
        escapes.set(escape, number);
        throw escape;
    },
    /** @param {number} isFull whether it has the size that stacks may have; or else there is no memory */
    exhausted(isFull) {
        throw new RangeError(
            isFull
                ? 'the stack of a call has exhausted its 8 MiB: it recurses too deeply, or without an end'
                : 'there is no memory left for the stack of a call',
        );
    },
};

/**
 * What the guard has thrown, by the number of a function on the stack that cannot be there when a fiber suspends.
 *
 * @type {WeakMap<any, number>}
 */
const escapes = new WeakMap();

/**
 * Fails as a call does after a fault: with the panic that caused it, or what was thrown, at once or later. It does not
 * return the reason, for that may be a promise, or anything with a `then`.
 *
 * @param {string | undefined} panic the message and place of the panic
 * @param {unknown} thrown what came out of the WebAssembly
 * @param {InstanceParts} instance
 * @returns {Promise<never>}
 */
export function failWith(panic, thrown, instance) {
    const escaped = escapes.get(thrown);
    if (escaped !== undefined) return failWithEscape(escaped, instance);
    throw panic === undefined ? thrown : new Error(panic, { cause: thrown });
}

/**
 * @param {number} number
 * @param {InstanceParts} instance
 * @returns {Promise<never>}
 */
async function failWithEscape(number, { files, onMiss }) {
    const { functionNames, profile, wasm } = files;
    const isMissed = profile !== undefined && number >= profile.first;
    // At once, for the next instance may be made before the names are there.
    if (isMissed && profile.full !== undefined) wasm.asyncify = profile.full;
    const [name, error] = await describe(functionNames, number);
    if (isMissed) onMiss?.(name);
    throw new Error(error);
}

/**
 * The name of a function, and what is wrong if it is on the stack: the tool has written it down.
 *
 * @param {() => URL} file
 * @param {number} number
 */
async function describe(file, number) {
    try {
        const { functions, errors } = /** @type {Guarded} */ (await readJson(file()));
        const [name, error] = functions[number];
        return [name, errors[error].replaceAll('{}', name)];
    } catch {
        const name = `function ${number} of the list in the file *.functions.json`;
        return [name, `${name} was on the stack of a call that suspended, and is not in the suspension set`];
    }
}
