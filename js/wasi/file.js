// Open files: their positions, what is read ahead, and what is written behind.
//
// A program that reads or writes small pieces must not wait for each, so both are gathered:
//
//   read ahead     The bytes behind those that were asked for. Each is given out once at most, in order: who goes
//                  back asks the host again. All are dropped when the program writes to that file, or has waited
//                  for something that is no file: others may have changed it by then.
//   written behind Pieces that follow each other become one. A write is handed to the host at once if nothing of
//                  that file is with the host, and else when that has been done. Beyond `MOST` pending bytes a write
//                  waits. Whoever reads, stats or names files waits until what is pending has arrived.
//
// All who have one file open, under whatever name, share its `FileNode`, which keeps that order. An error belongs to
// the descriptor that wrote: its next write, sync or change of length reports it, or the program's end.

import { FDFLAGS, FILETYPE, RIGHT, WHENCE } from './abi.js';
import { ask } from './ask.js';
import { failure } from '../host/failure.js';
import { Descriptor } from './descriptor.js';

/**
 * @typedef {import('./types.js').WasiFileHandle} Handle
 * @typedef {import('./tree.js').Mount} Mount
 */

/** How many bytes are read ahead: at first, and when a file is read on and on. */
const [LEAST_AHEAD, MOST_AHEAD] = [16 * 1024, 256 * 1024];

/** How many bytes one write to the host gathers. */
const GATHERED = 128 * 1024;

/** How many bytes are pending, of all files of a program together, before a write waits. */
const MOST = 1024 * 1024;

/** What all open files of a program share. */
export class OpenFiles {
    /** By the identity of the file. @type {Map<string, FileNode>} */
    nodes = new Map();
    /** How many bytes the host has not been given yet. */
    pending = 0;
    /** Goes up when the program has waited for something that is no file. */
    epoch = 0;
    /** What goes on behind the program's back: writing and closing. @type {Set<Promise<unknown>>} */
    #behind = new Set();
    /** Errors of descriptors that have been closed. @type {unknown[]} */
    untold = [];

    /** @param {Promise<unknown>} promise never rejected */
    behind(promise) {
        this.#behind.add(promise);
        promise.then(() => this.#behind.delete(promise));
    }

    /** Everything that goes on behind has been done, and what has come in the meantime. */
    async settled() {
        while (this.#behind.size > 0) await Promise.all(this.#behind);
    }
}

/**
 * A write that has not been handed over.
 *
 * @typedef {object} Pending
 * @property {File} file
 * @property {Uint8Array} bytes room for more
 * @property {number} length
 * @property {number | null} position `null`: the end
 */

/** A file, for all of the program's descriptors that have it open. */
export class FileNode {
    /** Goes up with every change, for those who have read ahead. */
    version = 0;
    /** How long it is once everything pending has been written, as far as is known here. */
    size = 0;
    users = 0;
    #files;
    #key;
    /** @type {Pending[]} */
    #queue = [];
    /** While something is pending: until nothing is. @type {Promise<void> | undefined} */
    flushed;

    /**
     * @param {OpenFiles} files
     * @param {string} key
     */
    constructor(files, key) {
        this.#files = files;
        this.#key = key;
    }

    /** The last who had it open has closed it. */
    forget() {
        if (this.#files.nodes.get(this.#key) === this) this.#files.nodes.delete(this.#key);
    }

    /**
     * @param {File} file
     * @param {Uint8Array} bytes nobody else's
     * @param {number | null} position
     */
    write(file, bytes, position) {
        this.version++;
        this.#files.pending += bytes.length;
        const last = this.#queue[this.#queue.length - 1];
        const isNext =
            last?.file === file &&
            last.length + bytes.length <= GATHERED &&
            (last.position === null ? position === null : position === last.position + last.length);
        if (isNext) {
            append(last, bytes);
            return;
        }
        this.#queue.push({ file, bytes, length: bytes.length, position });
        if (this.flushed !== undefined) return;
        this.flushed = this.#flush();
        this.#files.behind(this.flushed);
    }

    async #flush() {
        for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
            const { file, bytes, length, position } = next;
            try {
                // What came behind a write that failed would leave a hole in its place.
                if (file.failure === undefined) await file.put(bytes.subarray(0, length), position);
            } catch (error) {
                file.failure = { error, position };
            }
            this.#files.pending -= length;
        }
        this.flushed = undefined;
    }
}

/**
 * @param {Pending} to
 * @param {Uint8Array} bytes
 */
function append(to, bytes) {
    const length = to.length + bytes.length;
    if (length > to.bytes.length) {
        const room = new Uint8Array(Math.min(Math.max(2 * length, 4096), GATHERED));
        room.set(to.bytes.subarray(0, to.length));
        to.bytes = room;
    }
    to.bytes.set(bytes, to.length);
    to.length = length;
}

const NOTHING = new Uint8Array(0);

/** A descriptor of a file. */
export class File extends Descriptor {
    /**
     * A write of this descriptor's that has failed, and nobody has been told.
     *
     * @type {{ error: unknown, position: number | null } | undefined}
     */
    failure;
    #files;
    #node;
    #handle;
    #position = 0;
    /** A pipe or a device has no positions. */
    #hasPositions;
    /** Whether the host itself appends what this handle writes. */
    #appends;
    #reopen;
    /** The handle that does not what the flag `APPEND` said in the beginning. @type {Promise<Handle> | undefined} */
    #other;

