// What all functions of one program share.

/**
 * @typedef {object} Program
 * @property {import('./memory.js').Memory} memory
 * @property {import('./descriptor.js').Table} table
 * @property {import('./tree.js').Tree} tree
 * @property {import('./file.js').OpenFiles} files
 * @property {import('./books.js').Books} books
 * @property {import('../host/changes.js').Changes} changes of streams and sockets, for those who poll
 * @property {AbortSignal | undefined} signal
 * @property {boolean} isPanicking
 * @property {Map<import('../host/stdio.js').Out, import('./stream.js').Sink>} sinks where standard streams go
 * @property {string[]} args
 * @property {string[]} env
 */

export {};
