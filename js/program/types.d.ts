import type { PackageFiles } from '../types.js';
import type { ProgramBackend, RunOptions } from './run.js';
import type { Thread } from '../wait.js';

export * from './run.js';

/** What the emitted entry module gives to the runtime. */
export interface ProgramParts extends PackageFiles {
    name: string;
    wasm: Record<ProgramBackend, () => URL>;
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
