// wasm-bindgen's own JSPI: `#[wasm_bindgen(jspi)]` and `jspi_block_on_promise`.

import { files, loadPackage } from '../wasm-bindgen.mjs';

export const wasmBindgenJspi = {
    name: "wasm-bindgen's JSPI",
    needs: 'jspi',
    // The process is ended by its engine before 40 000: there are no more stacks then.
    inFlight: 10_000,
    files: files('wasm-bindgen-jspi'),
    load: (fresh) => loadPackage('wasm-bindgen-jspi', fresh),
};
