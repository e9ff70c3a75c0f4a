// Whole programs: a run is an instance of its own, in which `main` runs once.
//
//   program/index     from options to a program that has ended
//   program/jspi      how it waits: the engine switches stacks …
//   program/asyncify    … or the program unwinds and rewinds its own
//   program/command   the program as a command of Node.js, Deno and Bun
//   wasi/             what it imports: WASI preview 1, over host/

import { Exit } from '../wasi/exit.js';
import { createWasi, WAITING } from '../wasi/index.js';
import { failWith, faults } from '../faults.js';
import { canSuspend } from '../probe.js';
import { recorderOf } from '../recording.js';
import { compile, locate } from '../source.js';
import { createAsyncify } from './asyncify.js';
import { createJspi, createStacks } from './jspi.js';
import { giveStackBack, isStackLeft, takeStack } from './stacks.js';

/**
 * @typedef {import('./types.js').Ended} Ended
 * @typedef {import('./types.js').ProgramBackend} ProgramBackend
 * @typedef {import('./types.js').ProgramParts} ProgramParts
 * @typedef {import('./types.js').RunOptions} RunOptions
 * @typedef {import('./types.js').Waiting} Waiting
 */

/** The host has a promise for what was called: the program has to wait. */
const PENDING = -1;

/** The code of a program that panicked, as of a native one. */
const PANICKED = 101;

/** @type {Record<ProgramBackend, { isSupported(): boolean | Promise<boolean>, create(): Waiting }>} */
const backends = {
    jspi: { isSupported: () => (hasJspi ??= canSuspend(createStacks)), create: createJspi },
    asyncify: { isSupported: () => true, create: createAsyncify },
};
/** @type {Promise<boolean> | undefined} */
let hasJspi;

/** @param {ProgramParts} parts */
export function createProgram(parts) {
    const { name, wasm, threads } = parts;
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
    async function failedWith(thrown, { onMiss }) {
        try {
            return await failWith(undefined, thrown, { calls: () => 0, files: parts, onMiss });
        } catch (reason) {
            return { thrown: reason };
        }
    }

    /**
     * @param {RunOptions} [options]
     * @returns {Promise<Ended>}
     */
    return async function run(options = {}) {
        const { signal, module: source, backend: wanted = 'auto', args = [] } = options;
        signal?.throwIfAborted();
        const given = source === undefined ? undefined : await compile(source);
        const backend = await choose(wanted, given);
        const module = given ?? (await ownModule(backend));
        signal?.throwIfAborted();
        const waiting = threads === undefined ? backends[backend].create() : threads(backend, options);
        const env = { ...waiting.env, ...options.env };
        const wasi = createWasi({ ...options, fs: options.fs ?? {}, env, args: [name, ...args] });
        let hasPanicked = false;
        const record = recorderOf(parts, module, options);
        /** @param {Record<string, any>} functions */
        const mayRecord = (functions) => (record === undefined ? functions : recorded(functions, record));
        // Where the engine suspends it has to call its own function, which in Bun is one like any other.
        const { wait, ...others } = waiting.imports;
        const imports = {
            ...faults,
            wait,
            ...mayRecord(others),
            /** @param {number} isPanic */
            panicked(isPanic) {
                hasPanicked ||= isPanic === 1;
                wasi.panicked();
                waiting.panicked?.();
            },
        };
        const preview1 = { ...wasi.imports };
        for (const name of WAITING) preview1[name] = orPending(wasi.imports[name], waiting);
        /** @type {{ code: number } | { thrown: unknown }} */
        let end;
        if (backend === 'jspi') takeStack();
        try {
            const { exports } = await WebAssembly.instantiate(module, {
                ...waiting.wasi,
                wasi_snapshot_preview1: mayRecord({ ...preview1, ...waiting.wasi?.wasi_snapshot_preview1 }),
                suspendable: imports,
            });
            wasi.start(/** @type {WebAssembly.Memory} */ (exports.memory));
            await waiting.run(exports);
            end = { code: 0 };
        } catch (thrown) {
            const isTrap = thrown instanceof WebAssembly.RuntimeError;
            if (thrown instanceof Exit) end = { code: thrown.code };
            else if (hasPanicked && isTrap) end = { code: PANICKED };
            else end = await failedWith(thrown, options);
        } finally {
            if (backend === 'jspi') giveStackBack();
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
 * The same functions, which first have recorded what is on the stack where the program has to wait.
 *
 * @param {Record<string, any>} functions
 * @param {() => void} record
 */
function recorded(functions, record) {
    /** @type {(call: any) => (...args: any[]) => number} */
    const recording = (call) => (...args) => {
        const errno = call(...args);
        if (errno === PENDING) record();
        return errno;
    };
    return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, recording(call)]));
}

/**
 * @param {(...args: any[]) => number | Promise<number>} call
 * @param {Waiting} waiting
 */
function orPending(call, waiting) {
    /** @param {any[]} args */
    return (...args) => {
        const errno = call(...args);
        if (typeof errno === 'number') return errno;
        waiting.hold(errno);
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
        return made ?? (isStackLeft() && (await backends.jspi.isSupported()) ? 'jspi' : 'asyncify');
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
