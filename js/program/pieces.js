// The stack of a program that has unwound it: pieces, one for each suspension that is not over, the innermost last.
//
// A piece is put back into the program's buffer to be rewound. If the program suspends again in the middle of that,
// the new frames lie where those of the piece lay that are not rewound yet: what is left of it stays here, below the
// new piece.
//
// To suspend is too frequent for an allocation each time, a view of a part of the memory included.

/** What `suspendable_resume` returns when a piece is used up, and the next one is wanted. */
const USED_UP = -1;

/** For how many words there is room at first. */
const LEAST = 128;

/** From how many words on a view of them costs less than to copy one by one. */
const MANY = 64;

/** Frames begin and end at words, wherever they are: all that is in them is a word or several. */
const WORD = 4;

export class Pieces {
    #memory;
    /** All of the memory, as long as it does not grow: this one is empty from then on. */
    #view = new Int32Array(0);
    #words = new Int32Array(LEAST);
    /** Where each begins and ends, in turn. What is between two of them has been rewound. @type {number[]} */
    #bounds = [];

    /** @param {WebAssembly.Memory} memory */
    constructor(memory) {
        this.#memory = memory;
    }

    #look() {
        if (this.#view.length === 0) this.#view = new Int32Array(this.#memory.buffer);
        return this.#view;
    }

    /**
     * Keeps what is at a place of the memory.
     *
     * @param {number} from
     * @param {number} length in bytes, as all lengths
     */
    push(from, length) {
        const bounds = this.#bounds;
        const begin = bounds.length === 0 ? 0 : bounds[bounds.length - 1];
        const end = begin + length / WORD;
        if (end > this.#words.length) {
            const room = new Int32Array(Math.max(end, 2 * this.#words.length));
            room.set(this.#words.subarray(0, begin));
            this.#words = room;
        }
        copy(this.#look(), from / WORD, length / WORD, this.#words, begin);
        bounds.push(begin, end);
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
        const last = this.#bounds.length - 2;
        const begin = this.#bounds[last];
        const count = this.#bounds[last + 1] - begin;
        copy(this.#words, begin, count, this.#look(), to / WORD);
        return WORD * count;
    }

    /**
     * Forgets the beginning of the last one, or all of it.
     *
     * @param {number} length
     */
    shorten(length) {
        const last = this.#bounds.length - 2;
        this.#bounds[last] += length / WORD;
        if (this.#bounds[last] === this.#bounds[last + 1]) this.pop();
    }
}

/**
 * @param {Int32Array} source
 * @param {number} from
 * @param {number} count
 * @param {Int32Array} target
 * @param {number} to
 */
function copy(source, from, count, target, to) {
    if (count < MANY) for (let i = 0; i < count; i++) target[to + i] = source[from + i];
    else target.set(source.subarray(from, from + count), to);
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
