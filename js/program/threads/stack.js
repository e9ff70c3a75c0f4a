// Where the stack of a thread ends.

/** How far behind the beginning of its thread-locals the record of a thread is looked for, in bytes. */
const FAR = 1 << 20;
/** How long that record is at the most. */
const LONG = 256;

/**
 * Finds the lowest address of a thread's stack in a memory.
 *
 * wasi-libc allocates it, and hands over a record at its upper end: where the pointer begins, and where the
 * thread-locals are. The size is in the thread's own record, a `struct pthread`, which is one of the thread-locals:
 * it begins with its own address, and holds the pointer and the size one behind the other.
 *
 * @param {WebAssembly.Memory} memory
 */
export function createEndOfStack(memory) {
    let words = new Uint32Array(0);
    /** @param {number} argument the address of the record at the upper end */
    return (argument) => {
        if (words.buffer !== memory.buffer) words = new Uint32Array(memory.buffer);
        const top = argument >>> 0;
        const pointer = words[top >>> 2];
        const first = (words[(top >>> 2) + 1] + 3) >>> 2;
        for (let at = first; at < first + FAR / 4 && at < words.length; at++) {
            if (words[at] !== 4 * at) continue;
            const found = words.indexOf(pointer, at);
            const size = found < 0 || found >= at + LONG / 4 ? 0 : words[found + 1];
            if (size > 0 && size < top) return top - size;
        }
        throw new Error('a thread has a stack that does not say how large it is: the program is linked with no wasi-libc');
    };
}
