// Where the stack of a thread ends.

/** How far behind the beginning of its thread-locals the record of a thread is looked for, in words. */
const FAR = 1 << 18;
/** How long that record is at the most. */
const LONG = 64;

/**
 * Finds the lowest address of a thread's stack in a memory.
 *
 * wasi-libc allocates it, and hands over a record at its upper end: where the pointer begins, and where the
 * thread-locals are. The size is in the thread's own record, a `struct pthread`, which is one of the thread-locals:
 * it begins with its own address, and holds the pointer and the size one behind the other. It is at the same place
 * behind the beginning of its thread-locals for all threads.
 *
 * @param {WebAssembly.Memory} memory
 */
export function createEndOfStack(memory) {
    /** All of the memory, as long as it does not grow: this one is empty from then on. */
    let words = new Uint32Array(0);
    /** Where the record was that has been found, and the pointer in it. */
    let place = 0;
    let within = 0;

    /**
     * @param {number} record its index
     * @param {number} pointer
     * @param {number} at where the pointer is in it
     */
    const isRecord = (record, pointer, at) => words[record] === 4 * record && words[record + at] === pointer;

    /**
     * @param {number} first the index of the first word of the thread-locals
     * @param {number} pointer
     */
    function find(first, pointer) {
        if (isRecord(first + place, pointer, within)) return true;
        for (place = 0; place < FAR; place++) {
            if (words[first + place] !== 4 * (first + place)) continue;
            for (within = 1; within < LONG; within++) if (isRecord(first + place, pointer, within)) return true;
        }
        return false;
    }

    /** @param {number} argument the address of the record at the upper end */
    return (argument) => {
        if (words.length === 0) words = new Uint32Array(memory.buffer);
        const top = argument >>> 0;
        const pointer = words[top >>> 2];
        const first = (words[(top >>> 2) + 1] + 3) >>> 2;
        const size = find(first, pointer) ? words[first + place + within + 1] : 0;
        if (size > 0 && size < top) return top - size;
        throw new Error('a thread has a stack that does not say how large it is: the program is linked with no wasi-libc');
    };
}
