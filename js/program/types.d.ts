import type { PackageFiles, InitOptions, Input, Output, WasmSource } from '../types.js';
import type { Thread } from '../wait.js';

export type { Input, Output };

/** How a program waits: the engine switches stacks, or the program unwinds its own. */
export type ProgramBackend = 'jspi' | 'asyncify';

/** What a program's files are: those of one place, or of several. */
export type Files = InitOptions['fs'] | Record<`/${string}`, NonNullable<InitOptions['fs']>>;

export interface RunOptions {
    /** The arguments, without the name of the program. */
    args?: Iterable<string>;
    /** The environment; by default it is empty. */
    env?: Record<string, string | undefined>;
    /**
     * What the program reads: all of it as a text or as bytes; a stream of the web's or of Node.js', or an async
     * iterator; or a function that returns the next line or the next bytes, or a promise of them, and `null` or
     * `undefined` at the end. By default `process.stdin` on Node.js, Deno and Bun; nothing in a page.
     */
    stdin?: Input;
    /**
     * Where the program writes: a stream of the web's or of Node.js'; an object with `write(bytes)`; or a function
     * that is given text. What they return, if it is a promise, is waited for. By default `process.stdout` on
     * Node.js, Deno and Bun; `console.log` in a page, line by line.
     */
    stdout?: Output;
    /** The same for errors: by default `process.stderr`, or `console.error`. */
    stderr?: Output;
    /**
     * The files that the program sees, below `/`: see `InitOptions.fs` for what it can be. Or an object with
     * absolute paths as its keys, and at each of them such a thing: `{ '/': dir, '/tmp': other }`. No path leads out
     * of it. By default the program has no files.
     */
    fs?: Files;
    /** Where relative paths begin, by default `/`. */
    cwd?: string;
    /**
     * Sockets by the descriptors that the program knows them by, from 3 on: sockets and servers of Node.js, or
     * `{ readable, writable }`.
     */
    sockets?: Record<number, unknown>;
    /** Ends the program: what it waits for fails, and the promise is rejected with the signal's reason. */
    signal?: AbortSignal;
    /**
     * How the program waits. By default `'auto'`: programs compute much and wait seldom, so that is `'jspi'` where the
     * engine has it, and `'asyncify'` elsewhere.
     */
    backend?: ProgramBackend | 'auto';
    /** The WebAssembly. By default the file beside this module. */
    module?: WasmSource;
    /** Records a profile for `cargo suspendable build --profile`: see `InitOptions.profile`. */
    profile?: Set<string>;
    /**
     * Called when a run has failed because it waited in a function that no profile of the build has seen, with the
     * function's name.
     */
    onMiss?: (name: string) => void;
    /**
     * Of a program with threads: who runs next is chosen at random, and with the same number in the same way. By
     * default it is who has been able to for longest.
     */
    schedule?: number;
}

/** How a program ended. */
export interface Ended {
    /** Its exit code; 101 after a panic. */
    code: number;
    /** How it waited. */
    backend: ProgramBackend;
}

/** What the emitted entry module gives to the runtime. */
export interface ProgramParts extends PackageFiles {
    name: string;
    wasm: Record<ProgramBackend, () => URL>;
    /** The names of the functions that the guard of the Asyncify module watches. */
    functionNames: () => URL;
    /** How it waits if it has threads: `createThreads`. */
    threads?: (backend: ProgramBackend, options: RunOptions) => Waiting;
}

/** A way to wait, for one instance. */
export interface Waiting {
    /** What the module imports from us for it. */
    imports: WebAssembly.ModuleImports;
    /** What it imports of WASI that is done here, by the names of the modules. */
    wasi?: Record<string, WebAssembly.ModuleImports>;
    /** The variables that the program has unless its environment says otherwise. */
    env?: Record<string, string>;
    /** The program has to wait for that. */
    hold(promise: Promise<number>): void;
    /** A panic is in progress: nothing can wait any more. */
    panicked?(): void;
    /** Runs the program to its end. */
    run(exports: WebAssembly.Exports): Promise<unknown>;
}

/** What a thread of a program begins with. */
export interface Beginning {
    /** 0 for the one that began the program. */
    id: number;
    /** What its beginning is given, and where its stack ends. */
    argument: number;
    end: number;
}

/** A thread of a program: a fiber in its instance. */
export type Fiber = Thread & Beginning;

/** A way to run and suspend the threads of one instance. */
export interface Fibers<T extends Fiber> {
    imports: WebAssembly.ModuleImports;
    /** A thread that has not begun. */
    create(beginning: Beginning): T;
    start(exports: WebAssembly.Exports): void;
    /** Lets a thread begin, or go on with the outcome of what it has waited for. */
    go(thread: T, outcome: number): void;
    /** Where some threads are that wait and never go on again, for people. */
    where(threads: T[]): Promise<Map<T, string>>;
}

/** What fibers tell of the thread that runs. */
export interface Told<T extends Fiber> {
    /** The thread that runs. */
    current(): T;
    /** It waits: others may run. */
    paused(): void;
    ended(thread: T): void;
    /** It has ended the program: with its exit code, by a trap, or by what is wrong. */
    failed(thrown: unknown): void;
}
