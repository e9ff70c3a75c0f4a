// Dynamic import, as the host of this program would do it.

/** @typedef {import('../types.js').Host} Host */
/** @typedef {import('../types.js').InitOptions} InitOptions */

/** @typedef {(specifier: string, options?: ImportCallOptions) => Promise<unknown>} Import */

/** @param {Host} host */
export function create(host) {
    /** @type {Import | undefined} */
    let load;
    return {
        /** @type {Import} */
        importModule(specifier, options) {
            try {
                load ??= importOf(host.options);
                return load(specifier, options);
            } catch (reason) {
                // The option `base` is no URL.
                return Promise.reject(reason);
            }
        },
    };
}

/**
 * The program's own way to import, whatever it returns or throws; or the host's.
 *
 * @param {InitOptions} options
 * @returns {Import}
 */
function importOf({ base, importModule }) {
    // The promise of `import()` as it is, for one more would take each import longer.
    if (importModule === undefined) return hostImport(base);
    return async (specifier, options) => importModule(specifier, options);
}

/**
 * `import()` that resolves against `base`.
 *
 * @param {string | URL | undefined} base
 * @returns {Import}
 */
function hostImport(base) {
    return nodeImport(base) ?? urlImport(base);
}

/**
 * Node.js resolves what a CommonJS module imports as from its file, bare specifiers included. A module
 * of one line, that need not exist as a file, is therefore an `import` that resolves as from `base`.
 *
 * @param {string | URL | undefined} base
 * @returns {Import | undefined}
 */
function nodeImport(base) {
    const { process } = globalThis;
    if (process?.versions?.node === undefined || process.getBuiltinModule === undefined) return undefined;
    const { Module } = process.getBuiltinModule('node:module');
    const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');
    // Not everybody may ask for the working directory.
    const from = URL.canParse(/** @type {string} */ (base)) ? base : new URL(base ?? '', pathToFileURL(process.cwd() + '/'));
    const url = new URL('suspendable.cjs', from);
    if (url.protocol !== 'file:') return undefined;
    try {
        const module = /** @type {any} */ (new Module(url.href));
        // Not in its documentation, and in every Node.js since the first.
        module._compile('module.exports = (specifier, options) => import(specifier, options)', fileURLToPath(url));
        return module.exports;
    } catch {
        // A host that is like Node.js, but not in this.
        return undefined;
    }
}

/**
 * Elsewhere a relative specifier is a URL, and a bare one is the host's business: an import map, say.
 *
 * @param {string | URL | undefined} base
 * @returns {Import}
 */
function urlImport(base = globalThis.document?.baseURI ?? globalThis.location?.href) {
    return async (specifier, options) => {
        const isRelative = /^\.{0,2}\//.test(specifier);
        const url = isRelative && base !== undefined ? new URL(specifier, base).href : specifier;
        const namespace = import(/* @vite-ignore */ /* webpackIgnore: true */ url, options);
        return inServiceWorker ? namespace.catch(explain) : namespace;
    };
}

/** The specification forbids `import()` there, and engines say so in words of their own. */
const inServiceWorker = 'ServiceWorkerGlobalScope' in globalThis;

/** @param {unknown} cause */
function explain(cause) {
    throw new Error('a service worker has no `import()`: give `init` the option `importModule`', { cause });
}
