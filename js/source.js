// Where the files of a package are, and how to get at them: the WebAssembly, and lists of names.

/** @typedef {import('./types.js').WasmSource} WasmSource */

/**
 * Where the package says that a file of it is.
 *
 * @param {() => URL} file
 */
export function locate(file) {
    try {
        return file();
    } catch (cause) {
        throw new Error(
            'the package cannot tell where its files are, for it was bundled without `import.meta`, or ' +
                'loaded from a `blob:` URL: give the option `module`',
            { cause },
        );
    }
}

/**
 * @param {WasmSource} given
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compile(given) {
    const source = await given;
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
 * What is in a JSON file of the package.
 *
 * @param {URL} url
 * @returns {Promise<unknown>}
 */
export async function readJson(url) {
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
