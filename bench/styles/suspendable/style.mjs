// Ours, on each backend.

const FILE = './pkg/bench-suspendable';
const href = (path) => new URL(path, import.meta.url).href;
const SCRIPT = [`${FILE}.js`, './pkg/runtime.js'].map(href);

const ours = (backend, wasm) => ({
    name: `ours, ${backend}`,
    inFlight: Infinity,
    files: { wasm: [href(`${FILE}${wasm}`)], script: SCRIPT },
    async load() {
        const { instantiate } = await import(`${FILE}.js`);
        return instantiate({ backend });
    },
});

export const auto = ours('auto', '.asyncify.wasm');
export const asyncify = ours('asyncify', '.asyncify.wasm');
export const jspi = { ...ours('jspi', '.wasm'), needs: 'jspi' };
