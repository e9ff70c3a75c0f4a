// What the page shows, in this order, and how to read it.

import { bars, lines, parts } from './plots.mjs';

export const SECTIONS = [
    {
        id: 'suspension',
        draw: lines,
        text: `The code stands some frames below the call from JavaScript and waits, again and again, for a promise
            that is resolved already. Lower is quicker. <b>Ours</b> unwinds and rewinds only what was entered since the
            last suspension, and frames in linear memory stay where they are: the depth does not matter. wasm-bindgen's
            JSPI copies that part of the stack. <b>auto</b> is Asyncify.`,
    },
    {
        id: 'suspension-large',
        draw: lines,
        text: `The same where every frame has half a kilobyte in linear memory: <b>ours</b> leaves it there.`,
    },
    {
        id: 'in-flight',
        draw: lines,
        text: `Calls that all wait for one promise, from the first call to the last result, for each
            call. Flat is good: a call costs the same among a hundred thousand as alone.`,
    },
    {
        id: 'call-once',
        draw: bars,
        log: true,
        text: `A call from JavaScript, one suspension, and the result.`,
    },
    { id: 'call-immediate', draw: bars, log: true, text: `A call that could suspend, and does not have to.` },
    {
        id: 'import-cold',
        draw: bars,
        text: `<code>import()</code> of a specifier that was never seen: the host does nearly all of it.`,
    },
    {
        id: 'import-warm',
        draw: bars,
        log: true,
        text: `The same specifier again. <code>js_import</code> knows it and does not wait.`,
    },
    {
        id: 'program-script',
        draw: bars,
        text: `Whole programs, compared with the same Rust that has everything at hand and waits for nothing.`,
    },
    { id: 'program-archive', draw: bars },
    { id: 'program-json', draw: bars },
    {
        id: 'compute-inside',
        draw: bars,
        text: `What instrumentation costs code that waits for nothing. Only functions that can be on the stack of a
            suspension are instrumented.`,
    },
    { id: 'compute-outside', draw: bars },
    { id: 'compute-script', draw: bars },
    { id: 'compute-archive', draw: bars },
    {
        id: 'thread-spawn',
        draw: bars,
        text: `<code>suspendable::thread</code> and <code>sync</code>, beside what they stand for.`,
    },
    { id: 'thread-message', draw: bars },
    { id: 'thread-lock', draw: bars },
    {
        id: 'file-read',
        draw: bars,
        text: `<code>suspendable::fs</code>, beside the same loop over Node.js's handle. The difference is the copy into
            WebAssembly's memory.`,
    },
    {
        id: 'sqlite-files',
        draw: bars,
        text: `rusqlite over <code>suspendable::fs</code>, beside the asynchronous build of wa-sqlite over Node.js's
            handles.`,
    },
    { id: 'sqlite-query', draw: bars },
    { id: 'sqlite-sort', draw: bars },
    { id: 'sqlite-join', draw: bars },
    {
        id: 'websocket-messages',
        draw: bars,
        text: `tungstenite, a crate that reads and writes sockets, over <code>suspendable::net</code>; and the
            package <code>ws</code>. The server is another process.`,
    },
    {
        id: 'command-grass',
        draw: bars,
        text: `Whole programs from crates.io, unmodified, in which reads and writes can wait, beside Node.js's own WASI with
            the plain file, in which nothing can. <b>auto</b> is JSPI for programs: nothing in them is instrumented.`,
    },
    { id: 'command-rg', draw: bars },
    { id: 'command-stak-repl', draw: bars },
    {
        id: 'command-read',
        draw: bars,
        log: true,
        text: `A program that reads small pieces waits for few of them, for more is read ahead. @tybys/wasm-util is its
            asynchronous WASI with JSPI, helped: it asks for the first JSPI.`,
    },
    {
        id: 'command-input',
        draw: bars,
        text: `Here every read has to wait; beside it <code>for await</code> over the same chunks.`,
    },
    { id: 'command-stream', draw: bars },
    {
        id: 'program-messages',
        draw: bars,
        text: `Programs with threads, which are fibers in one instance, beside the native build of the same, whose threads
            are the system's.`,
    },
    { id: 'program-spawn', draw: bars },
    { id: 'program-lock', draw: bars },
    {
        id: 'program-sort',
        draw: bars,
        text: `Fibers make nothing quicker: four of them sort no faster than one.`,
    },
    {
        id: 'std-lock',
        draw: bars,
        text: `A library that is built with <code>--std</code>: std's own locks, thread-locals and channels wait.`,
    },
    { id: 'std-local', draw: bars },
    { id: 'std-lazy-local', draw: bars },
    { id: 'std-messages', draw: bars },
    {
        id: 'git-log',
        draw: bars,
        text: `gitoxide as it is, whose files wait, beside the native build of the same. Packs are read once, and stay in
            memory.`,
    },
    {
        id: 'command-sizes',
        draw: (table) => parts(table, ['#24292f', '#57606a', '#8c959f', '#d0d7de']),
        text: `What is transferred of each: the plain file, which some of wasm-opt's passes make smaller and some larger;
            ours; and that of Binaryen's own pass, which was told which imports can wait.`,
    },
    {
        id: 'waiting',
        draw: (table) => parts(table, ['#57606a']),
        text: `Resident memory of the process, for each program.`,
    },
    { id: 'waiting-threads', draw: (table) => parts(table, ['#57606a']), text: `The same, for each thread.` },
    {
        id: 'memory',
        draw: (table) =>
            parts(only(table, table.rows.some((row) => row.resident > 0) ? 'resident' : 'linear'), [
                '#57606a',
            ]),
        text: `Of the whole process, for
            each call that waits: a process of its own for each style.`,
    },
    {
        id: 'sizes',
        draw: (table) =>
            parts({ ...table, columns: ['wasm, gzip', 'scripts, gzip'] }, ['#57606a', '#afb8c1']),
        text: `The same work in each style,
            gzipped: <span class="key" style="--c:#57606a">WebAssembly</span> and
            <span class="key" style="--c:#afb8c1">scripts</span>. Ours carries its runtime for all backends.`,
    },
    { id: 'instantiate', draw: bars },
];

const only = (table, column) => ({ ...table, columns: [column] });
