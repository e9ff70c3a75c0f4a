import type { FileHost, FileHostHandle, FileHostStats, InitOptions, Input, Output } from '../types.js';

/** What a program is given. */
export interface WasiOptions {
    /** All arguments; the first is the program's name. By default none. */
    args?: readonly string[];
    /** The environment. By default it is empty. */
    env?: Record<string, string | undefined>;
    /** As `stdin` of `init`. */
    stdin?: Input;
    /** As `stdout` of `init`, but what is written goes out at once. */
    stdout?: Output;
    stderr?: Output;
    /**
     * As `fs` of `init`, and seen at `/`; or an object whose keys are absolute paths: what is seen at each. With
     * no keys (`{}`), there are no files.
     */
    fs?: InitOptions['fs'] | Record<`/${string}`, NonNullable<InitOptions['fs']>>;
    /** The working directory, a path in there. By default `/`. */
    cwd?: string;
    /** Ends the program: what waits is rejected with its reason, and so is all that is called later. */
    signal?: AbortSignal;
    /** Sockets by their descriptors: of Node.js, servers too, or pairs of web streams. */
    sockets?: Record<number, unknown>;
}

/** What a program calls, and what the runtime tells. */
export interface Wasi {
    /** All functions of `wasi_snapshot_preview1`. Those in `WAITING` may return promises. */
    readonly imports: Record<string, (...args: any[]) => number | Promise<number>>;
    /** Before the program runs: its memory. */
    start(memory: WebAssembly.Memory): void;
    /** A panic is in progress: from now on nothing returns a promise. */
    panicked(): void;
    /** Everything that was written has arrived, and files are closed. Rejects with an error that nobody was told. */
    end(): Promise<void>;
}

/** What is used of files besides what `suspendable::fs` uses. What a host has not is `ENOTSUP`. */
export interface WasiFileHost extends Omit<FileHost, 'open' | 'stat' | 'lstat'> {
    open(path: string, flags: number, mode?: number): Promise<WasiFileHandle>;
    stat(path: string, options?: { bigint?: boolean }): Promise<WasiStats>;
    lstat(path: string, options?: { bigint?: boolean }): Promise<WasiStats>;
    symlink?(target: string, path: string): Promise<unknown>;
    /** Times are in seconds. */
    utimes?(path: string, accessed: number, modified: number): Promise<unknown>;
    lutimes?(path: string, accessed: number, modified: number): Promise<unknown>;
    /** Times are in nanoseconds; one that is `undefined` stays. Links are followed unless `follows` is false. */
    utimesNs?(path: string, accessed?: bigint, modified?: bigint, follows?: boolean): Promise<unknown>;
}

export interface WasiFileHandle extends Omit<FileHostHandle, 'stat'> {
    stat(options?: { bigint?: boolean }): Promise<WasiStats>;
    utimesNs?(accessed?: bigint, modified?: bigint): Promise<unknown>;
}

/** Where a host gives none of these, they are made up here. */
export interface WasiStats extends FileHostStats {
    dev?: number | bigint;
    ino?: number | bigint;
    nlink?: number | bigint;
    ctimeNs?: bigint;
    ctimeMs?: number | bigint;
    isCharacterDevice?(): boolean;
    isBlockDevice?(): boolean;
    isSocket?(): boolean;
}
