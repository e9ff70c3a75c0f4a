// From options to a compiled module: which backend, and which file.

import { asyncifyBackend } from './asyncify.js';
import * as jspi from './jspi.js';
import { nativeBackend } from './native.js';
import { canSuspend } from './probe.js';
import { compile, locate } from './source.js';

/**
 * @typedef {import('./types.js').Backend} Backend
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').InitOptions} InitOptions
 * @typedef {import('./types.js').PackageParts} PackageParts
 * @typedef {import('./types.js').Stacks} Stacks
 * @typedef {import('./types.js').WasmKind} WasmKind
 */

/**
 * @typedef {object} Way of suspending
 * @property {WasmKind} wasm
 * @property {string} [needs] what not every engine has
 * @property {() => Promise<boolean>} isSupported
 * @property {() => BackendParts | Promise<BackendParts>} create
 */

/** @type {Record<Backend, Way>} */
const backends = {
    jspi: native('JSPI (WebAssembly.Suspending)', () => jspi),
    'jspi-legacy': native('JSPI of the old kind (WebAssembly.Function)', () => import('./jspi-legacy.js')),
    wasmfx: native(
        'core stack switching (cont.new, resume and suspend: Node.js 26 has it with --experimental-wasm-wasmfx)',
        () => import('./wasmfx.js'),
    ),
    asyncify: {
        wasm: 'asyncify',
        isSupported: async () => true,
        create: asyncifyBackend,
    },
};

/** @typedef {{ createStacks(): Stacks }} Stacking */

/**
 * On stacks of the engine's own.
 *
 * @param {string} needs
 * @param {() => Stacking | Promise<Stacking>} load what few ask for is loaded when somebody does
 * @returns {Way}
 */
function native(needs, load) {
    return {
        wasm: 'jspi',
        needs,
        isSupported: async () => canSuspend((await load()).createStacks),
        create: async () => nativeBackend((await load()).createStacks()),
    };
}

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
    return { backend, parts: await create(), module: given ?? (await compile(locate(/** @type {() => URL} */ (files[wasm])))) };
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
    const { isSupported, needs } = backends[wanted];
    if (await isSupported()) return wanted;
    throw new Error(`this engine has no ${needs}: leave out the option \`backend\`, or set it to 'asyncify'`);
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
