// From options to a compiled module: which backend, and which file.

import { asyncifyBackend } from './asyncify.js';
import { createStacks, needs } from './jspi.js';
import { nativeBackend } from './native.js';
import { canSuspend } from './probe.js';
import { compile, locate } from './source.js';

/**
 * @typedef {import('./types.js').Backend} Backend
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').InitOptions} InitOptions
 * @typedef {import('./types.js').PackageParts} PackageParts
 * @typedef {import('./types.js').StacksModule} StacksModule
 * @typedef {import('./types.js').WasmKind} WasmKind
 */

/**
 * The backends on stacks of the engine's own. All take the file for JSPI. The module of an experiment is loaded when
 * it is asked for.
 *
 * @type {Record<Exclude<Backend, 'asyncify'>, () => StacksModule | Promise<StacksModule>>}
 */
const engines = {
    jspi: () => ({ createStacks, needs }),
    'jspi-legacy': () => onDemand(async () => import('./jspi-legacy.js')),
    wasmfx: () => onDemand(async () => import('./wasmfx.js')),
};

/**
 * @param {PackageParts} packageParts
 * @param {InitOptions} options
 * @returns {Promise<{ backend: Backend, parts: BackendParts, module: WebAssembly.Module }>}
 */
export async function load({ wasm: files, foreign }, { backend: wanted = 'auto', module: source }) {
    if (wanted !== 'auto' && wanted !== 'asyncify' && !Object.hasOwn(engines, wanted)) {
        const names = [...Object.keys(engines), 'asyncify'].map((name) => `'${name}'`).join(', ');
        throw new RangeError(`unknown backend '${wanted}': it is 'auto' or one of ${names}`);
    }
    if (foreign !== undefined) wanted = await foreign.choose(wanted);
    const given = source === undefined ? undefined : await compile(source);
    const made = given === undefined ? undefined : madeFor(given);
    const backend = wanted === 'auto' ? choose(made) : wanted;
    const kind = backend === 'asyncify' ? backend : 'jspi';
    if (made !== undefined && made !== kind) {
        throw new Error(`options.module is made for '${made}', and options.backend is '${backend}'`);
    }
    const parts = backend === 'asyncify' ? asyncifyBackend() : nativeBackend(await stacksOf(backend));
    return { backend, parts, module: given ?? (await compile(locate(/** @type {() => URL} */ (files[kind])))) };
}

/**
 * What suits a module, if one is given.
 *
 * @param {WasmKind} [made] what it is made for
 * @returns {Backend}
 */
function choose(made) {
    if (made !== 'jspi') return 'asyncify';
    // Node.js 23 has both with its flag.
    return WebAssembly.Suspending === undefined && WebAssembly.Function !== undefined ? 'jspi-legacy' : 'jspi';
}

/**
 * Stacks of the engine's own, if it has them.
 *
 * @param {keyof typeof engines} backend
 */
async function stacksOf(backend) {
    const stacks = await engines[backend]();
    if (await canSuspend(stacks.createStacks)) return stacks.createStacks();
    throw new Error(`this engine has no ${stacks.needs}: leave out the option \`backend\`, or set it to 'asyncify'`);
}

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
async function onDemand(load) {
    try {
        return await load();
    } catch (cause) {
        throw new Error(
            'the backend is an experiment, whose script could not be loaded with `import()` from beside `runtime.js`: not in ' +
                "a service worker, nor from a bundle. Leave out the option `backend`, or set it to 'asyncify' or 'jspi'",
            { cause },
        );
    }
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
