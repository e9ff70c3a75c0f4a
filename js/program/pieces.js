// The stack of a program that has unwound it: pieces, one for each suspension that is not over, the innermost last.
//
// A piece is put back into the program's buffer to be rewound. If the program suspends again in the middle of that,
// the new frames lie where those of the piece lay that are not rewound yet: what is left of it stays here, below the
// new piece.

/** What `suspendable_resume` returns when a piece is used up, and the next one is wanted. */
const USED_UP = -1;

/** How many bytes there is room for at first. */
const LEAST = 512;

/** In one block of bytes: to suspend is too frequent for an allocation each time. */
export class Pieces {
    #memory;
    /** All of the memory, as long as it does not grow. */
    #view = new Uint8Array(0);
    #bytes = new Uint8Array(LEAST);
    /** Where each begins and ends, in turn. What is between two of them has been rewound. @type {number[]} */
    #bounds = [];

    /** @param {WebAssembly.Memory} memory */
    constructor(memory) {
        this.#memory = memory;
    }

    #look() {
        if (this.#view.buffer !== this.#memory.buffer) this.#view = new Uint8Array(this.#memory.buffer);
        return this.#view;
    }

    /**
     * Keeps what is at a place of the memory.
     *
     * @param {number} from
     * @param {number} length
     */
    push(from, length) {
        const begin = this.#bounds.at(-1) ?? 0;
        const end = begin + length;
        if (end > this.#bytes.length) {
            const room = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
            room.set(this.#bytes.subarray(0, begin));
            this.#bytes = room;
        }
        this.#bytes.set(this.#look().subarray(from, from + length), begin);
        this.#bounds.push(begin, end);
    }

    /** Forgets all. */
    clear() {
        this.#bounds.length = 0;
    }

    /** Forgets the last one. */
    pop() {
        this.#bounds.length -= 2;
    }

    /**
     * Puts the last one into the memory.
     *
     * @param {number} to
     * @returns {number} its length
     */
    putBack(to) {
        const [begin, end] = this.#bounds.slice(-2);
        this.#look().set(this.#bytes.subarray(begin, end), to);
        return end - begin;
    }

    /**
     * Forgets the beginning of the last one, or all of it.
     *
     * @param {number} length
     */
    shorten(length) {
        const last = this.#bounds.length - 2;
        this.#bounds[last] += length;
        if (this.#bounds[last] === this.#bounds[last + 1]) this.pop();
    }
}

/**
 * Rewinds a stack from its innermost piece on, which is in the buffer, until the program ends or waits again.
 *
 * @param {Record<string, (...values: number[]) => number>} exports
 * @param {Pieces} pieces
 * @param {number} inBuffer the length of that piece
 * @returns {number} how much it has unwound then; 0 at its end
 */
export function rewind({ suspendable_resume, suspendable_frames, suspendable_rewound }, pieces, inBuffer) {
    let length = suspendable_resume(inBuffer);
    while (length === USED_UP) {
        pieces.pop();
        length = suspendable_resume(pieces.putBack(suspendable_frames()));
    }
    if (length > 0) pieces.shorten(suspendable_rewound());
    return length;
}