    /** What has been read ahead: from `#start` on. */
    #ahead = NOTHING;
    #start = 0;
    #version = -1;
    #epoch = -1;
    /** How much is to be read ahead next. */
    #much = LEAST_AHEAD;
    /** One at a time reads from the host. @type {Promise<unknown> | undefined} */
    #reading;

    /**
     * @param {object} parts
     * @param {OpenFiles} parts.files
     * @param {FileNode} parts.node
     * @param {Handle} parts.handle
     * @param {{ mount: Mount, names: string[] }} parts.place where it was opened, or is now
     * @param {number} parts.type
     * @param {number} parts.flags
     * @param {bigint} parts.rights
     * @param {bigint} parts.inheriting
     * @param {(this: File, appends: boolean) => Promise<Handle>} parts.reopen opens the same file again
     */
    constructor({ files, node, handle, place, type, flags, rights, inheriting, reopen }) {
        super(type, rights, inheriting, flags);
        this.#files = files;
        this.#node = node;
        this.#handle = handle;
        this.place = place;
        this.#reopen = reopen;
        this.#appends = (flags & FDFLAGS.APPEND) !== 0;
        this.#hasPositions = type === FILETYPE.REGULAR_FILE || type === FILETYPE.BLOCK_DEVICE;
        node.users++;
    }

