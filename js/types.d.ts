/**
 * How a fiber suspends: the engine switches stacks, through its API of today or through the flagged
 * one of Node.js 20 and 22; or the module unwinds its stack itself.
 */
export type Backend = 'jspi' | 'jspi-legacy' | 'asyncify';

/** What a module is made for. */
export type WasmKind = 'jspi' | 'asyncify';

/** Where the WebAssembly comes from: its bytes, where they are, or the module itself. */
export type WasmSource =
    | BufferSource
    | URL
    | string
    | Response
    | WebAssembly.Module
    | Promise<BufferSource | URL | string | Response | WebAssembly.Module>;

export interface InitOptions {
    /**
     * How calls suspend. By default `'auto'`, which is `'asyncify'`, the quickest for calls and for
     * suspensions; or `'jspi'`, if `module` is the file for that. `'jspi'` has no instrumented code, and
     * suits programs that compute much and suspend seldom. `'jspi-legacy'` is for Node.js 20 and 22
     * with their flags.
     *
     * Through JSPI, 8192 calls are in flight at once, in a page 256, and others begin when one of them
     * has ended: do not let that many wait for others to come. Asyncify has no such bound.
     */
    backend?: Backend | 'auto';
    /** The WebAssembly. By default the file beside the glue. */
    module?: WasmSource;
    /**
     * Loads modules for `js_import`, in the place of the host's `import()`: there is no other way to
     * load one then. It returns the module's namespace, or a promise of it; what it throws is what
     * Rust gets.
     */
    importModule?: (specifier: string, options?: ImportCallOptions) => unknown;
    /**
     * The URL that specifiers are resolved against. By default the working directory on Node.js, and
     * the document in a browser.
     */
    base?: string | URL;
}

/** One instance of the module: how it suspends, and what the author exported. */
export interface Instance {
    readonly backend: Backend;
    readonly [name: string]: unknown;
}

/** One backend, for one instance. */
export interface BackendParts {
    /** What the module imports from us, besides what all backends have (`faults.js`). */
    imports: WebAssembly.ModuleImports;
    createFibers(exports: WebAssembly.Exports, instance: InstanceParts): Fibers;
}

/** What a backend has to know of its instance. */
export interface InstanceParts {
    /** How many calls of JavaScript, made by the WebAssembly, have not returned. */
    calls(): number;
    /** What the numbers of the guard mean. */
    functionNames(): Promise<string[]>;
}

/** An engine's stack switching, for one instance. */
export interface Stacks {
    /** What the module has to import: suspends until a promise settles, and returns its outcome. */
    wait: WebAssembly.ImportValue;
    /** Whether the outcome that `wait` returned last may be a rejection, 0 or 1. */
    mayBeRejection: WebAssembly.Global;
    /** Runs an export, which takes a fiber, on a stack of its own; called once. */
    promising(run: Function): (fiber: number) => Promise<unknown>;
}

/** The calls of one instance. */
export interface Fibers {
    /** Runs a fiber; the promise is that of the JavaScript caller. */
    start(fiber: number): Promise<unknown>;
    /** Lets a fiber go on that has parked, when nothing else is on the stack. */
    ready(fiber: number): void;
}

/** What the Rust library imports from the runtime. */
export interface Host {
    startFiber(fiber: number): Promise<unknown>;
    importModule(specifier: string, options?: ImportCallOptions): Promise<unknown>;
    isThenable(value: unknown): boolean;
    /** Lets a fiber go on that has parked (`src/wait.rs`). Of no effect the second time. */
    ready(fiber: number): void;
    /** What `init` was given. */
    options: InitOptions;
    /** How many calls of JavaScript, made by the WebAssembly, have not returned. The glue counts. */
    inside: number;
    /**
     * The glue says that a call of JavaScript threw, inside of `inside` others; returns what it threw.
     */
    thrown(inside: number, thrown: unknown): unknown;
}

/** The JavaScript side of a module's exports and imports, once for each instance. */
export interface Glue {
    exports: Record<string, unknown>;
    imports: WebAssembly.ModuleImports & { __wbg_set_wasm(exports: WebAssembly.Exports): void };
    modules: WebAssembly.Imports;
}

/** What the emitted entry module gives to the runtime. */
export interface PackageParts {
    createGlue(host: Host): Glue;
    /** The name under which the WebAssembly imports the glue. */
    glueModule: string;
    wasm: { jspi: () => URL; asyncify?: () => URL };
    /** The names of the functions that the guard of the Asyncify module watches. */
    functionNames: () => URL;
    /** The exports of wasm-bindgen's own JSPI, if there are any: for them there is no other module. */
    foreign?: string[];
}
