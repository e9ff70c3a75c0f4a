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
    /** @type {any} */
    const source = await given;
    // By its name, for it may come from another realm, with classes of its own.
    switch (Object.prototype.toString.call(source).slice(8, -1)) {
        case 'WebAssembly.Module':
            return source;
        case 'String':
        case 'URL':
            return compileUrl(source);
        case 'Response':
            return compileResponse(source);
        default:
            return WebAssembly.compile(source);
    }
}

/** @param {string | URL} url */
async function compileUrl(url) {
    const bytes = await readLocal(url);
    return bytes === undefined ? compileResponse(await fetch(url)) : compileBytes(bytes, url);
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string | URL} url
 * @param {string} [type] what a server said that it is
 */
function compileBytes(bytes, url, type) {
    if (bytes[0] === 0) return WebAssembly.compile(bytes);
    // Many servers answer with a page for a file that they have not.
    throw new Error(`cannot load ${url}: what is there is no WebAssembly${type ? `, but ${type}` : ''}`);
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
    const isUrl = URL.canParse(url);
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
    return compileBytes(new Uint8Array(await response.arrayBuffer()), response.url, type);
}
