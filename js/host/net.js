// Sockets, as Rust's std has them, over those of Node.js, Deno and Bun.
//
//   net              what Rust imports
//   net/tcp          streams and listeners
//   net/udp          datagrams
//   net/modules      Node.js' modules
//   failure          errors
//   changes          how to wait
//
// A call that cannot be done at once says so, with `undefined` or `NOT_NOW`, and Rust waits for the next
// change of the socket and calls again. So a promise stands for no data: whoever gives up waiting loses
// nothing. Bytes are copied before a call returns: there is no view of WebAssembly's memory afterwards.

import { quiet } from './changes.js';
import { builtin } from './net/modules.js';
import { connect, listen } from './net/tcp.js';
import { bind } from './net/udp.js';

export const create = () => ({
    bind,
    connect,
    listen,
    /**
     * The addresses of a host, in the system's order.
     *
     * @param {string} name
     */
    lookUp(name) {
        const found = builtin('dns').promises.lookup(name, { all: true, verbatim: true });
        return quiet(found.then((all) => all.map(({ address }) => address)));
    },
});
