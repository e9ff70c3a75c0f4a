// A program that is played by a test: it calls what a WebAssembly module would import.

import { createWasi, WAITING } from '../../js/wasi/index.js';
import { ERRNO } from '../../js/wasi/errno.js';

const NAMES = Object.keys(ERRNO);
const ALL = (1n << 30n) - 1n;

export const [READ, WRITE] = [1n << 1n, 1n << 6n];
export const [CREAT, DIRECTORY, EXCL, TRUNC] = [1, 2, 4, 8];
export const [APPEND, NONBLOCK, SYNC] = [1, 4, 16];
/** The rights of std's files. */
export const BOTH = ALL;

/** Where results are written, and then whatever is allocated. */
const OUT = 64;

export class Played {
    #at = 1024;

    /** @param {object} options of `createWasi` */
    constructor(options = {}) {
        this.memory = new WebAssembly.Memory({ initial: 4 });
        this.wasi = createWasi({ fs: {}, stdin: '', stdout: () => {}, stderr: () => {}, ...options });
        this.wasi.start(this.memory);
    }

    get view() {
        return new DataView(this.memory.buffer);
    }

    /** A piece of memory of that size, or with that in it. */
    piece(what) {
        const bytes = typeof what === 'number' ? new Uint8Array(what) : Buffer.from(what);
        const pointer = this.#at;
        this.#at += (bytes.length + 15) & ~7;
        while (this.#at > this.memory.buffer.byteLength) this.memory.grow(1);
        new Uint8Array(this.memory.buffer).set(bytes, pointer);
        return pointer;
    }

    bytes(pointer, length) {
        return Buffer.from(this.memory.buffer.slice(pointer, pointer + length));
    }

    /** What the import itself returns: a number, or a promise of it. */
    now(name, ...args) {
        return this.wasi.imports[name](...args);
    }

    /** Calls an import, which succeeds. */
    async call(name, ...args) {
        const errno = await this.errno(name, ...args);
        if (errno !== 'SUCCESS') throw new Error(`${name}: ${errno}`);
    }

    /** The name of the error that a call ends with. */
    async errno(name, ...args) {
        const result = this.now(name, ...args);
        if (typeof result !== 'number' && !WAITING.includes(name)) throw new Error(`${name} has returned no number`);
        return NAMES[await result];
    }

    /** A path as two arguments. */
    path(text) {
        return [this.piece(text), Buffer.byteLength(text)];
    }

    async open(path, { fd = 3, follow = 1, oflags = 0, rights = READ, flags = 0 } = {}) {
        await this.call('path_open', fd, follow, ...this.path(path), oflags, rights, ALL, flags, OUT);
        return this.view.getUint32(OUT, true);
    }

    /** The name of the error that opening ends with. */
    openErrno(path, { fd = 3, follow = 1, oflags = 0, rights = READ, flags = 0 } = {}) {
        return this.errno('path_open', fd, follow, ...this.path(path), oflags, rights, ALL, flags, OUT);
    }

    #vector(pointer, length) {
        const vector = this.piece(8);
        this.view.setUint32(vector, pointer, true);
        this.view.setUint32(vector + 4, length, true);
        return vector;
    }

