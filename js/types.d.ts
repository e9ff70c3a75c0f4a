/**
 * How a fiber suspends: the engine switches stacks, through its API of today, through the flagged one of
 * Node.js 20 and 22, or through WebAssembly's own instructions; or the module unwinds its stack itself.
 */
export type Backend = 'jspi' | 'jspi-legacy' | 'wasmfx' | 'asyncify';

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
     * with their flags, `'wasmfx'` for Node.js 26 with `--experimental-wasm-wasmfx`.
     *
     * On stacks of the engine's, 8192 calls are in flight at once, in a page 256, and others begin when one of them
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
     * The URL that specifiers are resolved against. By default, when the first module is imported: the working
     * directory on Node.js, and the document in a browser.
     */
    base?: string | URL;
    /**
     * What the program reads as `suspendable::io::stdin()`: all of it as a text or as bytes; a stream of
     * the web's or of Node.js', or an async iterator; or a function that returns the next line or the
     * next bytes, or a promise of them, and `null` or `undefined` at the end. A line from a function need
     * not have its line break. By default `process.stdin` on Node.js, Deno and Bun; nothing in a page.
     */
    stdin?: Input;
    /**
     * Where `suspendable::io::stdout()` goes: a stream of the web's or of Node.js'; an object with
     * `write(bytes)`; or a function that is given text. What they return, if it is a promise, is waited
     * for. By default `process.stdout` on Node.js, Deno and Bun; `console.log` in a page, line by line.
     */
    stdout?: Output;
    /** The same for `suspendable::io::stderr()`: by default `process.stderr`, or `console.error`. */
    stderr?: Output;
    /**
     * The files of `suspendable::fs`. By default the host's own: `node:fs/promises` on Node.js, Deno and
     * Bun; in pages and workers the origin's private file system (OPFS), where the address is secure.
     *
     * - A path or a `file:` URL: a directory of the host's, which is the root, `/`. No path leaves it, be it
     *   through `..` or through a symbolic link. That does not hold against another process that changes
     *   the directory at the same time.
     * - An object with the promise API of Node.js's `fs`, or one that has such an object as `promises`
     *   (memfs, ZenFS).
     * - A `FileSystemDirectoryHandle`, such as `showDirectoryPicker()` gives: it is the root. What is written
     *   can be read at once, and lasts when the file has been synced, or closed. Symbolic links, further names of a
     *   file, permissions and times that are set are kept in two hidden files in its root, once there are any.
     * - `memoryFiles({ … })` of the package: files in memory, some of which may be fetched when they are first read.
     *
     * Relative paths begin at the working directory where the files are the host's own, and at `/` elsewhere.
     */
    fs?: string | URL | FileHost | { promises: FileHost } | FileSystemDirectoryHandle;
    /**
     * Records a profile for `cargo suspendable build --profile`: each time that a call suspends, the names of the
     * functions on its stack are added. Several instances can add to one. The package has to be one that was built
     * with `--keep-names`, and is much slower meanwhile. `JSON.stringify([...profile].sort())` is the file.
     */
    profile?: Set<string>;
    /**
     * Called when a call has failed because it suspended through a function that no profile of the build has seen, with
     * the function's name.
     */
    onMiss?: (name: string) => void;
}

