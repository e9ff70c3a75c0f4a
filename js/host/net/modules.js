// Node.js' modules.

import { failure } from '../failure.js';

/**
 * @template {'buffer' | 'dgram' | 'dns' | 'net'} Name
 * @param {Name} name
 */
export function builtin(name) {
    const found = globalThis.process?.getBuiltinModule?.(`node:${name}`);
    if (found === undefined) {
        throw failure(
            'ENOTSUP',
            'there are no sockets in this host. Pages and workers have none: net::WebSocket connects to servers ' +
                'that speak its protocol',
        );
    }
    return found;
}
