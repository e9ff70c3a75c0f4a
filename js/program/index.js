// Whole programs: a run is an instance of its own, in which `main` runs once.
//
//   program/index     from options to a program that has ended
//   program/jspi      how it waits: the engine switches stacks …
//   program/asyncify    … or the program unwinds and rewinds its own
//   program/command   the program as a command of Node.js, Deno and Bun
//   wasi/             what it imports: WASI preview 1, over host/

import { createWasi, Exit, WAITING } from '../wasi/index.js';
import { faultReason, faults } from '../faults.js';
import { canSuspend } from '../probe.js';
import { createRecorder } from '../profile.js';
import { compile, loadNames, locate } from '../source.js';
import { createAsyncify } from './asyncify.js';
import { createJspi, createStacks } from './jspi.js';

/**
 * @typedef {import('./types.js').Ended} Ended
 * @typedef {import('./types.js').ProgramBackend} ProgramBackend
 * @typedef {import('./types.js').ProgramParts} ProgramParts
 * @typedef {import('./types.js').RunOptions} RunOptions
 * @typedef {import('./types.js').TakePending} TakePending
 * @typedef {import('./types.js').Waiting} Waiting
 */

/** The host has a promise for what was called: the program has to wait. */
const PENDING = -1;

/** The code of a program that panicked, as of a native one. */
const PANICKED = 101;

/**
 * How many programs switch the engine's stacks at once, which takes mappings of memory that a process has a
 * limited number of (`native.js`). Further ones unwind their own.
 */
const MOST_STACKS = globalThis.process === undefined ? 128 : 4096;
let stacks = 0;

/** @type {Record<ProgramBackend, { isSupported(): boolean | Promise<boolean>, create(take: TakePending): Waiting }>} */
const backends = {
    jspi: { isSupported: () => (hasJspi ??= canSuspend(createStacks)), create: createJspi },
    asyncify: { isSupported: () => true, create: createAsyncify },
};
/** @type {Promise<boolean> | undefined} */
let hasJspi;

/** @param {ProgramParts} parts */
export function createProgram(parts) {
    const { name, wasm, functionNames } = parts;
    /** Compiled once for all runs, by where they are. @type {Map<() => URL, Promise<WebAssembly.Module>>} */
    const compiled = new Map();

    /** @param {ProgramBackend} backend */
    function ownModule(backend) {
        const file = wasm[backend];
        let module = compiled.get(file);
        if (module === undefined) {
            module = compile(locate(file));
            compiled.set(file, module);
            // A failed attempt can be repeated.
            module.catch(() => compiled.delete(file));
        }
        return module;
    }

    /**
     * @param {unknown} thrown
     * @param {RunOptions} options
     */
    const reasonOf = (thrown, { onMiss }) =>
        faultReason(undefined, thrown, {
            calls: () => 0,
            functionNames: () => loadNames(functionNames()),
            files: parts,
            onMiss,
        });

    /**
     * @param {RunOptions} [options]
     * @returns {Promise<Ended>}
     */
    return async function run(options = {}) {
        const { signal, module: source, backend: wanted = 'auto', args = [], profile } = options;
        signal?.throwIfAborted();
        const given = source === undefined ? undefined : await compile(source);
        const backend = await choose(wanted, given);
        const module = given ?? (await ownModule(backend));
        signal?.throwIfAborted();
        const wasi = createWasi({ ...options, fs: options.fs ?? {}, args: [name, ...args] });
        /** @type {Running} */
        const program = { hasPanicked: false, record: profile && createRecorder(module, profile) };
        const waiting = backends[backend].create(() => /** @type {Promise<number>} */ (program.pending));
        const imports = {
            ...faults,
            ...waiting.imports,
            /** @param {number} isPanic */
            panicked(isPanic) {
                program.hasPanicked ||= isPanic === 1;
                wasi.panicked();
            },
        };
        const wasiImports = { ...wasi.imports };
        for (const name of WAITING) wasiImports[name] = orPending(wasi.imports[name], program);
        /** @type {{ code: number } | { thrown: unknown }} */
        let end;
        if (backend === 'jspi') stacks += 1;
        try {
            const { exports } = await WebAssembly.instantiate(module, {
                wasi_snapshot_preview1: wasiImports,
                suspendable: imports,
            });
            wasi.start(/** @type {WebAssembly.Memory} */ (exports.memory));
            await waiting.run(exports);
            end = { code: 0 };
        } catch (thrown) {
            const isTrap = thrown instanceof WebAssembly.RuntimeError;
            if (thrown instanceof Exit) end = { code: thrown.code };
            else if (program.hasPanicked && isTrap) end = { code: PANICKED };
            else end = { thrown: await reasonOf(thrown, options) };
        } finally {
            if (backend === 'jspi') stacks -= 1;
        }
        // What it has written arrives, whatever became of it.
        await wasi.end().catch((cause) => {
            if ('thrown' in end) return;
            end = { thrown: new Error('what the program wrote last could not be written', { cause }) };
        });
        if ('thrown' in end) throw end.thrown;
        return { code: end.code, backend };
    };
}

