// What a package is made of: instances, the first of which its exported functions belong to.
//
//   index        instances
//   loader       which backend, and the compiled module
//   source       where it is
//   probe        whether an engine switches stacks
//   native       fibers on stacks of the engine's …
//   jspi           … through its API
//   jspi-legacy    … through the one that some have behind a flag: loaded when it is asked for
//   wasmfx         … through WebAssembly's own instructions, behind a flag as well, and loaded when it is asked for
//   asyncify     fibers that unwind their stacks themselves, on every engine
//   recording    whether a profile is recorded
//   profile        how: in packages with names
//   foreign      wasm-bindgen's own JSPI: in packages that have it
//   faults       what ends a fiber
//   rejection    outcomes that are not values
//   cancel       calls that are given up
//   promise      promises as the engine makes them
//   inlining     a fault of older engines
//   host/        what single modules of the library need: in the package if it uses them
//
// A package has one script of all that it uses, without the comments (the tool's `runtime/join.rs`).

import { orAborted, signalOf } from './cancel.js';
import { faults } from './faults.js';
import { keepAllOut } from './inlining.js';
import { load } from './loader.js';
import { recorderOf } from './recording.js';

/**
 * @typedef {import('./types.js').Fibers} Fibers
 * @typedef {import('./types.js').Glue} Glue
 * @typedef {import('./types.js').Host} Host
 * @typedef {import('./types.js').InitOptions} InitOptions
 * @typedef {import('./types.js').Instance} Instance
 * @typedef {import('./types.js').PackageParts} PackageParts
 */

/**
 * @param {PackageParts} parts
 */
export function createPackage(parts) {
    return {
        main: createInstance(parts),
        /** @param {InitOptions} [options] */
        instantiate: (options) => createInstance(parts).init(options),
    };
}

/**
 * An instance that has its functions already, and its WebAssembly when `init` has been called.
 *
 * @param {PackageParts} packageParts
 */
function createInstance(packageParts) {
    const { createGlue, glueModule, foreign } = packageParts;
    /** @type {Fibers} */
    let fibers;
    /** @type {(calls: number) => void} */
    let settle;
    /** @type {(fiber: number) => number} */
    let isInside;
    /** @type {Host} */
    const host = {
        startFiber: (fiber) => fibers.start(fiber),
        ready: (fiber) => fibers.ready(fiber),
        signalOf,
        orAborted,
        isInside: (fiber) => isInside(fiber) !== 0,
        options: {},
        inside: 0,
        thrown(inside, thrown) {
            settle(inside);
            return thrown;
        },
    };
    const { exports, imports, modules } = createGlue(host);
    imports.__wbg_set_wasm(notReady);
    /** @type {Promise<Instance> | undefined} */
    let ready;

    /**
     * @param {InitOptions} options
     * @returns {Promise<Instance>}
     */
    async function start(options) {
        const { backend, parts, module } = await load(packageParts, options);
        const record = recorderOf(packageParts, module, options);
        const recording = { records: Number(record !== undefined), record: record ?? nothing };
        const instance = await WebAssembly.instantiate(module, {
            ...modules,
            [glueModule]: imports,
            suspendable: { ...faults, ...parts.imports, ...foreign?.imports, ...recording },
        });
        host.options = options;
        const own = keepAllOut(instance.exports);
        settle = /** @type {typeof settle} */ (own.suspendable_settle);
        isInside = /** @type {typeof isInside} */ (own.suspendable_is_inside);
        fibers = parts.createFibers(instance.exports, {
            calls: () => host.inside,
            files: packageParts,
            onMiss: options.onMiss,
        });
        imports.__wbg_set_wasm(own);
        /** @type {any} */ (own).__wbindgen_start?.();
        return Object.freeze({ backend, ...exports });
    }

    return {
        exports,
        /** @param {InitOptions} [options] */
        init(options = {}) {
            // Of a copy, for who has the object may change it. A failed attempt can be repeated.
            ready ??= start({ ...options }).catch((error) => {
                ready = undefined;
                throw error;
            });
            return ready;
        },
    };
}

const nothing = () => {};

/** What the exported functions find before there is an instance. */
const notReady = /** @type {WebAssembly.Exports} */ (
    new Proxy({}, {
        get() {
            throw new Error('the package is not ready: `await init()` before the first call');
        },
    })
);
