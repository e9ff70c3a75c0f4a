// Emscripten, from C: its JSPI, and its Asyncify. `make emscripten` builds them.

const href = (path) => new URL(path, import.meta.url).href;
let promises = 0;

const style = (name, file, inFlight) => ({
    name,
    inFlight,
    files: { wasm: [href(`pkg/${file}.wasm`)], script: [href(`pkg/${file}.mjs`)] },
    async load() {
        const { default: create } = await import(`./pkg/${file}.mjs`);
        const module = await create();
        module.promises = new Map();
        const call = (name, ...types) => module.cwrap(name, 'number', types, { async: true });
        /** Of numbers: what is exported gives a promise, but for Asyncify's. */
        const numeric = (name, arity) =>
            file === 'jspi' ? module[`_${name}`] : call(name, ...Array.from({ length: arity }, () => 'number'));
        /** With a promise as its last argument, which gets a number for as long as the call takes. */
        function waiting(name, arity) {
            const run = numeric(name, arity);
            return async (...all) => {
                const number = promises++;
                module.promises.set(number, all.pop());
                try {
                    return await run(...all, number);
                } finally {
                    module.promises.delete(number);
                }
            };
        }
        const importAgain = call('import_again', 'string', 'number');
        return {
            suspend: waiting('suspend', 3),
            suspendLarge: waiting('suspend_large', 3),
            immediate: numeric('immediate', 1),
            once: waiting('once', 1),
            importModule: (specifier) => importAgain(specifier, 1),
            importAgain: async (specifier, times) => (await importAgain(specifier, times), times),
            memoryBytes: () => module._memory_bytes(),
        };
    },
});

// Calls share one stack in memory, on which nothing keeps them apart: `once`, which is what is called many times at once,
// has nothing there.
export const emscriptenJspi = style("Emscripten's JSPI", 'jspi', 10_000);
export const emscriptenAsyncify = style("Emscripten's Asyncify", 'asyncify', 1);
