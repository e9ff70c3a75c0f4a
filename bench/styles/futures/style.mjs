// Rust's own `async`, over wasm-bindgen-futures.

import { files, loadPackage } from '../wasm-bindgen.mjs';

export const futures = {
    name: 'wasm-bindgen-futures',
    inFlight: Infinity,
    files: files('futures'),
    load: (fresh) => loadPackage('futures', fresh),
};
