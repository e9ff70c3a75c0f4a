// What ends a fiber, but its own return: a panic, a trap, an exception, or what the module finds wrong.

import { describeMiss, isMiss } from './profile.js';

/**
 * @typedef {import('./types.js').InstanceParts} InstanceParts
 * @typedef {import('./types.js').Profiled} Profiled
 */

/** What every module imports, to throw what it finds wrong with a fiber's stack. */
export const faults = {
    /** @param {number} number of the function, in NAME.functions.json */
    escaped(number) {
        throw new Escaped(number);
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

/** Thrown by the guard: a function is on the stack that cannot be there when a fiber suspends. */
class Escaped {
    /** @param {number} number */
    constructor(number) {
        this.number = number;
    }
}

/**
 * What a call is rejected with after a fault: the panic that caused it, or what was thrown.
 *
 * @param {string | undefined} panic the message and place of the panic
 * @param {unknown} thrown what came out of the WebAssembly
 * @param {InstanceParts} instance
 */
export async function faultReason(panic, thrown, instance) {
    if (thrown instanceof Escaped) return describeEscape(thrown, instance);
    return panic === undefined ? thrown : new Error(panic, { cause: thrown });
}

/**
 * @param {Escaped} escaped
 * @param {InstanceParts} instance
 */
async function describeEscape({ number }, { functionNames, files, onMiss }) {
    // At once, for the next instance may be made before the names are there.
    const isMissed = isMiss(files, number);
    const names = await functionNames().catch(() => []);
    const known = names[number] ?? `function ${number} of the list in the file *.functions.json`;
    const [name, rule] = Array.isArray(known) ? known : [known];
    if (isMissed) {
        onMiss?.(name);
        return describeMiss(name, /** @type {Profiled} */ (files.profile));
    }
    const { cut = [] } = files;
    const what = `\`${name}\` was on the stack of a call that suspended, and `;
    if (cut.includes(name)) {
        return new Error(`${what}the package was built with \`--cut '${name}'\`: build without, for it does block`);
    }
    const why = rule === undefined ? '' : `: it was left out ${rule}`;
    const said = cut.map((name) => ` The package was built with \`--cut '${name}'\`: if that led here, build without.`);
    return new Error(
        `${what}is not in the suspension set${why}.${said.join('')} ` +
            `Build with \`--include '${name}'\`, and please report it: the set should be complete`,
    );
}