/**
 * @typedef {object} Running
 * @property {boolean} hasPanicked
 * @property {Promise<number>} [pending] what the program has to wait for
 * @property {() => void} [record] before it does: what is on its stack
 */

/**
 * @param {(...args: any[]) => number | Promise<number>} call
 * @param {Running} program
 */
function orPending(call, program) {
    /** @param {any[]} args */
    return (...args) => {
        const errno = call(...args);
        if (typeof errno === 'number') return errno;
        program.record?.();
        program.pending = errno;
        return PENDING;
    };
}

/**
 * @param {ProgramBackend | 'auto'} wanted
 * @param {WebAssembly.Module} [given]
 * @returns {Promise<ProgramBackend>}
 */
async function choose(wanted, given) {
    if (wanted !== 'auto' && !Object.hasOwn(backends, wanted)) {
        const names = Object.keys(backends).map((name) => `'${name}'`).join(', ');
        throw new RangeError(`unknown backend '${wanted}': for a program it is 'auto' or one of ${names}`);
    }
    const made = given === undefined ? undefined : madeFor(given);
    if (wanted === 'auto') {
        const isRoom = stacks < MOST_STACKS;
        return made ?? (isRoom && (await backends.jspi.isSupported()) ? 'jspi' : 'asyncify');
    }
    if (made !== undefined && made !== wanted) {
        throw new Error(`options.module is made for '${made}', and options.backend is '${wanted}'`);
    }
    if (await backends[wanted].isSupported()) return wanted;
    throw new Error(
        "this engine has no JSPI (WebAssembly.Suspending): leave out the option `backend`, or set it to 'asyncify'",
    );
}

/**
 * @param {WebAssembly.Module} module
 * @returns {ProgramBackend}
 */
function madeFor(module) {
    const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    if (names.has('suspendable_resume')) return 'asyncify';
    if (names.has('_start')) return 'jspi';
    throw new Error('options.module was not made by `cargo suspendable`: give NAME.wasm or NAME.asyncify.wasm');
}

/**
 * Whether the module with this `import.meta` is what was started: then it is a command.
 *
 * @param {ImportMeta & { main?: boolean }} meta
 */
export function isCommand({ main, url }) {
    if (main !== undefined) return main;
    const { process } = globalThis;
    const started = process?.argv?.[1];
    if (process === undefined || started === undefined || !url.startsWith('file:')) return false;
    const { realpathSync } = process.getBuiltinModule('node:fs');
    const { fileURLToPath } = process.getBuiltinModule('node:url');
    // What npm puts on the path is a link.
    try {
        return realpathSync(started) === fileURLToPath(url);
    } catch {
        return false;
    }
}