/** What programs use of the promise API of Node.js's `fs`. What a host has not is an error. */
export interface FileHost {
    open(path: string, flags: number, mode?: number): Promise<FileHostHandle>;
    stat(path: string, options?: { bigint?: boolean }): Promise<FileHostStats>;
    lstat(path: string, options?: { bigint?: boolean }): Promise<FileHostStats>;
    readdir(path: string, options: { withFileTypes: true }): Promise<Iterable<FileHostEntry | string>>;
    mkdir(path: string, options?: number): Promise<unknown>;
    rename(from: string, to: string): Promise<unknown>;
    copyFile(from: string, to: string): Promise<unknown>;
    unlink(path: string): Promise<unknown>;
    rmdir(path: string): Promise<unknown>;
    realpath(path: string): Promise<string>;
    readlink(path: string): Promise<string>;
    link(from: string, to: string): Promise<unknown>;
    symlink?(target: string, path: string): Promise<unknown>;
    chmod(path: string, mode: number): Promise<unknown>;
    utimes?(path: string, accessed: FileTime, modified: FileTime): Promise<unknown>;
    /** The times of a symbolic link itself. */
    lutimes?(path: string, accessed: FileTime, modified: FileTime): Promise<unknown>;
    /**
     * Not of Node.js: times in nanoseconds since 1970. One that is `undefined` stays as it is. Links are followed
     * unless `follows` is false.
     */
    utimesNs?(
        path: string,
        accessed: bigint | undefined,
        modified: bigint | undefined,
        follows?: boolean,
    ): Promise<unknown>;
    /** The values of its flags; without them they are those of Linux. */
    constants?: Partial<FileConstants>;
}

/** A time as Node.js takes it: a number of seconds since 1970, also as a string, or a date. */
export type FileTime = number | string | Date;

/** A file system of ours: it has all of that. */
export interface CompleteFileHost extends Required<FileHost> {
    /** By default for reading. */
    open(path: string, flags?: number, mode?: number): Promise<Required<FileHostHandle>>;
    readdir(path: string): Promise<string[]>;
    readdir(path: string, options: { withFileTypes: true }): Promise<FileHostEntry[]>;
    readonly constants: Required<FileConstants>;
}

/** A file system in memory; see `createMemory`. */
export interface MemoryFiles extends CompleteFileHost {
    readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
    readFile(path: string, encoding: 'utf8' | { encoding: 'utf8' }): Promise<string>;
    writeFile(path: string, data: string | ArrayBuffer | ArrayBufferView): Promise<void>;
}

/** What a file in memory is made of: what is not there yet is fetched when it is first asked for. */
export type MemoryFile =
    | string
    | ArrayBuffer
    | ArrayBufferView
    | Blob
    | Response
    | URL
    | (() => MemoryFile | PromiseLike<MemoryFile>);

/** The flags of `open`. */
export interface FileConstants {
    O_RDONLY: number;
    O_WRONLY: number;
    O_RDWR: number;
    O_CREAT: number;
    O_EXCL: number;
    O_TRUNC: number;
    O_APPEND: number;
    O_DIRECTORY?: number;
    O_NOFOLLOW?: number;
}

/** An open file. A position of `null` is the file's own; where it is opened for appending, the end. */
export interface FileHostHandle {
    read(buffer: Uint8Array, offset: number, length: number, position: number | null): Promise<{ bytesRead: number }>;
    write(
        buffer: Uint8Array,
        offset: number,
        length: number,
        position: number | null,
    ): Promise<{ bytesWritten: number }>;
    truncate(length: number): Promise<unknown>;
    sync(): Promise<unknown>;
    datasync(): Promise<unknown>;
    stat(options?: { bigint?: boolean }): Promise<FileHostStats>;
    chmod(mode: number): Promise<unknown>;
    utimes(accessed: FileTime, modified: FileTime): Promise<unknown>;
    /** Not of Node.js; see that of `FileHost`. */
    utimesNs?(accessed: bigint | undefined, modified: bigint | undefined): Promise<unknown>;
    close(): Promise<unknown>;
}

/** What kind of thing a `Stats` or a `Dirent` is of. */
export interface FileHostKind {
    isFile(): boolean;
    isDirectory(): boolean;
    isSymbolicLink?(): boolean;
}

/** An entry of a directory. */
export interface FileHostEntry extends FileHostKind {
    name: string;
}

