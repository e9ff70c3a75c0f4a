// From options to a compiled module: which backend, and which file.

import { asyncifyBackend } from './asyncify.js';
import * as jspi from './jspi.js';
import * as legacy from './jspi-legacy.js';
import { nativeBackend } from './native.js';
import { canSuspend } from './probe.js';
import { compile, locate } from './source.js';

/**
 * @typedef {import('./types.js').Backend} Backend
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').InitOptions} InitOptions
 * @typedef {import('./types.js').PackageParts} PackageParts
 * @typedef {import('./types.js').WasmKind} WasmKind
 */

/** @type {Record<Backend, { wasm: WasmKind, isSupported(): Promise<boolean>, create(): BackendParts }>} */
const backends = {
    jspi: {
        wasm: 'jspi',
        isSupported: () => canSuspend(jspi.createStacks),
        create: () => nativeBackend(jspi.createStacks()),
    },
    'jspi-legacy': {
        wasm: 'jspi',
        isSupported: () => canSuspend(legacy.createStacks),
        create: () => nativeBackend(legacy.createStacks()),
    },
    asyncify: {
        wasm: 'asyncify',
        isSupported: async () => true,
        create: asyncifyBackend,
    },
};

/**
 * @param {PackageParts} packageParts
 * @param {InitOptions} options
 * @returns {Promise<{ backend: Backend, parts: BackendParts, module: WebAssembly.Module }>}
 */
export async function load({ wasm: files, foreign }, { backend: wanted = 'auto', module: source }) {
    if (wanted !== 'auto' && !Object.hasOwn(backends, wanted)) {
        const names = Object.keys(backends).map((name) => `'${name}'`).join(', ');
        throw new RangeError(`unknown backend '${wanted}': it is 'auto' or one of ${names}`);
    }
    if (foreign !== undefined) wanted = await requireJspi(wanted, foreign);
    const given = source === undefined ? undefined : await compile(source);
    const made = given === undefined ? undefined : madeFor(given);
    if (wanted !== 'auto' && made !== undefined && made !== backends[wanted].wasm) {
        throw new Error(`options.module is made for '${made}', and options.backend is '${wanted}'`);
    }
    const backend = await choose(wanted, made);
    const { wasm, create } = backends[backend];
    return { backend, parts: create(), module: given ?? (await compile(locate(/** @type {() => URL} */ (files[wasm])))) };
}

// (module (func (local exnref)))
const EXCEPTIONS = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 105, 11,
]);

/**
 * The one backend of a package with exports of wasm-bindgen's own JSPI, which catch exceptions.
 *
 * @param {Backend | 'auto'} wanted
 * @param {string[]} exports
 * @returns {Promise<Backend>}
 */
async function requireJspi(wanted, exports) {
    const isWanted = wanted === 'auto' || wanted === 'jspi';
    if (isWanted && WebAssembly.validate(EXCEPTIONS) && (await backends.jspi.isSupported())) return 'jspi';
    throw new Error(
        'the package needs JSPI (WebAssembly.Suspending) and WebAssembly exceptions (exnref), and ' +
            `${isWanted ? 'this engine has not both' : `not '${wanted}'`}. With #[suspendable] in the place of ` +
            `#[wasm_bindgen(jspi)], these exports need them no more: ${exports.join(', ')}`,
    );
}

/**
 * @param {Backend | 'auto'} wanted
 * @param {WasmKind} [made] what the module is made for, if it is given
 * @returns {Promise<Backend>}
 */
async function choose(wanted, made) {
    if (wanted === 'auto') {
        if (made !== 'jspi') return 'asyncify';
        // Node.js 23 has both with its flag.
        const isOld = WebAssembly.Suspending === undefined && (await backends['jspi-legacy'].isSupported());
        return choose(isOld ? 'jspi-legacy' : 'jspi');
    }
    if (await backends[wanted].isSupported()) return wanted;
    const what = wanted === 'jspi' ? 'JSPI (WebAssembly.Suspending)' : 'JSPI of the old kind (WebAssembly.Function)';
    throw new Error(`this engine has no ${what}: leave out the option \`backend\`, or set it to 'asyncify'`);
}

/**
 * @param {WebAssembly.Module} module
 * @returns {WasmKind}
 */
function madeFor(module) {
    const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    if (!names.has('suspendable_start')) {
        throw new Error('options.module was not made by `cargo suspendable`: give NAME.wasm or NAME.asyncify.wasm');
    }
    return names.has('suspendable_resume') ? 'asyncify' : 'jspi';
}
