import type { InitOptions, Input, MemoryFile, MemoryFiles, Output, WasmSource } from '../types.js';

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

/** Files in memory, for the option `fs`: empty, or with these, whose directories are made. */
export function memoryFiles(entries?: Record<string, MemoryFile>): MemoryFiles;
