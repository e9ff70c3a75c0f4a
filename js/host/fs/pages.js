// The bytes of a file that has been written over: a `Blob` as it was, and pages that lie over it.
//
// A page that has been written is here as a whole, with what the blob has around the new bytes. Behind `valid`,
// the blob counts no more: the file was shorter once, and what it has there now are zeros.

/** Bytes of a page. */
export const PAGE = 4096;

export class Pages {
    /** @type {Map<number, Uint8Array<ArrayBuffer>>} */
    #pages = new Map();

    /** @param {Blob} base */
    constructor(base) {
        this.base = base;
        this.valid = base.size;
        this.length = base.size;
    }

    /**
     * A copy of bytes, without a blob.
     *
     * @param {Uint8Array} bytes
     */
    static of(bytes) {
        const made = new Pages(new Blob());
        for (let start = 0; start < bytes.length; start += PAGE) {
            const page = new Uint8Array(PAGE);
            page.set(bytes.subarray(start, start + PAGE));
            made.#pages.set(start / PAGE, page);
        }
        made.length = bytes.length;
        return made;
    }

    /** The same once more, which is then written by itself. */
    copy() {
        const made = new Pages(this.base);
        for (const [number, page] of this.#pages) made.#pages.set(number, page.slice());
        made.valid = this.valid;
        made.length = this.length;
        return made;
    }

    /** Whether it differs from the blob. */
    get isDirty() {
        return this.#pages.size > 0 || this.length !== this.base.size || this.valid !== this.base.size;
    }

    /**
     * @param {Uint8Array} out
     * @param {number} position
     */
    async read(out, position) {
        const count = Math.max(0, Math.min(out.length, this.length - position));
        const [first, end] = [Math.floor(position / PAGE), Math.ceil((position + count) / PAGE)];
        const numbers = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
        const some = out.subarray(0, count);
        if (numbers.some((number) => !this.#pages.has(number))) await this.#readBase(some, position);
        for (const number of numbers) {
            const page = this.#pages.get(number);
            const start = number * PAGE;
            const from = Math.max(start, position);
            const to = Math.min(start + PAGE, position + count);
            if (page !== undefined) some.set(page.subarray(from - start, to - start), from - position);
        }
        return count;
    }

    /**
     * @param {Uint8Array} out
     * @param {number} position
     */
    async #readBase(out, position) {
        const end = Math.max(position, Math.min(position + out.length, this.valid));
        const bytes = new Uint8Array(await this.base.slice(position, end).arrayBuffer());
        out.set(bytes);
        out.fill(0, bytes.length);
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number} position
     */
    async write(bytes, position) {
        const end = position + bytes.length;
        // What may fail comes before what is changed.
        const pages = new Map();
        for (let number = Math.floor(position / PAGE); number * PAGE < end; number++) {
            const start = number * PAGE;
            const isWhole = position <= start && start + PAGE <= end;
            pages.set(number, isWhole ? new Uint8Array(PAGE) : await this.#page(number));
        }
        for (const [number, page] of pages) {
            const start = number * PAGE;
            const [from, to] = [Math.max(start, position), Math.min(start + PAGE, end)];
            page.set(bytes.subarray(from - position, to - position), from - start);
            this.#pages.set(number, page);
        }
        this.length = Math.max(this.length, end);
    }

    /** @param {number} number */
    async #page(number) {
        const known = this.#pages.get(number);
        if (known !== undefined) return known;
        const page = new Uint8Array(PAGE);
        if (number * PAGE < this.valid) await this.#readBase(page, number * PAGE);
        return page;
    }

    /** @param {number} length */
    async truncate(length) {
        if (length < this.length) {
            const last = Math.floor(length / PAGE);
            this.#pages.get(last)?.fill(0, length - last * PAGE);
            for (const number of this.#pages.keys()) if (number * PAGE >= length) this.#pages.delete(number);
            this.valid = Math.min(this.valid, length);
        }
        this.length = length;
    }

    /** Takes all that the blob has into pages. */
    async absorb() {
        const pages = new Map();
        for (let number = 0; number * PAGE < this.valid; number++) pages.set(number, await this.#page(number));
        this.#pages = new Map([...pages, ...this.#pages]);
        this.base = new Blob();
        this.valid = 0;
    }

    /**
     * What has been written: where it begins, and its parts.
     *
     * @returns {[number, Uint8Array<ArrayBuffer>[]][]}
     */
    runs() {
        const runs = /** @type {[number, Uint8Array<ArrayBuffer>[]][]} */ ([]);
        const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
        let next = -1;
        for (const number of numbers) {
            const start = number * PAGE;
            const page = /** @type {Uint8Array<ArrayBuffer>} */ (this.#pages.get(number));
            const part = page.subarray(0, Math.min(PAGE, this.length - start));
            if (number === next) runs[runs.length - 1][1].push(part);
            else runs.push([start, [part]]);
            next = number + 1;
        }
        return runs;
    }
}
