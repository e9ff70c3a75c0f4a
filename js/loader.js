// From options to a compiled module: which backend, which file, and how to get at it.

import * as asyncify from './asyncify.js';
import * as jspi from './jspi.js';
import * as legacy from './jspi-legacy.js';
import { nativeBackend } from './native.js';

/**
 * @typedef {import('./types.js').Backend} Backend
 * @typedef {import('./types.js').BackendParts} BackendParts
 * @typedef {import('./types.js').InitOptions} InitOptions
 * @typedef {import('./types.js').WasmKind} WasmKind
 * @typedef {import('./types.js').WasmSource} WasmSource
 */

/** @type {Record<Backend, { wasm: WasmKind, isSupported(): Promise<boolean>, create(): BackendParts }>} */
const backends = {
    jspi: {
        wasm: 'jspi',
        isSupported: () => jspi.canSuspend(jspi.createStacks),
        create: () => nativeBackend(jspi.createStacks()),
    },
    'jspi-legacy': {
        wasm: 'jspi',
        isSupported: () => jspi.canSuspend(legacy.createStacks),
        create: () => nativeBackend(legacy.createStacks()),
    },
    asyncify: {
        wasm: 'asyncify',
        isSupported: async () => true,
        create: asyncify.createBackend,
    },
};

/** @param {Backend} backend */
export const createBackend = (backend) => backends[backend].create();

/**
 * @param {Record<WasmKind, () => URL>} files
 * @param {InitOptions} options
 * @returns {Promise<{ backend: Backend, module: WebAssembly.Module }>}
 */
export async function load(files, { backend: wanted = 'auto', module: source }) {
    if (wanted !== 'auto' && !Object.hasOwn(backends, wanted)) {
        const names = Object.keys(backends).map((name) => `'${name}'`).join(', ');
        throw new RangeError(`unknown backend '${wanted}': it is 'auto' or one of ${names}`);
    }
    if (source === undefined) {
        const backend = await choose(wanted);
        return { backend, module: await compile(locate(files[backends[backend].wasm])) };
    }
    const module = await compile(await source);
    const made = madeFor(module);
    if (wanted !== 'auto' && made !== backends[wanted].wasm) {
        throw new Error(`options.module is made for '${made}', and options.backend is '${wanted}'`);
    }
    return { backend: await choose(wanted, made), module };
}

/**
 * Where the package says that a file of it is.
 *
 * @param {() => URL} file
 */
function locate(file) {
    try {
        return file();
    } catch (cause) {
        throw new Error(
            'the package cannot tell where its files are, for it was bundled without `import.meta`, or ' +
                'loaded from a `blob:` URL: give `init` the option `module`',
            { cause },
        );
    }
}

/**
 * The backend that is wanted, or the first that works here.
 *
 * @param {Backend | 'auto'} wanted
 * @param {WasmKind} [made] what the module is made for, if it has been chosen already
 */
async function choose(wanted, made) {
    for (const [name, { wasm, isSupported }] of Object.entries(backends)) {
        const isCandidate = wanted === 'auto' ? made === undefined || made === wasm : name === wanted;
        if (isCandidate && (await isSupported())) return /** @type {Backend} */ (name);
    }
    const what = wanted === 'jspi-legacy' ? 'no JSPI of the old kind (WebAssembly.Function)' : 'no JSPI (WebAssembly.Suspending)';
    throw new Error(`this engine has ${what}: use 'asyncify'`);
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

/**
 * @param {Awaited<WasmSource>} source
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(source) {
    if (source instanceof WebAssembly.Module) return source;
    if (typeof source === 'string' || source instanceof URL) return compileUrl(source);
    if (typeof Response === 'function' && source instanceof Response) return compileResponse(source);
    return WebAssembly.compile(/** @type {BufferSource} */ (source));
}

/** @param {string | URL} url */
async function compileUrl(url) {
    const bytes = await readLocal(url);
    return bytes === undefined ? compileResponse(await fetch(url)) : WebAssembly.compile(bytes);
}

/**
 * A list of strings in a JSON file of the package.
 *
 * @param {URL} url
 * @returns {Promise<string[]>}
 */
export async function loadNames(url) {
    const bytes = await readLocal(url);
    return bytes === undefined ? (await fetch(url)).json() : JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * The bytes of a file, on hosts that have files; `undefined` for what has to be fetched.
 *
 * @param {string | URL} url a string that is no URL is a path
 * @returns {Promise<Uint8Array<ArrayBuffer> | undefined>}
 */
async function readLocal(url) {
    const { process } = globalThis;
    const isUrl = url instanceof URL || URL.canParse(url);
    if (process?.versions?.node === undefined || (isUrl && !String(url).startsWith('file:'))) return undefined;
    const { readFile } = process.getBuiltinModule('node:fs/promises');
    return /** @type {Uint8Array<ArrayBuffer>} */ (await readFile(isUrl ? new URL(url) : url));
}

/** @param {Response} response */
async function compileResponse(response) {
    if (!response.ok) {
        throw new Error(`cannot load ${response.url}: the server answered ${response.status} ${response.statusText}`);
    }
    const type = response.headers.get('Content-Type') ?? '';
    if (WebAssembly.compileStreaming !== undefined && type.startsWith('application/wasm')) {
        return WebAssembly.compileStreaming(response);
    }
    return WebAssembly.compile(await response.arrayBuffer());
}
