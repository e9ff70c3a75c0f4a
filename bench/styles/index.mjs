// The styles that are compared. Each does the same work, written as its own users write it.
//
//     suspend(frames, times, promise)        waits `times` times, `frames` frames below the caller
//     suspendLarge(frames, times, promise)   the same with half a kilobyte in every frame
//     immediate(number)                      never waits
//     once(promise)                          waits once
//     importModule(specifier)                the `value` of a module
//     importAgain(specifier, times)          imports the same module `times` times
//     memoryBytes()                          the size of the linear memory
//
// `load(fresh)` makes another instance when `fresh` is a number that was never given before. What a
// style cannot do it does not have, and `without` says why. `inFlight` is how many calls can wait at
// once.

import { asyncifyWasm } from './asyncify-wasm/style.mjs';
import { callbacks } from './callbacks/style.mjs';
import { emscriptenAsyncify, emscriptenJspi } from './emscripten/style.mjs';
import { futures } from './futures/style.mjs';
import { plain } from './plain/style.mjs';
import { asyncify, auto, jspi, jspiLegacy, wasmfx } from './suspendable/style.mjs';
import { synckit } from './synckit/style.mjs';
import { wasmBindgenJspi } from './wasm-bindgen-jspi/style.mjs';

export const all = [plain, auto, asyncify, jspi, wasmBindgenJspi, futures, callbacks, asyncifyWasm, synckit];

/** Those of Node.js alone, with flags. */
export const behindFlags = [jspiLegacy, wasmfx];

/** Emscripten, which not everybody has, and what it is compared with. */
export const besideEmscripten = [plain, auto, asyncify, jspi, wasmBindgenJspi, futures, emscriptenJspi, emscriptenAsyncify];

/** What every ratio is to. */
export const FLOOR = plain.name;

const hasJspi = typeof WebAssembly.Suspending === 'function';
const isNode =
    globalThis.process?.versions?.node !== undefined && globalThis.Bun === undefined && !globalThis.Deno;

/** The styles that this engine can run. */
export const here = all.filter(({ needs }) => (needs !== 'jspi' || hasJspi) && (needs !== 'node' || isNode));