    /** The arguments that a read has behind its descriptor, and where its bytes will be. */
    reading(length) {
        const pointer = this.piece(length);
        return { pointer, args: [this.#vector(pointer, length), 1] };
    }

    async read(fd, length = 1000) {
        const { pointer, args } = this.reading(length);
        await this.call('fd_read', fd, ...args, OUT);
        return this.bytes(pointer, this.view.getUint32(OUT, true)).toString();
    }

    async pread(fd, length, offset) {
        const { pointer, args } = this.reading(length);
        await this.call('fd_pread', fd, ...args, BigInt(offset), OUT);
        return this.bytes(pointer, this.view.getUint32(OUT, true)).toString();
    }

    /** The arguments that a write has behind its descriptor. */
    writing(what) {
        const bytes = Buffer.from(what);
        return [this.#vector(this.piece(bytes), bytes.length), 1];
    }

    async write(fd, what) {
        await this.call('fd_write', fd, ...this.writing(what), OUT);
        return this.view.getUint32(OUT, true);
    }

    async pwrite(fd, what, offset) {
        await this.call('fd_pwrite', fd, ...this.writing(what), BigInt(offset), OUT);
        return this.view.getUint32(OUT, true);
    }

    async seek(fd, offset, whence) {
        await this.call('fd_seek', fd, BigInt(offset), whence, OUT);
        return Number(this.view.getBigUint64(OUT, true));
    }

    async tell(fd) {
        await this.call('fd_tell', fd, OUT);
        return Number(this.view.getBigUint64(OUT, true));
    }

    async close(fd) {
        await this.call('fd_close', fd);
    }

    #stats(at) {
        const { view } = this;
        return {
            dev: view.getBigUint64(at, true),
            ino: view.getBigUint64(at + 8, true),
            type: view.getUint8(at + 16),
            nlink: Number(view.getBigUint64(at + 24, true)),
            size: Number(view.getBigUint64(at + 32, true)),
            atim: view.getBigUint64(at + 40, true),
            mtim: view.getBigUint64(at + 48, true),
            ctim: view.getBigUint64(at + 56, true),
        };
    }

    async stat(path, { fd = 3, follow = 1 } = {}) {
        const at = this.piece(64);
        await this.call('path_filestat_get', fd, follow, ...this.path(path), at);
        return this.#stats(at);
    }

    async fstat(fd) {
        const at = this.piece(64);
        await this.call('fd_filestat_get', fd, at);
        return this.#stats(at);
    }

    async fdstat(fd) {
        const at = this.piece(24);
        await this.call('fd_fdstat_get', fd, at);
        const { view } = this;
        return {
            type: view.getUint8(at),
            flags: view.getUint16(at + 2, true),
            rights: view.getBigUint64(at + 8, true),
            inheriting: view.getBigUint64(at + 16, true),
        };
    }

    /** One call's entries, and whether there may be more. */
    async readdir(fd, { length = 4096, cookie = 0n } = {}) {
        const at = this.piece(length);
        await this.call('fd_readdir', fd, at, length, cookie, OUT);
        const { view } = this;
        const used = view.getUint32(OUT, true);
        const entries = [];
        for (let next = at; next + 24 <= at + used; ) {
            const size = view.getUint32(next + 16, true);
            if (next + 24 + size > at + used) break;
            entries.push({
                next: view.getBigUint64(next, true),
                ino: view.getBigUint64(next + 8, true),
                type: view.getUint8(next + 20),
                name: this.bytes(next + 24, size).toString(),
            });
            next += 24 + size;
        }
        return { entries, isFull: used === length };
    }

    /** The arguments of a poll, and what reads its events. */
    polling(subscriptions) {
        const at = this.piece(48 * subscriptions.length);
        const to = this.piece(32 * subscriptions.length);
        for (const [index, { id, clock, timeout = 0n, isAbsolute = false, read, write }] of subscriptions.entries()) {
            const one = at + 48 * index;
            const { view } = this;
            view.setBigUint64(one, BigInt(id), true);
            view.setUint8(one + 8, clock !== undefined ? 0 : read !== undefined ? 1 : 2);
            view.setUint32(one + 16, clock ?? read ?? write, true);
            view.setBigUint64(one + 24, timeout, true);
            view.setUint16(one + 40, isAbsolute ? 1 : 0, true);
        }
        return {
            args: [at, to, subscriptions.length, OUT],
            events: () =>
                Array.from({ length: this.view.getUint32(OUT, true) }, (_, index) => ({
                    id: Number(this.view.getBigUint64(to + 32 * index, true)),
                    errno: NAMES[this.view.getUint16(to + 32 * index + 8, true)],
                    type: this.view.getUint8(to + 32 * index + 10),
                    size: Number(this.view.getBigUint64(to + 32 * index + 16, true)),
                    isOver: this.view.getUint16(to + 32 * index + 24, true) === 1,
                })),
        };
    }

    async poll(...subscriptions) {
        const { args, events } = this.polling(subscriptions);
        await this.call('poll_oneoff', ...args);
        return events();
    }
}
