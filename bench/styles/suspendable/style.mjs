// Ours, on each backend.

const FILE = 'pkg/bench-suspendable';
const href = (path) => new URL(path, import.meta.url).href;

const ours = (backend, wasm, name = backend, folder = './') => ({
    name: `ours, ${name}`,
    inFlight: Infinity,
    files: {
        wasm: [href(`${folder}${FILE}${wasm}`)],
        // What a page without a bundler fetches.
        script: [`${FILE}.min.js`, 'pkg/runtime.min.js'].map((path) => href(folder + path)),
    },
    async load() {
        const { instantiate } = await import(`${folder}${FILE}.min.js`);
        return instantiate({ backend });
    },
});

/** An instance with options. */
export async function load(options) {
    const { instantiate } = await import(`./${FILE}.min.js`);
    return instantiate(options);
}

export const auto = ours('auto', '.asyncify.wasm');
export const asyncify = ours('asyncify', '.asyncify.wasm');
export const jspiLegacy = ours('jspi-legacy', '.wasm');
export const wasmfx = ours('wasmfx', '.wasm');
export const jspi = { ...ours('jspi', '.wasm'), needs: 'jspi' };

const through = (by, name) =>
    ours('asyncify', '.asyncify.wasm', name, `../../../target/${by}/bench/styles/suspendable/`);

/** The same package, instrumented by Binaryen's pass. */
export const throughBinaryen = [
    through('binaryen', "through Binaryen's pass"),
    through('binaryen-default', "Binaryen's pass and set"),
];
