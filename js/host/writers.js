// Where bytes go: one shape for all that JavaScript writes to.
//
//   room    what has to be waited for before the next write; `undefined` where there is room
//   write   hands bytes over; how many were taken, if that is known, or a promise of it
//   flush   what has to be waited for until all of them have been accepted
//   close   ends it, and waits until that is done
//   abort   ends it as something that is not complete
//   release leaves it to others as it is, if it was ours alone
//
// A sink that has failed has failed for good: whatever is waited for is rejected with that reason. No
// promise that is returned from here is an unhandled rejection if nobody waits for it.

/**
 * @typedef {object} Sink
 * @property {() => PromiseLike<unknown> | undefined} room
 * @property {(bytes: Uint8Array<ArrayBuffer>) => unknown} write
 * @property {() => PromiseLike<unknown> | undefined} flush
 * @property {() => PromiseLike<unknown>} close
 * @property {() => void} abort
 * @property {() => void} [release]
 */

export const create = () => ({ sinkOf });

/**
 * The sink of a stream, or of an object that can be written to.
 *
 * @param {any} to
 * @returns {Sink | undefined}
 */
export function sinkOf(to) {
    const stream = streamSinkOf(to);
    return stream ?? (has(to, 'write') ? objectSink(to) : undefined);
}

/**
 * The sink of a stream, which takes what is written while others wait.
 *
 * @param {any} to
 * @returns {Sink | undefined}
 */
export function streamSinkOf(to) {
    if (has(to, 'getWriter')) return webSink(to);
    // The files of `node:fs/promises` have events too, but no end.
    return has(to, 'write') && has(to, 'on') && has(to, 'end') ? nodeSink(to) : undefined;
}

/**
 * @param {any} object
 * @param {string} name
 */
const has = (object, name) => typeof object?.[name] === 'function';

const ignore = () => {};

/**
 * A promise that may be left alone.
 *
 * @template T
 * @param {Promise<T>} promise
 */
export function quiet(promise) {
    promise.catch(ignore);
    return promise;
}

/** @param {unknown} reason */
export const rejected = (reason) => quiet(Promise.reject(reason));

const isDropped = () => new Error('the writer was dropped before it was closed');

/**
 * @param {WritableStream} stream
 * @returns {Sink}
 */
function webSink(stream) {
    const writer = stream.getWriter();
    /** The last write, until it has been accepted: the ones before have been by then. @type {Promise<void> | undefined} */
    let last;
    return {
        room: () => (Number(writer.desiredSize) > 0 ? undefined : writer.ready),
        write(bytes) {
            const written = quiet(writer.write(bytes));
            last = written;
            written.then(() => {
                if (last === written) last = undefined;
            }, ignore);
        },
        // It has no size when it has failed.
        flush: () => last ?? (writer.desiredSize === null ? writer.ready : undefined),
        // Of a stream that has failed it would say that, and not why.
        close: () => (writer.desiredSize === null ? writer.ready : quiet(writer.close())),
        abort: () => void quiet(writer.abort(isDropped())),
        release: () => writer.releaseLock(),
    };
}

/**
 * @param {import('node:stream').Writable} stream
 * @returns {Sink}
 */
function nodeSink(stream) {
    let isFull = false;
    let isEnding = false;
    /** How many writes have not been accepted. */
    let under = 0;
    /** @type {{ reason: unknown } | undefined} */
    let failure;
    /** Those who wait until something has changed. @type {(() => void)[]} */
    let waiting = [];
    const changed = () => {
        const all = waiting;
        waiting = [];
        for (const look of all) look();
    };
    /** @param {unknown} reason */
    const fail = (reason) => {
        failure ??= { reason };
        changed();
    };
    /** @param {() => boolean} isDone */
    const until = (isDone) => {
        // Node.js knows of an error before it tells.
        if (failure === undefined && stream.errored) fail(stream.errored);
        if (failure !== undefined) return rejected(failure.reason);
        if (isDone()) return undefined;
        return quiet(
            new Promise((resolve, reject) => {
                const look = () => {
                    if (failure !== undefined) reject(failure.reason);
                    else if (isDone()) resolve(undefined);
                    else waiting.push(look);
                };
                waiting.push(look);
            }),
        );
    };
    stream.on('error', fail);
    stream.on('close', () => {
        if (!isEnding) fail(new Error('the stream was closed, and not by its writer'));
    });
    stream.on('drain', () => {
        isFull = false;
        changed();
    });
    return {
        room: () => until(() => !isFull),
        write(bytes) {
            under += 1;
            isFull = !stream.write(bytes, (error) => {
                under -= 1;
                if (error) fail(error);
                else changed();
            });
        },
        flush: () => until(() => under === 0),
        close() {
            const failed = until(() => true);
            if (failed !== undefined) return failed;
            isEnding = true;
            return quiet(
                new Promise((resolve, reject) => {
                    /** @param {Error | null} [error] */
                    const ended = (error) => (error ? reject(error) : resolve(undefined));
                    const { finished } = globalThis.process?.getBuiltinModule?.('node:stream') ?? {};
                    if (finished !== undefined) finished(stream, { readable: false }, ended);
                    stream.on('error', ended);
                    stream.end(finished === undefined ? ended : undefined);
                }),
            );
        },
        abort() {
            isEnding = true;
            stream.destroy(isDropped());
        },
    };
}

/**
 * An object with a `write` that may return a promise: one write at a time.
 *
 * @param {any} object
 * @returns {Sink}
 */
function objectSink(object) {
    /** The write that has not ended yet, or has failed. @type {Promise<number | undefined> | undefined} */
    let under;
    /** @param {() => unknown} call */
    const attempt = async (call) => call();
    return {
        room: () => under,
        write(bytes) {
            let taken;
            try {
                taken = object.write(bytes);
            } catch (reason) {
                under = rejected(reason);
                return under;
            }
            if (typeof taken?.then !== 'function') return countOf(taken);
            const written = quiet(Promise.resolve(taken).then(countOf));
            under = written;
            written.then(() => {
                if (under === written) under = undefined;
            }, ignore);
            return written;
        },
        flush: () => under ?? (object.flush === undefined ? undefined : quiet(attempt(() => object.flush()))),
        close: () =>
            quiet(
                attempt(async () => {
                    await under;
                    await (object.close === undefined ? object.end?.() : object.close());
                }),
            ),
        abort: () => void quiet(attempt(() => object.abort?.(isDropped()))),
    };
}

/**
 * How many bytes a write has taken: Deno's writers return it, and Node.js' files in an object.
 *
 * @param {any} taken
 * @returns {number | undefined}
 */
const countOf = (taken) => (typeof taken === 'number' ? taken : taken?.bytesWritten);