    /**
     * @param {number} want
     * @returns {Uint8Array | Promise<Uint8Array>}
     */
    read(want) {
        this.need(RIGHT.FD_READ);
        // Where another thread's read ends is not known yet.
        if (this.#reading !== undefined) return this.#reading.catch(() => {}).then(() => this.read(want));
        const bytes = this.#read(want, this.#position);
        if (bytes instanceof Uint8Array) {
            this.#position += bytes.length;
            return bytes;
        }
        return bytes.then((bytes) => {
            this.#position += bytes.length;
            return bytes;
        });
    }

    /**
     * @param {number} want
     * @param {number} position
     */
    pread(want, position) {
        this.need(RIGHT.FD_READ);
        if (!this.#hasPositions) throw failure('ESPIPE', 'a pipe or a device has no positions');
        return this.#read(want, position);
    }

    /**
     * The bytes at a position; fewer than `want` only at the end. They are good until the next call.
     *
     * @param {number} want
     * @param {number} position
     * @returns {Uint8Array | Promise<Uint8Array>}
     */
    #read(want, position) {
        if (want === 0) return NOTHING;
        const isGood = this.#version === this.#node.version && this.#epoch === this.#files.epoch;
        const skipped = position - this.#start;
        if (isGood && this.#reading === undefined && skipped >= 0 && skipped + want <= this.#ahead.length) {
            const bytes = this.#ahead.subarray(skipped, skipped + want);
            this.#ahead = this.#ahead.subarray(skipped + want);
            this.#start = position + want;
            return bytes;
        }
        const reading = this.#readMore(want, position, this.#reading);
        this.#reading = reading;
        const done = () => {
            if (this.#reading === reading) this.#reading = undefined;
        };
        reading.then(done, done);
        return reading;
    }

    /**
     * @param {number} want
     * @param {number} position
     * @param {Promise<unknown> | undefined} before
     */
    async #readMore(want, position, before) {
        await before?.catch(() => {});
        await this.#node.flushed;
        const { version } = this.#node;
        const { epoch } = this.#files;
        if (!this.#hasPositions) {
            const buffer = new Uint8Array(Math.min(want, MOST_AHEAD));
            const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, null);
            return buffer.subarray(0, bytesRead);
        }
        const isGood = this.#version === version && this.#epoch === epoch;
        const isInside = position >= this.#start && position - this.#start <= this.#ahead.length;
        const kept = isGood && isInside ? this.#ahead.subarray(position - this.#start) : NOTHING;
        // Who reads on will go on to do so; who jumps about will not.
        if (isInside) this.#much = Math.min(2 * this.#much, MOST_AHEAD);
        else this.#much = 0;
        const buffer = new Uint8Array(Math.max(want, kept.length + this.#much));
        buffer.set(kept);
        let length = kept.length;
        while (length < want) {
            const { bytesRead } = await this.#handle.read(buffer, length, buffer.length - length, position + length);
            if (bytesRead === 0) break;
            length += bytesRead;
        }
        const given = Math.min(want, length);
        this.#start = position + given;
        this.#ahead = buffer.subarray(given, length);
        this.#version = version;
        this.#epoch = epoch;
        if (this.#much === 0) this.#much = LEAST_AHEAD / 2;
        return buffer.subarray(0, given);
    }

    /**
     * @param {Uint8Array} bytes
     * @param {boolean} isUrgent
     */
    write(bytes, isUrgent) {
        const appends = (this.flags & FDFLAGS.APPEND) !== 0;
        const position = appends ? this.#node.size : this.#position;
        const written = this.#write(bytes, appends ? null : position, isUrgent);
        this.#position = position + bytes.length;
        return written;
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number} position
     */
    pwrite(bytes, position) {
        if (!this.#hasPositions) throw failure('ESPIPE', 'a pipe or a device has no positions');
        return this.#write(bytes, position, false);
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number | null} position
     * @param {boolean} isUrgent
     * @returns {number | Promise<number>}
     */
    #write(bytes, position, isUrgent) {
        this.need(RIGHT.FD_WRITE);
        this.tell();
        const { length } = bytes;
        if (length === 0) return 0;
        const node = this.#node;
        node.size = Math.max(node.size, (position ?? node.size) + length);
        node.write(this, bytes, position);
        if (isUrgent) return length;
        if ((this.flags & (FDFLAGS.SYNC | FDFLAGS.DSYNC)) !== 0) {
            return this.sync((this.flags & FDFLAGS.SYNC) !== 0).then(() => length);
        }
        if (this.#files.pending <= MOST && this.#hasPositions) return length;
        return Promise.resolve(node.flushed).then(() => {
            this.tell();
            return length;
        });
    }

    /** Throws what has failed since the last time. */
    tell() {
        const failed = this.failure;
        if (failed === undefined) return;
        this.failure = undefined;
        if (failed.position !== null) this.#position = failed.position;
        throw failed.error;
    }

    /**
     * Hands bytes to the host, all of them.
     *
     * @param {Uint8Array} bytes
     * @param {number | null} position
     */
    async put(bytes, position) {
        const handle = await this.#handleFor(position === null);
        for (let done = 0; done < bytes.length; ) {
            const at = position === null || !this.#hasPositions ? null : position + done;
            const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
            if (!(bytesWritten > 0)) throw failure('EIO', `a host that was given bytes has written ${bytesWritten}`);
            done += bytesWritten;
        }
    }

    /**
     * What was opened for appending writes nowhere else, and what was not does not append.
     *
     * @param {boolean} appends
     */
    async #handleFor(appends) {
        if (appends === this.#appends || !this.#hasPositions) return this.#handle;
        this.#other ??= this.#reopen(appends);
        return this.#other;
    }

    /** @param {boolean} all */
    async sync(all) {
        await this.#node.flushed;
        this.tell();
        await ask(this.#handle, all ? 'sync' : 'datasync');
    }

    async stat() {
        await this.#node.flushed;
        return this.#handle.stat({ bigint: true });
    }

    /** @param {number} size */
    async truncate(size) {
        this.need(RIGHT.FD_WRITE);
        await this.#node.flushed;
        this.tell();
        this.#node.version++;
        this.#node.size = size;
        await ask(this.#handle, 'truncate', size);
    }

    /**
     * Makes room: what is missing up to `size`.
     *
     * @param {number} size
     */
    async allocate(size) {
        const now = Number((await this.stat()).size);
        if (size > now) await this.truncate(size);
    }

    /**
     * @param {number} accessed in seconds
     * @param {number} modified
     */
    async utimes(accessed, modified) {
        await this.#node.flushed;
        await ask(this.#handle, 'utimes', accessed, modified);
    }

    /** @type {import('./stats.js').Timed['utimesNs']} */
    get utimesNs() {
        const handle = this.#handle;
        if (handle.utimesNs === undefined) return undefined;
        return async (accessed, modified) => {
            await this.#node.flushed;
            await ask(handle, 'utimesNs', accessed, modified);
        };
    }

    /**
     * @param {number} offset
     * @param {number} whence
     * @returns {number | Promise<number>}
     */
    seek(offset, whence) {
        if (!this.#hasPositions) throw failure('ESPIPE', 'a pipe or a device has no positions');
        if (whence === WHENCE.END) {
            return this.stat().then(({ size }) => this.#seekTo(Number(size) + offset));
        }
        if (whence === WHENCE.SET) return this.#seekTo(offset);
        if (whence === WHENCE.CUR) return this.#seekTo(this.#position + offset);
        throw failure('EINVAL', `no such origin of a position: ${whence}`);
    }

    /** @param {number} position */
    #seekTo(position) {
        if (!(position >= 0)) throw failure('EINVAL', `a position is not negative: ${position}`);
        this.#position = position;
        return position;
    }

    get position() {
        if (!this.#hasPositions) throw failure('ESPIPE', 'a pipe or a device has no positions');
        return this.#position;
    }

    /** How much there is to read, as far as is known here. */
    get left() {
        return this.#hasPositions ? Math.max(0, this.#node.size - this.#position) : 0;
    }

    close() {
        this.#files.behind(this.#close());
    }

    async #close() {
        const node = this.#node;
        try {
            if (node.flushed !== undefined) await node.flushed;
            if (--node.users === 0) node.forget();
            await this.#handle.close();
            await (await this.#other)?.close();
        } catch (error) {
            this.failure ??= { error, position: null };
        }
        if (this.failure !== undefined) this.#files.untold.push(this.failure.error);
    }
}
