// wasm-bindgen's own JSPI: `#[wasm_bindgen(jspi)]` and `jspi_block_on_promise`.

import { files, loadPackage } from '../wasm-bindgen.mjs';

export const wasmBindgenJspi = {
    name: "wasm-bindgen's JSPI",
    needs: 'jspi',
    // A process is ended by its engine before 40 000, for there are no more stacks then, and a page of
    // Chromium before 10 000.
    inFlight: globalThis.process === undefined ? 256 : 10_000,
    files: files('wasm-bindgen-jspi'),
    load: (fresh) => loadPackage('wasm-bindgen-jspi', fresh),
};
