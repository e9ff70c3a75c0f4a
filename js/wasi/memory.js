// The program's memory, by its pointers.
//
// A memory that grows gets a new buffer, so nobody keeps a view while the program runs on. Pointers come as the
// signed numbers that WebAssembly gives to JavaScript.

import { failure } from '../host/failure.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Where bytes come from or go to: pieces of the memory, each a pointer and a length.
 *
 * @typedef {object} Vectors
 * @property {number[]} pieces pointers and lengths in turn
 * @property {number} length of all together
 */

export class Memory {
    /** @type {WebAssembly.Memory | undefined} */
    #memory;
    #view = new DataView(new ArrayBuffer(0));
    #bytes = new Uint8Array(0);

    /** @param {WebAssembly.Memory} memory */
    start(memory) {
        this.#memory = memory;
    }

    #look() {
        const buffer = this.#memory?.buffer;
        if (buffer === undefined) throw new TypeError('the program has not been started: call `start` with its memory');
        if (this.#bytes.buffer !== buffer) {
            this.#view = new DataView(buffer);
            this.#bytes = new Uint8Array(buffer);
        }
    }

    /**
     * A view of a piece, for now.
     *
     * @param {number} pointer
     * @param {number} length
     */
    bytes(pointer, length) {
        this.#look();
        const start = pointer >>> 0;
        const end = start + (length < 0 ? length >>> 0 : length);
        if (end > this.#bytes.length) throw failure('EFAULT', `no such memory: ${start} to ${end}`);
        return this.#bytes.subarray(start, end);
    }

    /**
     * @param {number} pointer
     * @param {number} length
     */
    #at(pointer, length) {
        this.#look();
        const start = pointer >>> 0;
        if (start + length > this.#bytes.length) throw failure('EFAULT', `no such memory: ${start}`);
        return start;
    }

    /** @param {number} pointer */
    u8(pointer) {
        const at = this.#at(pointer, 1);
        return this.#view.getUint8(at);
    }

    /** @param {number} pointer */
    u16(pointer) {
        const at = this.#at(pointer, 2);
        return this.#view.getUint16(at, true);
    }

    /** @param {number} pointer */
    u32(pointer) {
        const at = this.#at(pointer, 4);
        return this.#view.getUint32(at, true);
    }

    /** @param {number} pointer */
    u64(pointer) {
        const at = this.#at(pointer, 8);
        return this.#view.getBigUint64(at, true);
    }

    /**
     * @param {number} pointer
     * @param {number} value
     */
    setU8(pointer, value) {
        const at = this.#at(pointer, 1);
        this.#view.setUint8(at, value);
    }

    /**
     * @param {number} pointer
     * @param {number} value
     */
    setU16(pointer, value) {
        const at = this.#at(pointer, 2);
        this.#view.setUint16(at, value, true);
    }

    /**
     * @param {number} pointer
     * @param {number} value
     */
    setU32(pointer, value) {
        const at = this.#at(pointer, 4);
        this.#view.setUint32(at, value, true);
    }

    /**
     * @param {number} pointer
     * @param {bigint} value
     */
    setU64(pointer, value) {
        const at = this.#at(pointer, 8);
        this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
    }

    /**
     * @param {number} pointer
     * @param {number} length
     */
    text(pointer, length) {
        try {
            return decoder.decode(this.bytes(pointer, length).slice());
        } catch (error) {
            if (error instanceof TypeError) throw failure('EILSEQ', 'a text is not UTF-8');
            throw error;
        }
    }

    /**
     * @param {number} pointer
     * @param {number} count
     * @returns {Vectors}
     */
    vectors(pointer, count) {
        const [start, many] = [pointer >>> 0, count >>> 0];
        const at = this.#at(start, 8 * many);
        const pieces = [];
        let length = 0;
        for (let index = 0; index < many; index++) {
            const piece = this.#view.getUint32(at + 8 * index, true);
            const size = this.#view.getUint32(at + 8 * index + 4, true);
            if (size === 0) continue;
            if (piece + size > this.#bytes.length) throw failure('EFAULT', `no such memory: ${piece}`);
            pieces.push(piece, size);
            length += size;
        }
        return { pieces, length };
    }

    /**
     * A copy of all pieces.
     *
     * @param {Vectors} vectors
     */
    gather({ pieces, length }) {
        this.#look();
        const all = new Uint8Array(length);
        let at = 0;
        for (let index = 0; index < pieces.length; index += 2) {
            const piece = pieces[index];
            const size = pieces[index + 1];
            all.set(this.#bytes.subarray(piece, piece + size), at);
            at += size;
        }
        return all;
    }

    /**
     * @param {Vectors} vectors
     * @param {Uint8Array} bytes
     */
    scatter({ pieces }, bytes) {
        this.#look();
        if (bytes.length <= pieces[1]) return this.#bytes.set(bytes, pieces[0]);
        let at = 0;
        for (let index = 0; index < pieces.length && at < bytes.length; index += 2) {
            const part = bytes.subarray(at, at + pieces[index + 1]);
            this.#bytes.set(part, pieces[index]);
            at += part.length;
        }
    }
}