/** A file's data. Times are in nanoseconds, or in milliseconds; what is not known may be missing. */
export interface FileHostStats extends FileHostKind {
    size: number | bigint;
    mode?: number | bigint;
    dev?: number | bigint;
    ino?: number | bigint;
    nlink?: number | bigint;
    mtimeNs?: bigint;
    atimeNs?: bigint;
    ctimeNs?: bigint;
    birthtimeNs?: bigint;
    mtimeMs?: number | bigint;
    atimeMs?: number | bigint;
    ctimeMs?: number | bigint;
    birthtimeMs?: number | bigint;
}

/** What every call takes behind its arguments. */
export interface CallOptions {
    /**
     * Cancels the call: what it waits for fails, whatever it waits for later does too, and the promise is
     * rejected with the signal's reason.
     */
    signal?: AbortSignal;
}

/** Where a program's standard input comes from. */
export type Input =
    | string
    | Uint8Array
    | ArrayBuffer
    | ReadableStream
    | AsyncIterable<unknown>
    | (() => Line | PromiseLike<Line>);

/** What a function for standard input returns. */
export type Line = string | Uint8Array | ArrayBuffer | null | undefined;

/** Where a program's standard output goes. */
export type Output =
    | WritableStream
    | { write(bytes: Uint8Array<ArrayBuffer>): unknown }
    | ((text: string) => unknown);

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
    files: PackageFiles;
    onMiss?: (name: string) => void;
}

/** The files of a package, of which the one for Asyncify may be made by profile. */
export interface PackageFiles {
    wasm: { asyncify?: () => URL };
    /** What the numbers of the guard mean: `Guarded`. */
    functionNames: () => URL;
    profile?: Profiled;
    /** If the WebAssembly has the names of functions. */
    createRecorder?: (module: WebAssembly.Module, profile: Set<string>) => () => void;
}

/** The functions that the guard watches, by their numbers. */
export interface Guarded {
    /** Their names, each with the number of an error. */
    functions: [name: string, error: number][];
    /** In the place of `{}` comes the name. */
    errors: string[];
}

/** What was made by profile. */
export interface Profiled {
    /** From this number of the guard's on, functions are members that no profile has seen. */
    first: number;
    /** The file in which they are instrumented as well, if the package carries it. */
    full?: () => URL;
}

/** An engine's stack switching, for one instance. */
export interface Stacks {
    /** What the module has to import: suspends until a promise settles, and returns its outcome. */
    wait: WebAssembly.ImportValue;
    /** Whether the outcome that `wait` returned last may be a rejection, 0 or 1. */
    mayBeRejection: WebAssembly.Global;
    /** Runs an export, which takes a fiber, on a stack of its own; called once. */
    promising(run: Function): (fiber: number) => Promise<unknown>;
    /** What takes as long as a fiber takes to go on: one that begins comes behind those that were woken before. */
    turn(): Promise<unknown>;
}

/** A backend on stacks of the engine's own. */
export interface StacksModule {
    createStacks(): Stacks;
    /** What an engine lacks in which it does not work. */
    needs: string;
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
    /** Lets a fiber go on that has parked (`src/wait.rs`). Of no effect the second time. */
    ready(fiber: number): void;
    /** The signal in the options of a call. */
    signalOf(options: any): AbortSignal | undefined;
    /** What becomes of the promise, or a rejection as soon as the signal is aborted. */
    orAborted(promise: unknown, signal: AbortSignal): Promise<unknown>;
    /** What `init` was given. */
    options: InitOptions;
    /** Whether JavaScript is being called by a fiber; only for packages with exclusive calls. */
    isInside(fiber: number): boolean;
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
export interface PackageParts extends PackageFiles {
    createGlue(host: Host): Glue;
    /** The name under which the WebAssembly imports the glue. */
    glueModule: string;
    wasm: { jspi: () => URL; asyncify?: () => URL };
    /** If there are exports of wasm-bindgen's own JSPI. */
    foreign?: {
        choose(wanted: Backend | 'auto'): Promise<Backend>;
        imports: WebAssembly.ModuleImports;
    };
}
