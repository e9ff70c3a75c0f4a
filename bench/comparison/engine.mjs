// What this engine has, of what the styles need or could need.

// (module (func (local exnref)))
const EXCEPTIONS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 105, 11];
// (module (type $f (func)) (type (cont $f)))
const CONTINUATIONS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 2, 96, 0, 0, 93, 0];

const validates = (bytes) => WebAssembly.validate(new Uint8Array(bytes));
const yes = (has) => (has ? 'yes' : 'no');

/** @returns {[what: string, value: string][]} */
export function describeEngine() {
    return [
        ['engine', navigator.userAgent],
        ['processors', String(navigator.hardwareConcurrency)],
        ['JSPI: WebAssembly.Suspending', yes('Suspending' in WebAssembly)],
        ['the API that JSPI had before: WebAssembly.Function', yes('Function' in WebAssembly)],
        ['stack switching in WebAssembly: cont.new', yes(validates(CONTINUATIONS))],
        ['WebAssembly exceptions: exnref', yes(validates(EXCEPTIONS))],
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
