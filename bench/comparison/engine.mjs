// What this engine has, of what the styles need or could need.

import { hasExceptions } from '../../js/foreign.js';

// (module (type $f (func)) (type (cont $f)))
const CONTINUATIONS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 2, 96, 0, 0, 93, 0]);

const yes = (has) => (has ? 'yes' : 'no');

/** @returns {[what: string, value: string][]} */
export function describeEngine() {
    return [
        ['engine', navigator.userAgent],
        ['processors', String(navigator.hardwareConcurrency)],
        ['JSPI: WebAssembly.Suspending', yes('Suspending' in WebAssembly)],
        ['the API that JSPI had before: WebAssembly.Function', yes('Function' in WebAssembly)],
        ['stack switching in WebAssembly: cont.new', yes(WebAssembly.validate(CONTINUATIONS))],
        ['WebAssembly exceptions: exnref', yes(hasExceptions())],
        ['the smallest step of its clock', `${step().toPrecision(2)} ms`],
    ];
}

/** Engines blur their clocks. */
function step() {
    let smallest = Infinity;
    let last = performance.now();
    const end = last + 20;
    while (last < end) {
        const now = performance.now();
        if (now > last) smallest = Math.min(smallest, now - last);
        last = now;
    }
    return smallest;
}
